-- GET /api/stats
-- How many primes there are, of which forms, and the largest one.
-- also: /api/v1/stats
-- access: anyone
-- pool: read
-- cache: 5s
-- reads: private.dashboard_stats
select get_stats()
