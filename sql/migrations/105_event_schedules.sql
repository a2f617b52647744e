-- Schedules that an event starts. What happens is noted by triggers, for the schedules that want it, and
-- becomes tasks when the job that fires schedules comes by: whoever reports a prime does not wait for it.

-- up

create table private.schedule_events (
    id          bigint generated always as identity primary key,
    schedule_id bigint not null references public.agent_schedules on delete cascade,
    facts       jsonb not null,
    at          timestamptz not null default now()
);
comment on table private.schedule_events is 'What has happened that a schedule waits for, until it is fired.';
create index on private.schedule_events (schedule_id, id);
alter table private.schedule_events enable row level security;

-- "search_done", "prime_found:digits>=1000", "prime_found:form=twin,digits>500".
create function postern.event_name(filter text) returns text language sql immutable strict set search_path = '' as $$
    select (regexp_match(filter, '^\s*([a-z_]+)\s*(?::|$)'))[1]
$$;
comment on function postern.event_name is 'The event that a filter is about; null when it names none.';

create function postern.event_matches(filter text, facts jsonb) returns boolean
    language plpgsql immutable strict set search_path = '' as $$
declare
    condition text;
    part text[];
    said text;
    order_of integer;
begin
    if filter !~ ':' then
        return true;
    end if;
    foreach condition in array string_to_array(substring(filter from ':(.*)$'), ',') loop
        part := regexp_match(condition, '^\s*([a-z_]+)\s*(>=|<=|!=|>|<|=)\s*(.*?)\s*$');
        said := facts ->> part[1];
        if said is null then
            return false;
        end if;
        order_of := case
            when said ~ '^-?\d{1,30}(\.\d{1,30})?$' and part[3] ~ '^-?\d{1,30}(\.\d{1,30})?$'
                then sign(said::numeric - part[3]::numeric)
            when said = part[3] then 0
            when said collate "C" < part[3] collate "C" then -1
            else 1
        end;
        if not (case part[2]
            when '=' then order_of = 0
            when '!=' then order_of <> 0
            when '>' then order_of > 0
            when '<' then order_of < 0
            when '>=' then order_of >= 0
            else order_of <= 0
        end) then
            return false;
        end if;
    end loop;
    return true;
end
$$;
comment on function postern.event_matches is
    'Do the facts of an event meet the conditions of a filter? Numbers compare as numbers; a fact that is missing meets none.';

-- What each event can tell of.
create function private.event_facts() returns table (name text, facts text[])
    language sql immutable set search_path = '' as $$
    values
        ('prime_found', array['id', 'form', 'expression', 'digits', 'proof_method', 'discoverer']),
        ('search_start', array['id', 'search_type', 'project_id']),
        ('search_done', array['id', 'search_type', 'project_id', 'total_tested', 'total_found']),
        ('search_failed', array['id', 'search_type', 'project_id', 'error']),
        ('task_completed', array['id', 'title', 'role_name', 'template_name']),
        ('task_failed', array['id', 'title', 'role_name', 'template_name']),
        ('budget_exceeded', array['id', 'title', 'role_name', 'template_name']),
        ('worker_lost', array['worker_id', 'hostname']),
        ('error', array['id', 'source', 'component', 'message', 'worker_id'])
$$;
comment on function private.event_facts is 'The events that start schedules, and what their conditions may be about.';

create function private.wrong_filter(filter text) returns text language sql stable set search_path = '' as $$
    select case
        when not exists (select from private.event_facts() where name = postern.event_name(filter)) then
            (select 'event_filter must begin with one of ' || string_agg(name, ', ') from private.event_facts())
        when filter !~ '^\s*[a-z_]+\s*(:(\s*[a-z_]+\s*(>=|<=|!=|>|<|=)\s*[^,<>=!\s][^,]*(,(?!$)|$))+)?$' then
            'event_filter must be an event, or event:field>=value, as prime_found:digits>=1000'
        else (
            select format('event_filter: %s tells of %s, not of %s', name, array_to_string(facts, ', '), field[1])
            from private.event_facts()
            cross join regexp_matches(substring(filter from ':(.*)$'), '(?:^|,)\s*([a-z_]+)\s*[<>=!]', 'g') as field
            where name = postern.event_name(filter) and field[1] <> all (facts)
            limit 1)
    end
