-- POST /api/primes/{id}/verify
-- Asks for a second opinion about a prime. A worker computes it; see the prime's verifications.
-- also: /api/v1/primes/{id}/verify
-- access: admin
-- param: id bigint
-- answer: accepted or 404 Prime not found
with prime as (
    select id from primes where id = :id
),
opinion as (
    insert into prime_verification_queue (prime_id)
    select id
    from prime
    where not exists (select from prime_verification_queue where prime_id = :id and status in ('pending', 'claimed'))
    returning prime_id
)
select json_build_object(
    'ok', true,
    'result', 'queued',
    'queued', exists (select from opinion),
    'href', format('/api/primes/%s/verifications', id)
)
from prime
