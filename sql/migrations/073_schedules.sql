-- Schedules that fire: when the time of one has come, it becomes a task.

-- up

alter table agent_schedules
    add column timezone text not null default 'UTC',
    add column next_run timestamptz;
comment on column agent_schedules.timezone is 'The zone whose clock cron_expr means, as Europe/Berlin.';
comment on column agent_schedules.next_run is 'When it fires next; null when it is off, or no time will come.';
create index on agent_schedules (next_run);

-- "*", "*/5", "7", "1-5", "8-18/2" and lists of them.
create function postern.cron_values(field text, low integer, high integer) returns integer[]
    language plpgsql immutable strict set search_path = '' as $$
declare
    piece text;
    part text[];
    since integer;
    until integer;
    step integer;
    found integer[] := '{}';
begin
    foreach piece in array string_to_array(field, ',') loop
        part := regexp_match(piece, '^(?:\*|(\d{1,4})(?:-(\d{1,4}))?)(?:/(\d{1,4}))?$');
        if part is null then
            return null;
        end if;
        since := coalesce(part[1]::integer, low);
        until := coalesce(part[2]::integer, case when part[1] is null or part[3] is not null then high else since end);
        step := coalesce(part[3]::integer, 1);
        if since < low or until > high or since > until or step < 1 then
            return null;
        end if;
        found := found || array(select generate_series(since, until, step));
    end loop;
    return nullif(found, '{}');
end
$$;
comment on function postern.cron_values is 'The numbers that a field of a cron expression stands for; null when it is wrong.';

-- An hour that the clock skips is fired as if it had not: 02:30 becomes 03:30. Of an hour that comes twice
-- the second counts; with "*" as the hour both do, as minutes go by.
create function postern.cron_of_day(day date, hours integer[], minutes integer[], any_hour boolean, zone text, after timestamptz)
returns timestamptz language sql stable set search_path = '' as $$
    select min(at)
    from unnest(hours) as hour
    cross join unnest(minutes) as minute
    cross join lateral (select day + make_time(hour, minute, 0) as wall) as wish
    cross join lateral (select wall at time zone zone as late) as second
    cross join lateral (
        select (wall - ((late - interval '3 hours') at time zone zone - (late - interval '3 hours') at time zone 'UTC'))
            at time zone 'UTC' as early
    ) as first
    cross join lateral (values (late), (early)) as slot (at)
    where at > after and case when any_hour then at at time zone zone = wall else at = late end
$$;
comment on function postern.cron_of_day is 'The first of a day''s times behind another time; null when there is none.';

-- Days of the month and of the week: when both are said, one of them is enough, as cron has it. The
-- 29th of February may be eight years away.
create function postern.cron_next(expression text, zone text, after timestamptz) returns timestamptz
    language plpgsql stable set search_path = '' as $$
declare
    field constant text[] := regexp_split_to_array(btrim(expression), '\s+');
    minutes constant integer[] := postern.cron_values(field[1], 0, 59);
    hours constant integer[] := postern.cron_values(field[2], 0, 23);
    days constant integer[] := postern.cron_values(field[3], 1, 31);
    months constant integer[] := postern.cron_values(field[4], 1, 12);
    weekdays constant integer[] := postern.cron_values(field[5], 0, 7);
    either constant boolean := field[3] not like '*%' and field[5] not like '*%';
    today date;
    day date;
    at timestamptz;
begin
    if array_length(field, 1) <> 5 or (minutes is null or hours is null or days is null or months is null or weekdays is null) then
        return null;
    end if;
    today := (after at time zone zone)::date;
    for ahead in -1..366 * 8 loop
        day := today + ahead;
        continue when extract(month from day) <> all (months);
        continue when case when either
            then extract(day from day) <> all (days) and extract(dow from day) <> all (weekdays) and extract(isodow from day) <> all (weekdays)
            else extract(day from day) <> all (days) or extract(dow from day) <> all (weekdays) and extract(isodow from day) <> all (weekdays)
        end;
        at := postern.cron_of_day(day, hours, minutes, field[2] like '*%', zone, after);
        if at is not null then
            return at;
        end if;
    end loop;
    return null;
exception
    when invalid_parameter_value then
        return null;
end
$$;
comment on function postern.cron_next is
    'The next time of a five-field cron expression in a zone; null when it is wrong or no time comes.';

create function private.set_next_run() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    new.next_run := case when new.enabled and new.trigger_type = 'cron'
        then postern.cron_next(new.cron_expr, new.timezone, now()) end;
    return new;
end
$$;
comment on function private.set_next_run is 'Says when a schedule that is new or different fires next.';
create trigger set_next_run
    before insert or update of enabled, trigger_type, cron_expr, timezone on agent_schedules
    for each row execute function private.set_next_run();
update agent_schedules set enabled = enabled;

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

create function private.start_schedule(schedule public.agent_schedules) returns void
    language plpgsql volatile set search_path = '' as $$
declare
    wanted public.agent_tasks;
begin
    wanted.title := schedule.task_title;
    wanted.description := schedule.task_description;
    wanted.priority := schedule.priority;
    wanted.max_cost_usd := schedule.max_cost_usd;
    wanted.permission_level := schedule.permission_level;
    wanted.role_name := schedule.role_name;
    wanted.template_name := schedule.template_name;
    wanted.source := 'schedule';
    if schedule.action_type = 'template' then
        perform postern.expand_template(wanted);
    else
        perform postern.create_task(wanted);
    end if;
exception
    when others then
        insert into public.system_logs (level, source, component, message, context)
        values ('error', 'scheduler', schedule.name, sqlerrm, jsonb_build_object('schedule_id', schedule.id));
end
$$;
comment on function private.start_schedule is 'Makes the task of a schedule, or the tasks of its template; a failure becomes a log line.';

-- Runs that were missed while no server was there become one.
create function postern.fire_schedules() returns integer
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

revoke execute on function postern.cron_values, postern.cron_of_day, postern.cron_next, private.set_next_run,
    private.start_schedule, postern.fire_schedules from public;
grant execute on function postern.cron_values, postern.cron_of_day, postern.cron_next to postern_api;

-- down

drop function postern.fire_schedules();
drop function private.start_schedule(public.agent_schedules);
create or replace function postern.checked(schedule agent_schedules) returns json
    language plpgsql stable set search_path = '' as $$
declare
    field constant text := '(\*|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)(/[1-9][0-9]*)?';
begin
    if schedule.trigger_type = 'cron' and schedule.cron_expr !~ ('^' || field || '( ' || field || '){4}$') is not false then
        raise exception 'cron_expr must be five fields, as "0 3 * * *"' using errcode = 'PT400';
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
drop trigger set_next_run on agent_schedules;
drop function private.set_next_run();
drop function postern.cron_next(text, text, timestamptz);
drop function postern.cron_of_day(date, integer[], integer[], boolean, text, timestamptz);
drop function postern.cron_values(text, integer, integer);
alter table agent_schedules drop column next_run, drop column timezone;
