-- GET /api/primes
-- One page of primes, filtered and sorted; `total` counts all that match.
-- also: /api/v1/primes
-- access: anyone
-- pool: read
-- cache: 5s
-- param: limit int = 50 min 1 max 1000
-- param: offset bigint = 0 min 0
-- param: form text?
-- param: search text? max 200
-- param: min_digits bigint? min 0
-- param: max_digits bigint? min 0
-- param: tags text[]? max 20
-- param: sort_by one of id, digits, form, expression, found_at else id
-- param: sort_dir one of asc, desc else desc
with matching as not materialized (
    select *
    from primes
    where true
        and form = :form                                --? form
        and expression ilike '%' || :search || '%'      --? search
        and digits >= :min_digits                       --? min_digits
        and digits <= :max_digits                       --? max_digits
        and tags @> :tags                               --? tags
),
page as (
    select
        id, form, expression, digits, found_at, proof_method, verified, verified_at,
        verification_method, verification_tier, tags
    from matching
    order by :sort_by :sort_dir, id desc
    limit :limit offset :offset
)
select json_build_object(
    'primes', coalesce((select json_agg(page) from page), '[]'),
    'total', (select count(*) from matching),
    'limit', :limit,
    'offset', :offset
)
