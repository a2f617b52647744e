-- GET /api/primes/{id}/verifications
-- The second opinions about one prime, in the order they were asked for.
-- also: /api/v1/primes/{id}/verifications
-- access: anyone
-- pool: read
-- param: id bigint
select json_build_object('ok', true, 'results', coalesce(json_agg(result), '[]'))
from (
    select
        id, prime_id, status, claimed_by, claimed_at, completed_at, verification_tier,
        verification_method, result_detail, error_reason
    from prime_verification_queue
    where prime_id = :id
    order by id
) as result
