-- GET /api/v1/operators/stats
-- The caller's figures: credit, primes, trust, and the rank by credit.
-- access: user
-- pool: read
select postern.operator_stats(postern.my_operator())
