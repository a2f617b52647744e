-- Lent machines at work: nodes and browsers claim blocks, keep their lease, report, and are credited.

-- up

-- Any number may ask at once: each gets another block. What a lease has run out on is claimed again.
create function private.claim_block(operator_id uuid, worker text, lease interval) returns json
    language sql volatile set search_path = '' as $$
    with claimed as (
        update public.work_blocks
        set status = 'claimed', operator_id = claim_block.operator_id, claimed_by = claim_block.worker,
            claimed_at = now(), lease_until = now() + claim_block.lease
        where id = (
            select blocks.id
            from public.work_blocks as blocks
            join public.search_jobs as jobs on jobs.id = blocks.search_job_id
            where jobs.status = 'running'
                and (blocks.status = 'available' or blocks.status = 'claimed' and blocks.lease_until < now())
            order by blocks.search_job_id, blocks.block_start
            for update of blocks skip locked
            limit 1
        )
        returning *
    )
    select json_build_object(
        'block_id', claimed.id,
        'search_job_id', claimed.search_job_id,
        'search_type', jobs.search_type,
        'params', jobs.params,
        'block_start', claimed.block_start,
        'block_end', claimed.block_end,
        'block_checkpoint', claimed.block_checkpoint,
        'lease_until', claimed.lease_until
    )
    from claimed
    join public.search_jobs as jobs on jobs.id = claimed.search_job_id
$$;
comment on function private.claim_block is
    'Claims the next block of a running job for an operator, for the time of the lease; null when there is none.';

-- Primes are only claims until a second opinion agrees, so each new one is queued for one.
create function private.take_primes(block public.work_blocks, primes jsonb) returns integer
    language sql volatile set search_path = '' as $$
    with reported as (
        select distinct on (form, expression) *
        from jsonb_to_recordset(coalesce(take_primes.primes, '[]'))
            as prime (form text, expression text, digits bigint, proof_method text)
    ),
    added as (
        insert into public.primes (form, expression, digits, proof_method, search_params, operator_id, discoverer)
        select reported.form, reported.expression, reported.digits,
            coalesce(reported.proof_method, 'probabilistic'), jobs.params::text, operators.id, operators.username
        from reported
        join public.search_jobs as jobs on jobs.id = block.search_job_id
        join private.operators on operators.id = block.operator_id
        on conflict do nothing
        returning id
    ),
    queued as (
        insert into public.prime_verification_queue (prime_id)
        select id from added
    )
    select count(*)::integer from added
$$;
comment on function private.take_primes is 'Keeps the primes that a block''s result reports; how many are new.';

create function private.trust_level(consecutive_valid integer) returns smallint
    language sql immutable set search_path = '' as $$
    select case
        when consecutive_valid >= 1000 then 4
        when consecutive_valid >= 100 then 3
        when consecutive_valid >= 10 then 2
        else 1
    end::smallint
$$;
comment on function private.trust_level is 'The level that so many valid results in a row are worth.';

create function private.note_trust(operator_id uuid, valid boolean) returns smallint
    language sql volatile set search_path = '' as $$
    insert into public.operator_trust as trust (operator_id, consecutive_valid, total_valid, total_invalid)
    values (note_trust.operator_id, valid::integer, valid::integer, (not valid)::integer)
    on conflict on constraint operator_trust_pkey do update
    set consecutive_valid = case when valid then trust.consecutive_valid + 1 else 0 end,
        total_valid = trust.total_valid + valid::integer,
        total_invalid = trust.total_invalid + (not valid)::integer,
        trust_level = private.trust_level(case when valid then trust.consecutive_valid + 1 else 0 end)
    returning trust.trust_level
$$;
comment on function private.note_trust is 'Counts a result; an invalid one takes the operator back to level 1.';

-- A tested candidate is worth the same however long it took: a slow clock earns nothing.
create function private.credit_block(block public.work_blocks) returns bigint
    language sql volatile set search_path = '' as $$
    with granted as (
        insert into public.operator_credits (operator_id, block_id, credit, reason)
        select block.operator_id, block.id, greatest(1, round(block.tested / 1000.0 * credits_per_unit)), 'block'
        from public.resource_credit_rates
        where resource_type = 'cpu'
        returning credit
    )
    update private.operators
    set credit = operators.credit + granted.credit,
        primes_found = primes_found + block.found::integer,
        last_seen = now()
    from granted
    where operators.id = block.operator_id
    returning granted.credit
$$;
comment on function private.credit_block is 'Credits an operator for a completed block; how much.';

-- What a result says wrong about its block; null when nothing.
create function private.result_fault(block public.work_blocks, tested bigint, found bigint, primes jsonb) returns text
    language sql immutable set search_path = '' as $$
    select case
        when tested > block.block_end - block.block_start + 1 then 'More was tested than the block holds'
        when found <> jsonb_array_length(coalesce(primes, '[]')) then 'The primes are not as many as were found'
        when found > tested then 'More was found than tested'
    end
$$;
comment on function private.result_fault is 'Why a result cannot be true; null when it can.';

create function private.own_block(operator_id uuid, block_id bigint) returns public.work_blocks
    language plpgsql volatile set search_path = '' as $$
declare
    block public.work_blocks;