$$;
comment on function private.wrong_filter is 'What is wrong with the filter of an event; null when nothing is.';

-- A schedule gets ten of one statement at most: a sieve reports a hundred primes at once.
create function private.note_events(event text, all_facts jsonb) returns void
    language sql volatile security definer set search_path = '' as $$
    insert into private.schedule_events (schedule_id, facts)
    select schedule.id, jsonb_build_object('event', event) || noted.facts
    from public.agent_schedules as schedule
    cross join lateral (
        select facts
        from jsonb_array_elements(all_facts) as facts
        where postern.event_matches(schedule.event_filter, facts)
        limit 10
    ) as noted
    where schedule.enabled and schedule.trigger_type = 'event' and postern.event_name(schedule.event_filter) = event
$$;
comment on function private.note_events is 'Keeps what has happened for the schedules that wait for it.';

create function private.is_awaited(variadic events text[]) returns boolean
    language sql stable security definer set search_path = '' as $$
    select exists (
        select from public.agent_schedules
        where enabled and trigger_type = 'event' and postern.event_name(event_filter) = any (events))
$$;
comment on function private.is_awaited is 'Does any schedule wait for one of these events?';

create function private.note_primes() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    if private.is_awaited('prime_found') then
        perform private.note_events('prime_found', (
            select jsonb_agg(jsonb_build_object('id', id, 'form', form, 'expression', expression, 'digits', digits,
                'proof_method', proof_method, 'discoverer', discoverer) order by digits desc, id)
            from made));
    end if;
    return null;
end
$$;
comment on function private.note_primes is 'prime_found, once a statement.';
create trigger note_primes after insert on primes referencing new table as made
    for each statement execute function private.note_primes();

create function private.note_search() returns trigger
    language plpgsql security definer set search_path = '' as $$
declare
    event constant text := case new.status
        when 'running' then 'search_start' when 'completed' then 'search_done' when 'failed' then 'search_failed' end;
begin
    if event is not null and private.is_awaited(event) then
        perform private.note_events(event, jsonb_build_array(jsonb_build_object('id', new.id, 'search_type',
            new.search_type, 'project_id', new.project_id, 'total_tested', new.total_tested, 'total_found',
            new.total_found, 'error', new.error)));
    end if;
    return null;
end
$$;
comment on function private.note_search is 'search_start, search_done and search_failed.';
create trigger note_new_search after insert on search_jobs
    for each row execute function private.note_search();
create trigger note_search after update of status on search_jobs
    for each row when (old.status is distinct from new.status and not (old.status = 'paused' and new.status = 'running'))
    execute function private.note_search();

-- Tasks that a schedule has made start none: there is no way round.
create function private.note_task() returns trigger
    language plpgsql security definer set search_path = '' as $$
declare
    event constant text := case new.event_type when 'budget_exceeded' then 'budget_exceeded' else 'task_' || new.event_type end;
begin
    if private.is_awaited(event) then
        perform private.note_events(event, jsonb_build_array(jsonb_build_object('id', id, 'title', title,
            'role_name', role_name, 'template_name', template_name)))
        from public.agent_tasks
        where id = new.task_id and source <> 'schedule';
    end if;
    return null;
end
$$;
comment on function private.note_task is 'task_completed, task_failed and budget_exceeded, of tasks that no schedule has made.';
create trigger note_task after insert on agent_events
    for each row when (new.event_type in ('completed', 'failed', 'budget_exceeded'))
    execute function private.note_task();

-- What the scheduler and agents log is no reason for the next task.
create function private.note_error() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    if private.is_awaited('error') then
        perform private.note_events('error', jsonb_build_array(jsonb_build_object('id', new.id, 'source', new.source,
            'component', new.component, 'message', left(new.message, 500), 'worker_id', new.worker_id)));
    end if;
    return null;
end
$$;
comment on function private.note_error is 'error: a log line of that level.';
create trigger note_error after insert on system_logs
    for each row when (new.level = 'error' and new.source not in ('scheduler', 'agent', 'agents'))
    execute function private.note_error();

