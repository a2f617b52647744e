-- Claims that stay quick when a job has many blocks: what is open is found by index, job by job.

-- up

-- "+ 0": no other index has this order, so that no plan walks over the blocks that are done.
drop index work_blocks_available;
create index work_blocks_available on work_blocks (search_job_id, (block_start + 0)) where status = 'available';
create index work_blocks_open on work_blocks (search_job_id) where status <> 'completed';

-- The running jobs come in their order and one at a time, so that no block is locked but the one that
-- is claimed. What a lease has run out on is looked for when nothing else is there.
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
comment on function private.find_block is 'The next block to be claimed, locked; null when there is none.';

create or replace function private.claim_block(operator_id uuid, worker text, lease interval) returns json
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

revoke execute on function private.find_block from public;

-- down

create or replace function private.claim_block(operator_id uuid, worker text, lease interval) returns json
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
drop function private.find_block();
drop index work_blocks_open;
drop index work_blocks_available;
create index work_blocks_available on work_blocks (search_job_id, status) where status = 'available';