begin
    select * into block from public.work_blocks where id = block_id for update;
    if not found then
        raise exception 'Block not found' using errcode = 'PT404';
    end if;
    if block.status <> 'claimed' or block.operator_id is distinct from own_block.operator_id then
        raise exception 'Block is not claimed by you' using errcode = 'PT409';
    end if;
    return block;
end
$$;
comment on function private.own_block is 'A block that the operator holds, locked; else 404 or 409.';

create function private.complete_block(
    block_id bigint, tested bigint, primes_new integer, result_hash text, duration_ms bigint
) returns public.work_blocks
    language sql volatile set search_path = '' as $$
    with completed as (
        update public.work_blocks as block
        set status = 'completed', completed_at = now(), lease_until = null,
            tested = complete_block.tested, found = primes_new,
            result_hash = complete_block.result_hash, duration_ms = complete_block.duration_ms,
            duration_secs = extract(epoch from now() - claimed_at)
        where id = complete_block.block_id
        returning block.*
    ),
    job as (
        update public.search_jobs
        set total_tested = total_tested + completed.tested, total_found = total_found + completed.found
        from completed
        where search_jobs.id = completed.search_job_id
    )
    select * from completed
$$;
comment on function private.complete_block is 'Marks a block completed and adds it to its job.';

create function private.take_result(
    operator_id uuid, block_id bigint, tested bigint, found bigint, primes jsonb, result_hash text, duration_ms bigint
) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    reported alias for $4; -- "found" by its name is PL/pgSQL's own variable
    block public.work_blocks := private.own_block(operator_id, block_id);
    fault text := private.result_fault(block, tested, reported, primes);
    credit bigint := 0;
    level smallint := private.note_trust(operator_id, fault is null);
begin
    if fault is null then
        block := private.complete_block(block.id, tested, private.take_primes(block, primes), result_hash, duration_ms);
        credit := private.credit_block(block);
        update public.search_jobs
        set status = 'completed', stopped_at = now()
        where id = block.search_job_id and status = 'running' and not exists (
            select from public.work_blocks where search_job_id = block.search_job_id and status <> 'completed'
        );
    else
        update public.work_blocks
        set status = 'available', operator_id = null, claimed_by = null, claimed_at = null, lease_until = null
        where id = block.id;
    end if;
    return json_build_object(
        'status', case when fault is null then 'accepted' else 'rejected' end,
        'hash_verified', block.hash_verified,
        'credits_earned', credit,
        'trust_level', level,
        'badges_earned', public.check_and_grant_badges(operator_id),
        'warnings', to_json(array_remove(array[fault], null))
    );
end
$$;
comment on function private.take_result is
    'Takes an operator''s result of a claimed block: kept and credited, or given back when it cannot be true.';

-- What curated routes may call: each finds out itself whose block it is. A browser has no node.
create function postern.contribute_work() returns json language sql volatile security definer set search_path = '' as $$
    select private.claim_block(postern.my_operator(), null, interval '5 minutes')
$$;
comment on function postern.contribute_work is 'A block for the calling user''s browser; null when there is none.';

create function postern.contribute_result(
    block_id bigint, tested bigint, found bigint, primes jsonb, result_hash text, duration_ms bigint
) returns json language sql volatile security definer set search_path = '' as $$
    select private.take_result(postern.my_operator(), block_id, tested, found, primes, result_hash, duration_ms)
$$;
comment on function postern.contribute_result is 'Takes what the calling user''s browser computed.';

-- A block should take a browser about a minute: what it tests in that time.
create function postern.contribute_heartbeat(speed double precision) returns json
    language sql volatile security definer set search_path = '' as $$
    with kept as (
        update public.work_blocks
        set lease_until = now() + interval '5 minutes'
        where operator_id = postern.my_operator() and claimed_by is null and status = 'claimed'
            and lease_until < now() + interval '4 minutes'
    )
    select json_build_object('ok', true,
        'block_size_hint', least(100000, greatest(100, round(coalesce(speed, 0) * 60)))::bigint)
$$;
comment on function postern.contribute_heartbeat is 'Keeps the blocks of the calling user''s browser; how large one should be.';

revoke execute on function private.claim_block, private.take_primes, private.trust_level, private.note_trust,
    private.credit_block, private.result_fault, private.own_block, private.complete_block, private.take_result,
    postern.contribute_work, postern.contribute_result, postern.contribute_heartbeat
    from public;
grant execute on function postern.contribute_work, postern.contribute_result, postern.contribute_heartbeat
    to postern_api;

-- down

drop function postern.contribute_heartbeat(double precision);
drop function postern.contribute_result(bigint, bigint, bigint, jsonb, text, bigint);
drop function postern.contribute_work();
drop function private.take_result(uuid, bigint, bigint, bigint, jsonb, text, bigint);
drop function private.complete_block(bigint, bigint, integer, text, bigint);
drop function private.own_block(uuid, bigint);
drop function private.result_fault(public.work_blocks, bigint, bigint, jsonb);
drop function private.credit_block(public.work_blocks);
drop function private.note_trust(uuid, boolean);
drop function private.trust_level(integer);
drop function private.take_primes(public.work_blocks, jsonb);
drop function private.claim_block(uuid, text, interval);
