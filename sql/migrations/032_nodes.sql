-- Nodes: machines that bring an operator's API key. They register, beat, claim blocks and report.

-- up

create function private.own_node(node_id text) returns text
    language plpgsql stable set search_path = '' as $$
begin
    if not exists (
        select from public.operator_nodes as nodes
        where nodes.node_id = own_node.node_id and nodes.operator_id = postern.node_operator()
    ) then
        raise exception 'Node not registered' using errcode = 'PT404';
    end if;
    return own_node.node_id;
end
$$;
comment on function private.own_node is 'The node, when it is the calling operator''s; else 404.';

-- A node is a worker to the dashboard, under the same name; a worker of another kind keeps its own.
create function postern.register_node(
    node_id text, hostname text, cores integer, facts json
) returns json language plpgsql volatile security definer set search_path = '' as $$
begin
    insert into public.operator_nodes as nodes (operator_id, node_id, hostname, cores,
        cpu_model, os, arch, ram_gb, has_gpu, gpu_model, node_version)
    select postern.node_operator(), register_node.node_id, register_node.hostname, register_node.cores,
        fact.cpu_model, fact.os, fact.arch, fact.ram_gb, coalesce(fact.has_gpu, false), fact.gpu_model, fact.node_version
    from json_to_record(facts) as fact (
        cpu_model text, os text, arch text, ram_gb integer, has_gpu boolean, gpu_model text, node_version text)
    where exists (select from public.operator_nodes as known where known.node_id = register_node.node_id)
        or not exists (select from public.workers where worker_id = register_node.node_id)
    on conflict on constraint operator_nodes_node_id_key do update
    set hostname = excluded.hostname, cores = excluded.cores, cpu_model = excluded.cpu_model, os = excluded.os,
        arch = excluded.arch, ram_gb = excluded.ram_gb, has_gpu = excluded.has_gpu, gpu_model = excluded.gpu_model,
        node_version = excluded.node_version
    where nodes.operator_id = excluded.operator_id;
    if not found then
        raise exception 'Node name is taken' using errcode = 'PT409';
    end if;
    insert into public.workers (worker_id, hostname, cores, search_type)
    values (node_id, hostname, cores, '')
    on conflict (worker_id) do update
    set hostname = excluded.hostname, cores = excluded.cores, last_heartbeat = now();
    return json_build_object('ok', true, 'node_id', node_id);
end
$$;
comment on function postern.register_node is 'Registers a machine of the calling operator, or tells what it is now.';

-- A beat within a minute of the last one writes nothing, unless a command waits for the node.
create function postern.node_heartbeat(node_id text) returns json
    language plpgsql volatile security definer set search_path = '' as $$
declare
    own text := private.own_node(node_id);
    waiting text;
begin
    update public.operator_nodes as nodes
    set last_heartbeat = now()
    where nodes.node_id = own and coalesce(last_heartbeat < now() - interval '1 minute', true);
    if found then
        update public.workers set last_heartbeat = now() where worker_id = own;
        update public.work_blocks
        set lease_until = now() + interval '10 minutes'
        where claimed_by = own and status = 'claimed' and operator_id = postern.node_operator();
    end if;
    select pending_command into waiting from public.workers where worker_id = own and pending_command is not null for update;
    if found then
        update public.workers set pending_command = null where worker_id = own;
    end if;
    return json_build_object('ok', true, 'command', waiting);
end
$$;
comment on function postern.node_heartbeat is 'Notes that a node is alive, keeps its blocks, hands it a command once.';

create function postern.node_work(node_id text) returns json
    language sql volatile security definer set search_path = '' as $$
    select private.claim_block(postern.node_operator(), private.own_node(node_id), interval '10 minutes')
$$;
comment on function postern.node_work is 'A block for a node of the calling operator; null when there is none.';

create function postern.node_result(
    block_id bigint, tested bigint, found bigint, primes jsonb, result_hash text, duration_ms bigint
) returns json language sql volatile security definer set search_path = '' as $$
    select private.take_result(postern.node_operator(), block_id, tested, found, primes, result_hash, duration_ms)
$$;
comment on function postern.node_result is 'Takes what a node of the calling operator computed.';

create function postern.stop_worker(worker_id text) returns json
    language sql volatile security definer set search_path = '' as $$
    update public.workers
    set pending_command = 'stop'
    where workers.worker_id = stop_worker.worker_id
    returning json_build_object('ok', true, 'worker_id', workers.worker_id)
$$;
comment on function postern.stop_worker is 'Tells a worker to stop at its next heartbeat; null when there is no such worker.';

revoke execute on function private.own_node, postern.register_node, postern.node_heartbeat, postern.node_work,
    postern.node_result, postern.stop_worker
    from public;
grant execute on function postern.register_node, postern.node_heartbeat, postern.node_work, postern.node_result,
    postern.stop_worker
    to postern_api;

-- down

drop function postern.stop_worker(text);
drop function postern.node_result(bigint, bigint, bigint, jsonb, text, bigint);
drop function postern.node_work(text);
drop function postern.node_heartbeat(text);
drop function postern.register_node(text, text, integer, json);
drop function private.own_node(text);
