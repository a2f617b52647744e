-- What the dashboard's administrators see of the database itself.

-- up

-- pg_stat_statements is an extension that may be absent, or not preloaded: then null, not an error.
create function postern.slow_statements() returns json
language plpgsql stable security definer set search_path = '' as $$
declare
    home text := (
        select nspname from pg_catalog.pg_extension join pg_catalog.pg_namespace on pg_namespace.oid = extnamespace
        where extname = 'pg_stat_statements');
    answer json;
begin
    if home is null then
        return null;
    end if;
    execute format($statement$
        select coalesce(json_agg(statement), '[]')
        from (
            select left(trim(regexp_replace(regexp_replace(query, '--[^\n]*', '', 'g'), '\s+', ' ', 'g')), 400) as query, calls,
                round(mean_exec_time::numeric, 3) as mean_ms, round(max_exec_time::numeric, 3) as max_ms,
                round(total_exec_time::numeric, 1) as total_ms, rows
            from %I.pg_stat_statements
            where dbid = (select oid from pg_catalog.pg_database where datname = current_database())
            order by mean_exec_time * calls desc
            limit 15
        ) as statement$statement$, home) into answer;
    return answer;
exception when object_not_in_prerequisite_state or insufficient_privilege then
    return null;
end
$$;
comment on function postern.slow_statements is
    'The statements that have taken the most time, their values left out; null without pg_stat_statements.';

create function postern.database_health() returns json
language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'version', current_setting('server_version'),
        'started_at', pg_postmaster_start_time(),
        'size_bytes', pg_database_size(current_database()),
        'max_connections', current_setting('max_connections')::int,
        'connections', (
            select coalesce(json_agg(kind order by kind.count desc, kind.role, kind.state), '[]')
            from (
                select coalesce(usename, backend_type) as role, coalesce(state, 'background') as state, count(*)
                from pg_catalog.pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                group by 1, 2
            ) as kind),
        'long_running', (
            select coalesce(json_agg(statement order by statement.seconds desc), '[]')
            from (
                select pid, usename as role, state, wait_event_type as waits_for,
                    round(extract(epoch from now() - coalesce(query_start, xact_start))::numeric, 1) as seconds,
                    left(regexp_replace(query, '\s+', ' ', 'g'), 200) as query
                from pg_catalog.pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
                    and state <> 'idle' and now() - coalesce(query_start, xact_start) > interval '1 second'
                limit 20
            ) as statement),
        'cache_hit_rate', round(blks_hit::numeric / nullif(blks_hit + blks_read, 0), 4),
        'transactions', xact_commit + xact_rollback,
        'rollbacks', xact_rollback,
        'deadlocks', deadlocks,
        'temp_bytes', temp_bytes,
        'is_replica', pg_is_in_recovery(),
        -- A replica that has nothing more to replay is not behind, however old the last change is.
        'replay_lag_seconds', case
            when not pg_is_in_recovery() then null
            when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
            else round(extract(epoch from now() - pg_last_xact_replay_timestamp())::numeric, 1)
        end,
        'replicas', (
            select coalesce(json_agg(replica), '[]')
            from (
                select application_name as name, state, sync_state,
                    case when pg_is_in_recovery() then null else pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) end as behind_bytes,
                    round(extract(epoch from replay_lag)::numeric, 3) as lag_seconds
                from pg_catalog.pg_stat_replication
            ) as replica),
        'statements', postern.slow_statements()
    )
    from pg_catalog.pg_stat_database
    where datname = current_database()
$$;
comment on function postern.database_health is
    'Connections, cache, replicas and slow statements of the database that answers.';

revoke execute on function postern.slow_statements, postern.database_health from public;
grant execute on function postern.database_health to postern_api;

-- down

drop function postern.database_health();
drop function postern.slow_statements();
