-- Searches: a search is a job cut into blocks; workers claim blocks, report progress, complete them.

-- up

create policy "curated routes start jobs" on search_jobs for insert to postern_api with check (true);
create policy "curated routes change jobs" on search_jobs for update to postern_api using (true) with check (true);
grant insert, update on search_jobs to postern_api;
create policy "curated routes cut blocks" on work_blocks for insert to postern_api with check (true);
create policy "curated routes claim blocks" on work_blocks for update to postern_api using (true) with check (true);
grant insert, update on work_blocks to postern_api;

create table postern.search_kinds (
    search_type text primary key,
    keys        text[] not null,
    first_key   text not null,
    last_key    text not null,
    block_size  bigint not null
);
comment on table postern.search_kinds is 'The searches there are: what must be told of each, and how its range is cut.';
comment on column postern.search_kinds.keys is 'What must be told; the range is from first_key to last_key, both included.';
insert into postern.search_kinds
values
    ('factorial',      '{start,end}',                  'start',      'end',        100),
    ('primorial',      '{start,end}',                  'start',      'end',        100),
    ('palindromic',    '{base,min_digits,max_digits}', 'min_digits', 'max_digits', 2),
    ('kbn',            '{k,base,min_n,max_n}',         'min_n',      'max_n',      10000),
    ('twin',           '{k,base,min_n,max_n}',         'min_n',      'max_n',      10000),
    ('sophie_germain', '{k,base,min_n,max_n}',         'min_n',      'max_n',      10000),
    ('cullen_woodall', '{min_n,max_n}',                'min_n',      'max_n',      1000),
    ('carol_kynea',    '{min_n,max_n}',                'min_n',      'max_n',      1000),
    ('wagstaff',       '{min_exp,max_exp}',            'min_exp',    'max_exp',    1000),
    ('repunit',        '{base,min_n,max_n}',           'min_n',      'max_n',      1000),
    ('gen_fermat',     '{fermat_exp,min_base,max_base}', 'min_base', 'max_base',   1000);
grant select on postern.search_kinds to postern_api;

-- A block ends before block_end, so the range of a job does as well: range_end is last + 1.
create function postern.start_search(search_type text, params jsonb) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    blocks_max constant bigint := 100000;
    kind postern.search_kinds;
    missing text;
    first bigint;
    last bigint;
    job public.search_jobs;
begin
    select * into strict kind from postern.search_kinds where search_kinds.search_type = start_search.search_type;
    select string_agg(key, ', ') into missing from unnest(kind.keys) as key where params ->> key is null;
    if missing is not null then
        raise exception 'A search of type % also needs %', kind.search_type, missing using errcode = 'PT400';
    end if;
    first := (params ->> kind.first_key)::bigint;
    last := (params ->> kind.last_key)::bigint;
    if last < first then
        raise exception '% must not be less than %', kind.last_key, kind.first_key using errcode = 'PT400';
    end if;
    if (last - first) / kind.block_size >= blocks_max then
        raise exception 'The range is too large: at most % blocks of %', blocks_max, kind.block_size
            using errcode = 'PT400';
    end if;
    insert into public.search_jobs (search_type, params, status, started_at, range_start, range_end, block_size)
    select kind.search_type, jsonb_object_agg(key, params -> key) || jsonb_build_object('search_type', kind.search_type),
        'running', now(), first, last + 1, kind.block_size
    from unnest(kind.keys) as key
    returning * into job;
    insert into public.work_blocks (search_job_id, block_start, block_end)
    select job.id, start, least(start + kind.block_size, last + 1)
    from generate_series(first, last, kind.block_size) as start;
    return json_build_object('id', job.id, 'search_type', job.search_type, 'status', job.status,
        'range_start', job.range_start, 'range_end', job.range_end, 'block_size', job.block_size);
end
$$;
comment on function postern.start_search is 'Makes a running job and its blocks; the job as JSON.';

create function postern.change_job(id bigint, wanted text) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    job public.search_jobs;
    allowed constant jsonb := '{"paused": ["running"], "running": ["paused"], "cancelled": ["pending", "running", "paused"]}';
begin
    select * into job from public.search_jobs where search_jobs.id = change_job.id for update;
    if not found then
        return null;
    end if;
    if not allowed -> wanted ? job.status then
        raise exception 'A % search cannot become %', job.status, wanted using errcode = 'PT409';
    end if;
    update public.search_jobs
    set status = wanted, stopped_at = case when wanted = 'cancelled' then now() end
    where search_jobs.id = job.id;
    return json_build_object('ok', true, 'id', job.id, 'status', wanted);
end
$$;
comment on function postern.change_job is 'Pauses, resumes or cancels a job; null when there is none. No block of it is handed out until it runs.';

-- What follows is for workers, by the service key or through routes; the names are the frontend's.

create function claim_work_blocks(p_job_id bigint, p_worker_id text, p_count integer)
    returns table (block_id bigint, block_start bigint, block_end bigint, block_checkpoint jsonb)
    language sql volatile set search_path = '' as $$
    with free as (
        select blocks.id
        from public.work_blocks as blocks
        join public.search_jobs as jobs on jobs.id = blocks.search_job_id
        where blocks.search_job_id = p_job_id and blocks.status = 'available' and jobs.status = 'running'
        order by blocks.id
        for update of blocks skip locked
        limit greatest(p_count, 0)
    ),
    claimed as (
        update public.work_blocks as blocks
        set status = 'claimed', claimed_by = p_worker_id, claimed_at = now()
        from free
        where blocks.id = free.id
        returning blocks.id, blocks.block_start, blocks.block_end, blocks.block_checkpoint
    )
    select * from claimed order by id
