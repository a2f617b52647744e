-- GET /api/v1/contribute/work
-- A block for the caller's browser to compute, leased for five minutes; 204 when there is none.
-- access: user
-- pool: write
-- answer: row or 204
select postern.contribute_work()
