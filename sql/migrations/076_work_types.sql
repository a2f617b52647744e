-- A node says which types of search it can compute: no block of another type is given to it.

-- up

create function private.find_block(types text[]) returns bigint language plpgsql volatile set search_path = '' as $$
declare
    found bigint;
begin
    select block.id into found
    from (
        select id
        from public.search_jobs
        where status = 'running' and (types is null or search_type = any (types))
        order by id
        offset 0
    ) as job
    cross join lateral (
        select id
        from public.work_blocks
        where search_job_id = job.id and status = 'available'
        order by block_start + 0
        for update skip locked
        limit 1
    ) as block
    limit 1;
    if found is null then
        select blocks.id into found
        from public.work_blocks as blocks
        join public.search_jobs as jobs on jobs.id = blocks.search_job_id
        where jobs.status = 'running' and (types is null or jobs.search_type = any (types))
            and blocks.status = 'claimed' and blocks.lease_until < now()
        order by blocks.lease_until
        for update of blocks skip locked
        limit 1;
    end if;
    return found;
end
$$;
comment on function private.find_block(text[]) is
    'The next block to be claimed, of one of some types (null: of any), locked; null when there is none.';

create function private.claim_block(operator_id uuid, worker text, lease interval, types text[]) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    candidate constant bigint := private.find_block(types);
    claimed public.work_blocks;
begin
    update public.work_blocks
    set status = 'claimed', operator_id = claim_block.operator_id, claimed_by = claim_block.worker,
        claimed_at = now(), lease_until = now() + claim_block.lease
    where id = candidate
    returning * into claimed;
    return (
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
        from public.search_jobs as jobs
        where jobs.id = claimed.search_job_id
    );
end
$$;
comment on function private.claim_block(uuid, text, interval, text[]) is
    'Claims the next block of a running job for an operator, for the time of the lease; null when there is none.';

create or replace function postern.contribute_work() returns json
    language sql volatile security definer set search_path = '' as $$
    select private.claim_block(postern.my_operator(), null, interval '5 minutes', null)
$$;
drop function postern.node_work(text);
create function postern.node_work(node_id text, types text[]) returns json
    language sql volatile security definer set search_path = '' as $$
    select private.claim_block(postern.node_operator(), private.own_node(node_id), interval '10 minutes', types)
$$;
comment on function postern.node_work is
    'A block, of one of the types that it can compute, for a node of the calling operator; null when there is none.';
drop function private.claim_block(uuid, text, interval);
drop function private.find_block();

revoke execute on function private.find_block, private.claim_block, postern.node_work from public;
grant execute on function postern.node_work to postern_api;

-- down

create function private.find_block() returns bigint language plpgsql volatile set search_path = '' as $$
declare
    found bigint;
begin
    select block.id into found
    from (select id from public.search_jobs where status = 'running' order by id offset 0) as job
    cross join lateral (
        select id
        from public.work_blocks
        where search_job_id = job.id and status = 'available'
        order by block_start + 0
        for update skip locked
        limit 1
    ) as block
    limit 1;
    if found is null then
        select blocks.id into found
        from public.work_blocks as blocks
        join public.search_jobs as jobs on jobs.id = blocks.search_job_id
        where jobs.status = 'running' and blocks.status = 'claimed' and blocks.lease_until < now()
        order by blocks.lease_until
        for update of blocks skip locked
        limit 1;
    end if;
    return found;
end
$$;
comment on function private.find_block() is 'The next block to be claimed, locked; null when there is none.';
create function private.claim_block(operator_id uuid, worker text, lease interval) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    candidate constant bigint := private.find_block();
    claimed public.work_blocks;
begin
    update public.work_blocks
    set status = 'claimed', operator_id = claim_block.operator_id, claimed_by = claim_block.worker,
        claimed_at = now(), lease_until = now() + claim_block.lease
    where id = candidate
    returning * into claimed;
    return (
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
        from public.search_jobs as jobs
        where jobs.id = claimed.search_job_id
    );
end
$$;
comment on function private.claim_block(uuid, text, interval) is
    'Claims the next block of a running job for an operator, for the time of the lease; null when there is none.';
create or replace function postern.contribute_work() returns json
    language sql volatile security definer set search_path = '' as $$
    select private.claim_block(postern.my_operator(), null, interval '5 minutes')
$$;
drop function postern.node_work(text, text[]);
create function postern.node_work(node_id text) returns json
    language sql volatile security definer set search_path = '' as $$
    select private.claim_block(postern.node_operator(), private.own_node(node_id), interval '10 minutes')
$$;
comment on function postern.node_work is 'A block for a node of the calling operator; null when there is none.';
drop function private.claim_block(uuid, text, interval, text[]);
drop function private.find_block(text[]);
revoke execute on function private.find_block, private.claim_block, postern.node_work from public;
grant execute on function postern.node_work to postern_api;
