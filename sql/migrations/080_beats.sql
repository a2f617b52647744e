-- Beats of nodes without a statement each: gateways keep them in memory and write them down together,
-- once a minute. What they trust meanwhile ends when the database tells of a change.

-- up

create function private.keep_leases(worker_ids text[]) returns void language sql volatile set search_path = '' as $$
    update public.work_blocks
    set lease_until = now() + interval '10 minutes'
    where claimed_by = any (worker_ids) and status = 'claimed' and lease_until < now() + interval '5 minutes'
$$;
comment on function private.keep_leases is 'Prolongs the leases of blocks that these workers hold, where half of the time is over.';

-- Rows are locked in the order of their names: gateways write at the same time.
create function postern.note_beats(beats jsonb) returns bigint
    language plpgsql volatile security definer set search_path = '' as $$
declare
    names text[] := array(select jsonb_array_elements(beats) ->> 'worker_id');
    written bigint;
begin
    perform from public.workers where worker_id = any (names) order by worker_id for update;
    update public.workers as worker
    set last_heartbeat = greatest(worker.last_heartbeat, least(now(), to_timestamp(beat.last_heartbeat))),
        search_type = coalesce(beat.search_type, worker.search_type),
        search_params = coalesce(beat.search_params, worker.search_params),
        tested = coalesce(beat.tested, worker.tested),
        found = coalesce(beat.found, worker.found),
        current = coalesce(beat.current, worker.current),
        checkpoint = coalesce(beat.checkpoint, worker.checkpoint),
        metrics = coalesce(beat.metrics, worker.metrics)
    from jsonb_to_recordset(beats) as beat (
        worker_id text, last_heartbeat double precision, search_type text, search_params text, tested bigint,
        found bigint, current text, checkpoint text, metrics jsonb)
    where worker.worker_id = beat.worker_id;
    get diagnostics written = row_count;
    update public.operator_nodes as node
    set last_heartbeat = worker.last_heartbeat
    from public.workers as worker
    where node.node_id = any (names) and worker.worker_id = node.node_id
        and node.last_heartbeat is distinct from worker.last_heartbeat;
    perform private.keep_leases(names);
    return written;
end
$$;
comment on function postern.note_beats is 'Writes down when workers were heard of and what they said: an array of their rows; how many there are.';

-- The first beat, and those that come when something has changed: who the node is, its command, its row.
create function postern.node_beat(node_id text, facts json) returns json
    language plpgsql volatile security definer set search_path = '' as $$
declare
    own text := private.own_node(node_id);
    waiting text;
begin
    if exists (
        select from public.operator_nodes as nodes
        where nodes.node_id = own and coalesce(last_heartbeat < now() - interval '1 minute', true)
    ) then
        perform postern.note_beats(jsonb_build_array(
            facts::jsonb || jsonb_build_object('worker_id', own, 'last_heartbeat', extract(epoch from now()))));
    end if;
    select pending_command into waiting from public.workers where worker_id = own and pending_command is not null for update;
    if found then
        update public.workers set pending_command = null where worker_id = own;
    end if;
    return (
        select json_build_object('command', waiting, 'worker', json_build_object(
            'worker_id', worker.worker_id, 'hostname', worker.hostname, 'cores', worker.cores,
            'search_type', worker.search_type, 'search_params', worker.search_params, 'tested', worker.tested,
            'found', worker.found, 'current', worker.current, 'checkpoint', worker.checkpoint, 'metrics', worker.metrics,
            'registered_at', extract(epoch from worker.registered_at),
            'last_heartbeat', extract(epoch from worker.last_heartbeat)))
        from public.workers as worker
        where worker.worker_id = own
    );
end
$$;
comment on function postern.node_beat is 'A beat of a node of the calling operator: hands it a command once, and tells its row.';

-- What gateways may not trust any longer, by NOTIFY. A long name is told as "all of them".
create function private.tell_of_node() returns trigger language plpgsql set search_path = '' as $$
declare
    name text := case tg_table_name when 'workers' then to_jsonb(old) ->> 'worker_id' else to_jsonb(old) ->> 'node_id' end;
begin
    perform pg_notify('postern', case when length(name) <= 200 then 'node ' || name else 'nodes' end);
    return null;
end
$$;
comment on function private.tell_of_node is 'Tells gateways that what they know of a node is old.';

create function private.tell_of_keys() returns trigger language plpgsql set search_path = '' as $$
begin
    perform pg_notify('postern', 'nodes');
    return null;
end
$$;
comment on function private.tell_of_keys is 'Tells gateways that API keys have changed.';

create trigger worker_command after update of pending_command on workers
    for each row when (new.pending_command is not null and new.pending_command is distinct from old.pending_command)
    execute function private.tell_of_node();
create trigger worker_gone after delete on workers for each row execute function private.tell_of_node();
create trigger node_changed after update of operator_id, hostname, cores on operator_nodes
    for each row when ((new.operator_id, new.hostname, new.cores) is distinct from (old.operator_id, old.hostname, old.cores))
    execute function private.tell_of_node();
create trigger node_gone after delete on operator_nodes for each row execute function private.tell_of_node();
create trigger key_changed after update of api_key_hash, is_active, allowed_ips, key_rotated_at on private.operators
    for each row when ((new.api_key_hash, new.is_active, new.allowed_ips, new.key_rotated_at)
        is distinct from (old.api_key_hash, old.is_active, old.allowed_ips, old.key_rotated_at))
    execute function private.tell_of_keys();
create trigger key_gone after delete on private.operators for each statement execute function private.tell_of_keys();

drop function postern.node_heartbeat(text);

revoke execute on function private.keep_leases, private.tell_of_node, private.tell_of_keys, postern.note_beats,
    postern.node_beat
    from public;
grant execute on function postern.node_beat to postern_api;
grant execute on function postern.note_beats to authenticator, service_role;

-- down

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
revoke execute on function postern.node_heartbeat from public;
grant execute on function postern.node_heartbeat to postern_api;

drop trigger key_gone on private.operators;
drop trigger key_changed on private.operators;
drop trigger node_gone on operator_nodes;
drop trigger node_changed on operator_nodes;
drop trigger worker_gone on workers;
drop trigger worker_command on workers;
drop function private.tell_of_keys();
drop function private.tell_of_node();
drop function postern.node_beat(text, json);
drop function postern.note_beats(jsonb);
drop function private.keep_leases(text[]);
