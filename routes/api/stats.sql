-- GET /api/stats
-- How many primes there are, of which forms, and the largest one.
-- also: /api/v1/stats
-- access: anyone
-- pool: read
-- cache: 5s
-- reads: private.dashboard_stats
select json_build_object(
    'total', total,
    'by_form', by_form,
    'largest_digits', largest_digits,
    'largest_expression', largest_expression
)
from private.dashboard_stats
