-- GET /api/stats/distribution
-- Primes by their number of decimal digits, in buckets of equal width, and form.
-- also: /api/v1/stats/distribution
-- access: anyone
-- pool: read
-- cache: 5s
-- reads: private.digit_distribution_mv
-- param: bucket_size bigint = 10 min 1 max 1000000000
select coalesce(
    json_agg(
        json_build_object('bucket_start', bucket_start, 'form', form, 'count', count)
        order by bucket_start, form
    ),
    '[]'
)
from (
    select
        digits / :bucket_size * :bucket_size as bucket_start,
        form,
        sum(count)::bigint as count
    from private.digit_distribution_mv
    group by 1, 2
) as buckets