-- A worker is lost three minutes after its last beat: those are written down once a minute.
create function private.note_lost_workers() returns void
    language sql volatile security definer set search_path = '' as $$
    with waiting as (
        select id, event_filter, coalesce(last_checked_at, now() - interval '1 minute') as since
        from public.agent_schedules
        where enabled and trigger_type = 'event' and postern.event_name(event_filter) = 'worker_lost'
    ),
    noted as (
        insert into private.schedule_events (schedule_id, facts)
        select waiting.id, facts
        from waiting
        join public.workers on last_heartbeat + interval '3 minutes' > since and last_heartbeat + interval '3 minutes' <= now()
        cross join lateral jsonb_build_object('event', 'worker_lost', 'worker_id', worker_id, 'hostname', hostname) as facts
        where postern.event_matches(event_filter, facts)
        limit 100
    )
    update public.agent_schedules set last_checked_at = now() from waiting where agent_schedules.id = waiting.id
$$;
comment on function private.note_lost_workers is 'worker_lost, for those that went silent since the last look.';

create function private.described(schedule public.agent_schedules, events jsonb) returns text
    language sql immutable set search_path = '' as $$
    select concat_ws(E'\n\n', nullif(schedule.task_description, ''),
        'What happened: ' || (events -> 0)::text
            || case when jsonb_array_length(events) > 1 then format(' (and %s more)', jsonb_array_length(events) - 1) else '' end)
$$;
comment on function private.described is 'What a task is about: the words of its schedule, and what has started it.';

-- One task for all that has happened since, and none while the last one is open: what starts a
-- task by an event cannot start a hundred.
create function private.fire_events() returns integer
    language plpgsql volatile security definer set search_path = '' as $$
declare
    schedule public.agent_schedules;
    events jsonb;
    fired integer := 0;
begin
    delete from private.schedule_events where at < now() - interval '1 day';
    perform private.note_lost_workers();
    for schedule in
        select *
        from public.agent_schedules
        where enabled and trigger_type = 'event'
            and exists (select from private.schedule_events where schedule_id = agent_schedules.id)
            and not exists (
                select from public.agent_tasks
                where source = 'schedule' and title = agent_schedules.task_title and status in ('pending', 'in_progress'))
        order by id
        for update skip locked
    loop
        with taken as (
            delete from private.schedule_events where schedule_id = schedule.id returning id, facts
        )
        select jsonb_agg(facts order by id) into events from taken;
        continue when events is null;
        schedule.task_description := private.described(schedule, events);
        perform private.start_schedule(schedule);
        update public.agent_schedules
        set fire_count = fire_count + 1, last_fired_at = now(), last_checked_at = now()
        where id = schedule.id;
        fired := fired + 1;
    end loop;
    return fired;
end
$$;
comment on function private.fire_events is 'Makes the tasks of the schedules whose event has come; how many schedules.';

-- Runs that were missed while no server was there become one.
create or replace function postern.fire_schedules() returns integer
    language plpgsql volatile security definer set search_path = '' as $$
declare
    schedule public.agent_schedules;
    fired integer := 0;
begin
    for schedule in
        select *
        from public.agent_schedules
        where next_run <= now() and enabled and trigger_type = 'cron'
        order by next_run, id
        for update skip locked
    loop
        perform private.start_schedule(schedule);
        update public.agent_schedules
        set fire_count = fire_count + 1, last_fired_at = now(), last_checked_at = now(),
            next_run = postern.cron_next(cron_expr, timezone, now())
        where id = schedule.id;
        fired := fired + 1;
    end loop;
    return fired + private.fire_events();
end
$$;
comment on function postern.fire_schedules is
    'Makes the tasks of all schedules whose time or event has come; how many schedules.';

create or replace function postern.checked(schedule agent_schedules) returns json
    language plpgsql stable set search_path = '' as $$
declare
    wrong text;
