-- GET /api/primes/{id}
-- One prime with everything that is known about it.
-- also: /api/v1/primes/{id}
-- access: anyone
-- pool: read
-- cache: 5s
-- param: id bigint
-- answer: row or 404 Prime not found
select row_to_json(prime)
from (
    select
        id, form, expression, digits, found_at, proof_method, verified, verified_at,
        verification_method, verification_tier, tags, search_params
    from primes
    where id = :id
) as prime
