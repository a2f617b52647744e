-- GET /api/stats/tags
-- Every tag with the number of primes that carry it, the most frequent first.
-- also: /api/v1/stats/tags
-- access: anyone
-- pool: read
-- cache: 1m
-- reads: private.tag_counts_mv
select coalesce(json_agg(json_build_object('tag', tag, 'count', count) order by count desc, tag), '[]')
from private.tag_counts_mv