begin
    if schedule.trigger_type = 'cron' and postern.cron_next('* * * * *', schedule.timezone, now()) is null then
        raise exception 'timezone must be the name of a time zone, as Europe/Berlin' using errcode = 'PT400';
    elsif schedule.trigger_type = 'cron' and postern.cron_next(schedule.cron_expr, schedule.timezone, now()) is null then
        raise exception 'cron_expr must be five fields whose time comes, as "0 3 * * *"' using errcode = 'PT400';
    elsif schedule.trigger_type = 'event' and coalesce(schedule.event_filter, '') = '' then
        raise exception 'event_filter must be given for a schedule that an event starts' using errcode = 'PT400';
    elsif schedule.action_type = 'template' and schedule.template_name is null then
        raise exception 'template_name must be given for a schedule that expands a template' using errcode = 'PT400';
    elsif not exists (select from public.agent_templates where name = schedule.template_name)
        and schedule.template_name is not null
    then
        raise exception 'Unknown template: %', schedule.template_name using errcode = 'PT400';
    elsif not exists (select from public.agent_roles where name = schedule.role_name)
        and schedule.role_name is not null
    then
        raise exception 'Unknown role: %', schedule.role_name using errcode = 'PT400';
    end if;
    if schedule.trigger_type = 'event' then
        wrong := private.wrong_filter(schedule.event_filter);
        if wrong is not null then
            raise exception '%', wrong using errcode = 'PT400';
        end if;
    end if;
    return row_to_json(schedule);
end
$$;

revoke execute on function postern.event_name, postern.event_matches, private.event_facts, private.wrong_filter,
    private.note_events, private.is_awaited, private.note_primes, private.note_search, private.note_task,
    private.note_error, private.note_lost_workers, private.described, private.fire_events from public;
grant execute on function postern.event_name, postern.event_matches, private.event_facts, private.wrong_filter to postern_api;

-- down

drop trigger note_error on system_logs;
drop trigger note_task on agent_events;
drop trigger note_search on search_jobs;
drop trigger note_new_search on search_jobs;
drop trigger note_primes on primes;
create or replace function postern.fire_schedules() returns integer
    language plpgsql volatile security definer set search_path = '' as $$
declare
    schedule public.agent_schedules;
    fired integer := 0;
begin
    for schedule in
        select *
        from public.agent_schedules
        where next_run <= now() and enabled and trigger_type = 'cron'
        order by next_run, id
        for update skip locked
    loop
        perform private.start_schedule(schedule);
        update public.agent_schedules
        set fire_count = fire_count + 1, last_fired_at = now(), last_checked_at = now(),
            next_run = postern.cron_next(cron_expr, timezone, now())
        where id = schedule.id;
        fired := fired + 1;
    end loop;
    return fired;
end
$$;
comment on function postern.fire_schedules is 'Makes the tasks of all schedules whose time has come; how many schedules.';
create or replace function postern.checked(schedule agent_schedules) returns json
    language plpgsql stable set search_path = '' as $$
begin
    if schedule.trigger_type = 'cron' and postern.cron_next('* * * * *', schedule.timezone, now()) is null then
        raise exception 'timezone must be the name of a time zone, as Europe/Berlin' using errcode = 'PT400';
    elsif schedule.trigger_type = 'cron' and postern.cron_next(schedule.cron_expr, schedule.timezone, now()) is null then
        raise exception 'cron_expr must be five fields whose time comes, as "0 3 * * *"' using errcode = 'PT400';
    elsif schedule.trigger_type = 'event' and coalesce(schedule.event_filter, '') = '' then
        raise exception 'event_filter must be given for a schedule that an event starts' using errcode = 'PT400';
    elsif schedule.action_type = 'template' and schedule.template_name is null then
        raise exception 'template_name must be given for a schedule that expands a template' using errcode = 'PT400';
    elsif not exists (select from public.agent_templates where name = schedule.template_name)
        and schedule.template_name is not null
    then
        raise exception 'Unknown template: %', schedule.template_name using errcode = 'PT400';
    elsif not exists (select from public.agent_roles where name = schedule.role_name)
        and schedule.role_name is not null
    then
        raise exception 'Unknown role: %', schedule.role_name using errcode = 'PT400';
    end if;
    return row_to_json(schedule);
end
$$;
drop function private.fire_events();
drop function private.described(public.agent_schedules, jsonb);
drop function private.note_lost_workers();
drop function private.note_error();
drop function private.note_task();
drop function private.note_search();
drop function private.note_primes();
drop function private.is_awaited(text[]);
drop function private.note_events(text, jsonb);
drop function private.wrong_filter(text);
drop function private.event_facts();
drop function postern.event_matches(text, jsonb);
drop function postern.event_name(text);
drop table private.schedule_events;
