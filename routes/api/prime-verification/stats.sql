-- GET /api/prime-verification/stats
-- How far the second opinions are: the queue by state, and how many primes have enough of them.
-- also: /api/v1/prime-verification/stats
-- access: anyone
-- pool: read
-- cache: 5s
with queue as (
    select
        count(*) filter (where status = 'pending') as pending,
        count(*) filter (where status = 'claimed') as claimed,
        count(*) filter (where status = 'verified') as verified,
        count(*) filter (where status = 'failed') as failed
    from prime_verification_queue
)
select json_build_object(
    'ok', true,
    'stats', json_build_object(
        'pending', pending,
        'claimed', claimed,
        'verified', verified,
        'failed', failed,
        'total_primes', (select count(*) from primes),
        'quorum_met', (select count(*) from prime_verification_summary where quorum_met)
    )
)
from queue
