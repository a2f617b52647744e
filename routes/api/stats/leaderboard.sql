-- GET /api/stats/leaderboard
-- Each form with its count, largest, latest and verified primes; the most frequent first.
-- also: /api/v1/stats/leaderboard
-- access: anyone
-- pool: read
-- cache: 5s
-- reads: private.form_leaderboard_mv
select get_form_leaderboard()
