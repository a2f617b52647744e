-- GET /api/export
-- Primes as a file, filtered like the list: CSV, or JSON. At most 100,000, sent while they are read.
-- also: /api/v1/export
-- access: anyone
-- pool: read
-- param: format text one of csv, json = csv
-- param: form text?
-- param: search text? max 200
-- param: min_digits bigint? min 0
-- param: max_digits bigint? min 0
-- param: tags text[]? max 20
-- param: sort_by one of id, digits, form, expression, found_at else id
-- param: sort_dir one of asc, desc else desc
-- answer: array darkreach-primes[-:form]-:today.json  --? format=json
-- answer: csv darkreach-primes[-:form]-:today.csv
select row_to_json(prime)                               --? format=json
select *                                                --? format=csv
from (
    select
        id, form, expression, digits,
        to_json(found_at) #>> '{}' as found_at,
        proof_method,
        tags                                            --? format=json
        array_to_string(tags, ';') as tags              --? format=csv
    from primes
    where true
        and form = :form                                --? form
        and expression ilike '%' || :search || '%'      --? search
        and digits >= :min_digits                       --? min_digits
        and digits <= :max_digits                       --? max_digits
        and tags @> :tags                               --? tags
    order by :sort_by :sort_dir, id desc
    limit 100000
) as prime
