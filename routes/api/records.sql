-- GET /api/records
-- The world's records beside our own best.
-- also: /api/v1/records
-- access: anyone
-- param: limit int = 500 min 1 max 1000
-- param: offset bigint = 0 min 0
select json_build_object('records', coalesce(json_agg(record), '[]'))
from (
    select
        id, form, category, expression, digits, holder, discovered_at, source, source_url, our_best_id,
        our_best_digits, fetched_at, updated_at
    from records
    order by form, category
    limit :limit offset :offset
) as record
