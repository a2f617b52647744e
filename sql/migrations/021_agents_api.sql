-- What the curated routes do with agents: tasks made from templates, tasks cancelled with all that
-- hangs on them, schedules that make sense.

-- up

-- Who may call is said by each route; postern_api is nobody's role in a token.
create policy "curated routes create tasks" on agent_tasks for insert to postern_api with check (true);
create policy "curated routes change tasks" on agent_tasks for update to postern_api using (true) with check (true);
grant insert, update on agent_tasks to postern_api;
create policy "curated routes link tasks" on agent_task_deps for insert to postern_api with check (true);
grant insert on agent_task_deps to postern_api;
create policy "curated routes note events" on agent_events for insert to postern_api with check (true);
grant insert on agent_events to postern_api;
create policy "curated routes change budgets" on agent_budgets for update to postern_api using (true) with check (true);
grant update (budget_usd, updated_at) on agent_budgets to postern_api;
create policy "curated routes write memory" on agent_memory to postern_api using (true) with check (true);
grant insert, update, delete on agent_memory to postern_api;
create policy "curated routes write schedules" on agent_schedules to postern_api using (true) with check (true);
grant insert, update, delete on agent_schedules to postern_api;

create function postern.shown(task agent_tasks) returns json language sql immutable set search_path = '' as $$
    select row_to_json(shown)
    from (
        select
            task.id, task.title, task.description, task.status, task.priority, task.agent_model,
            task.assigned_agent, task.source, task.result, task.tokens_used, task.cost_usd, task.created_at,
            task.started_at, task.completed_at, task.parent_task_id, task.max_cost_usd, task.permission_level,
            task.template_name, task.on_child_failure, task.role_name
    ) as shown
$$;
comment on function postern.shown(agent_tasks) is 'A task as the dashboard reads it: without time limit and working directory.';

create function postern.create_task(task agent_tasks) returns agent_tasks
    language plpgsql volatile set search_path = '' as $$
declare
    made public.agent_tasks;
begin
    if not coalesce(exists (select from public.agent_roles where name = task.role_name), false)
        and task.role_name is not null
    then
        raise exception 'Unknown role: %', task.role_name using errcode = 'PT400';
    end if;
    insert into public.agent_tasks (title, description, priority, agent_model, source, parent_task_id, max_cost_usd,
        permission_level, template_name, role_name)
    values (task.title, coalesce(task.description, ''), coalesce(task.priority, 'normal'), task.agent_model,
        coalesce(task.source, 'manual'), task.parent_task_id, task.max_cost_usd, coalesce(task.permission_level, 1),
        task.template_name, task.role_name)
    returning * into made;
    insert into public.agent_events (task_id, event_type, summary)
    values (made.id, 'created', 'Task created: ' || made.title);
    return made;
end
$$;
comment on function postern.create_task is 'A new pending task, with its first event; of the argument, what a client may choose counts.';

-- A step runs behind the step that depends_on_step names (its place, from 0).
create function postern.expand_template(wanted agent_tasks) returns bigint
    language plpgsql volatile set search_path = '' as $$
declare
    template public.agent_templates;
    parent public.agent_tasks := wanted;
    child public.agent_tasks;
    step record;
    children bigint[] := '{}';
begin
    select * into template from public.agent_templates where name = wanted.template_name;
    if not found then
        raise exception 'Unknown template: %', wanted.template_name using errcode = 'PT400';
    end if;
    parent.role_name := coalesce(wanted.role_name, template.role_name);
    parent := postern.create_task(parent);
    for step in
        select *
        from jsonb_to_recordset(template.steps)
            as steps (title text, description text, permission_level integer, depends_on_step integer)
    loop
        child := parent;
        child.title := step.title;
        child.description := step.description;
        child.permission_level := coalesce(step.permission_level, parent.permission_level);
        child.parent_task_id := parent.id;
        child.max_cost_usd := null;
        child := postern.create_task(child);
        children := children || child.id;
        if step.depends_on_step is not null then
            if coalesce(children[step.depends_on_step + 1], child.id) = child.id then
                raise exception 'Template % is broken: step "%" depends on a later one', template.name, step.title
                    using errcode = 'PT400';
            end if;
            insert into public.agent_task_deps (task_id, depends_on)
            values (child.id, children[step.depends_on_step + 1]);
        end if;
    end loop;
    return parent.id;
end
$$;
comment on function postern.expand_template is 'Makes a parent task and one task a step of its template; returns the parent.';

create function postern.cancel_task(id bigint) returns json language plpgsql volatile set search_path = '' as $$
declare
    task public.agent_tasks;
begin
    select * into task from public.agent_tasks where agent_tasks.id = cancel_task.id for update;
    if not found then
        return null;
    end if;
    if task.status not in ('pending', 'in_progress') then
        raise exception 'Cannot cancel task with status ''%''', task.status using errcode = 'PT409';
    end if;
    with recursive family as (
        select task.id as id
        union
        select child.id
        from public.agent_tasks as child
        join family on child.parent_task_id = family.id
    ),
    cancelled as (
        update public.agent_tasks
        set status = 'cancelled', completed_at = now()
        from family
        where agent_tasks.id = family.id and agent_tasks.status in ('pending', 'in_progress')
        returning agent_tasks.id
    )
    insert into public.agent_events (task_id, event_type, summary)
    select cancelled.id, 'cancelled', 'Task cancelled'
    from cancelled;
    return json_build_object('ok', true, 'id', task.id);
end
$$;
comment on function postern.cancel_task is 'Cancels an open task and the open ones below it; null when there is no such task.';

create function postern.checked(schedule agent_schedules) returns json
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
comment on function postern.checked(agent_schedules) is 'A schedule as JSON; raises when it could never start anything.';

revoke execute on function postern.shown(agent_tasks), postern.create_task, postern.expand_template, postern.cancel_task,
    postern.checked(agent_schedules) from public;
grant execute on function postern.shown(agent_tasks), postern.create_task, postern.expand_template, postern.cancel_task,
    postern.checked(agent_schedules) to postern_api;

-- down

drop function postern.checked(agent_schedules);
drop function postern.cancel_task(bigint);
drop function postern.expand_template(agent_tasks);
drop function postern.create_task(agent_tasks);
drop function postern.shown(agent_tasks);
revoke insert, update, delete on agent_schedules from postern_api;
drop policy "curated routes write schedules" on agent_schedules;
revoke insert, update, delete on agent_memory from postern_api;
drop policy "curated routes write memory" on agent_memory;
revoke update (budget_usd, updated_at) on agent_budgets from postern_api;
drop policy "curated routes change budgets" on agent_budgets;
revoke insert on agent_events from postern_api;
drop policy "curated routes note events" on agent_events;
revoke insert on agent_task_deps from postern_api;
drop policy "curated routes link tasks" on agent_task_deps;
revoke insert, update on agent_tasks from postern_api;
drop policy "curated routes change tasks" on agent_tasks;
drop policy "curated routes create tasks" on agent_tasks;