$$;
comment on function claim_work_blocks is 'Hands out free blocks of a running job; callers at the same time get different ones.';

create function claim_work_block(p_job_id bigint, p_worker_id text)
    returns table (block_id bigint, block_start bigint, block_end bigint)
    language sql volatile set search_path = '' as $$
    select block_id, block_start, block_end from public.claim_work_blocks(p_job_id, p_worker_id, 1)
$$;
comment on function claim_work_block is 'Hands out one free block of a running job.';

create function update_block_progress(p_block_id bigint, p_tested bigint, p_found bigint, p_checkpoint jsonb default null)
    returns void language sql volatile set search_path = '' as $$
    update public.work_blocks
    set progress_tested = p_tested, progress_found = p_found, block_checkpoint = coalesce(p_checkpoint, block_checkpoint)
    where id = p_block_id and status = 'claimed'
$$;
comment on function update_block_progress is 'How far a claimed block is, and where another worker could go on.';

-- The job is updated by the one call that finds the block claimed, so nothing is counted twice.
create function complete_work_block_with_duration(p_block_id bigint, p_tested bigint, p_found bigint, p_cores integer default 1)
    returns void language sql volatile set search_path = '' as $$
    with block as (
        update public.work_blocks
        set status = 'completed', completed_at = now(), tested = p_tested, found = p_found, cores_used = p_cores,
            duration_secs = extract(epoch from now() - claimed_at)
        where id = p_block_id and status = 'claimed'
        returning search_job_id
    )
    update public.search_jobs
    set total_tested = total_tested + p_tested, total_found = total_found + p_found
    from block
    where search_jobs.id = block.search_job_id
$$;
comment on function complete_work_block_with_duration is 'Ends a claimed block and adds its numbers to the job; a second time it does nothing.';

create function reclaim_stale_blocks(p_stale_seconds integer default 120) returns integer
    language sql volatile set search_path = '' as $$
    with stale as (
        select blocks.id
        from public.work_blocks as blocks
        left join public.workers on workers.worker_id = blocks.claimed_by
        where blocks.status = 'claimed'
            and greatest(blocks.claimed_at, workers.last_heartbeat) < now() - make_interval(secs => p_stale_seconds)
        for update of blocks skip locked
    ),
    freed as (
        update public.work_blocks
        set status = 'available', claimed_by = null, claimed_at = null
        from stale
        where work_blocks.id = stale.id
        returning work_blocks.id
    )
    select count(*)::integer from freed
$$;
comment on function reclaim_stale_blocks is 'Frees the blocks of workers that fell silent; how many.';

create function get_job_core_hours(p_job_id bigint) returns double precision
    language sql stable set search_path = '' as $$
    select coalesce(sum(duration_secs * coalesce(cores_used, 1)) / 3600, 0)
    from public.work_blocks
    where search_job_id = p_job_id and status = 'completed'
$$;
comment on function get_job_core_hours is 'What the completed blocks of a job took.';

-- A key's operator may only claim for workers that are its own nodes.
create function postern.claim_for_node(job_id bigint, worker_id text, count integer) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    claimed json;
begin
    if not exists (
        select from public.operator_nodes
        join public.workers on workers.worker_id = operator_nodes.node_id
        where operator_nodes.node_id = claim_for_node.worker_id
            and operator_nodes.operator_id = postern.node_operator()
    ) then
        raise exception 'Worker not found among your nodes' using errcode = 'PT404';
    end if;
    select json_agg(block order by block_id) into claimed
    from public.claim_work_blocks(job_id, worker_id, count) as block;
    update public.work_blocks
    set operator_id = postern.node_operator()
    where id in (select (block ->> 'block_id')::bigint from json_array_elements(claimed) as block);
    return json_build_object('blocks', coalesce(claimed, '[]'));
end
$$;
comment on function postern.claim_for_node is 'Claims blocks for a node of the operator whose key the request brings.';

revoke execute on function postern.start_search, postern.change_job, postern.claim_for_node, claim_work_blocks, claim_work_block,
    update_block_progress, complete_work_block_with_duration, reclaim_stale_blocks, get_job_core_hours from public;
grant execute on function postern.start_search, postern.change_job, postern.claim_for_node to postern_api;
grant execute on function claim_work_blocks, claim_work_block, update_block_progress,
    complete_work_block_with_duration, reclaim_stale_blocks, get_job_core_hours to postern_api, service_role;

-- down

drop function postern.claim_for_node(bigint, text, integer);
drop function get_job_core_hours(bigint);
drop function reclaim_stale_blocks(integer);
drop function complete_work_block_with_duration(bigint, bigint, bigint, integer);
drop function update_block_progress(bigint, bigint, bigint, jsonb);
drop function claim_work_block(bigint, text);
drop function claim_work_blocks(bigint, text, integer);
drop function postern.change_job(bigint, text);
drop function postern.start_search(text, jsonb);
drop table postern.search_kinds;
revoke insert, update on work_blocks from postern_api;
drop policy "curated routes claim blocks" on work_blocks;
drop policy "curated routes cut blocks" on work_blocks;
revoke insert, update on search_jobs from postern_api;
drop policy "curated routes change jobs" on search_jobs;
drop policy "curated routes start jobs" on search_jobs;
