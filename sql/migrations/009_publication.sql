-- The tables whose changes are sent live join the publication.

-- up

do $$
declare
    wanted text;
begin
    if not exists (select from pg_publication where pubname = 'supabase_realtime') then
        return; -- wal_level is not logical: there is nothing to read changes from
    end if;
    foreach wanted in array array[
        'agent_events', 'agent_memory', 'agent_role_templates', 'agent_roles', 'agent_schedules',
        'agent_task_deps', 'agent_tasks', 'agent_templates', 'primes', 'project_events',
        'project_phases', 'projects', 'records', 'strategy_decisions']
    loop
        if to_regclass('public.' || wanted) is not null
            and not exists (
                select from pg_publication_tables
                where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = wanted)
        then
            execute format('alter publication supabase_realtime add table public.%I', wanted);
        end if;
    end loop;
end
$$;

-- down

do $$
declare
    present text;
begin
    for present in
        select tablename from pg_publication_tables
        where pubname = 'supabase_realtime' and schemaname = 'public'
            and tablename = any (array[
                'agent_events', 'agent_memory', 'agent_role_templates', 'agent_roles', 'agent_schedules',
                'agent_task_deps', 'agent_tasks', 'agent_templates', 'primes', 'project_events',
                'project_phases', 'projects', 'records', 'strategy_decisions'])
    loop
        execute format('alter publication supabase_realtime drop table public.%I', present);
    end loop;
end
$$;
