-- GET /api/stats/leaderboard
-- Each form with its count, largest, latest and verified primes; the most frequent first.
-- also: /api/v1/stats/leaderboard
-- access: anyone
-- pool: read
-- cache: 5s
-- reads: private.form_leaderboard_mv
select coalesce(
    json_agg(
        json_build_object(
            'form', form,
            'count', count,
            'largest_digits', largest_digits,
            'largest_expression', largest_expression,
            'latest_found_at', latest_found_at,
            'verified_count', verified_count,
            'verified_pct', verified_pct
        )
        order by count desc, form
    ),
    '[]'
)
from private.form_leaderboard_mv
