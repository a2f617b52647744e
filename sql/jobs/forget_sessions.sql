-- Deletes sessions that nobody refreshed for sixty days, and their refresh tokens.
-- every: 6h
select postern.forget_sessions();
