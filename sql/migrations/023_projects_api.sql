-- Projects: made from a form or from TOML, activated, paused, cancelled; what they cost.

-- up

create policy "curated routes make projects" on projects for insert to postern_api with check (true);
create policy "curated routes change projects" on projects for update to postern_api using (true) with check (true);
grant insert, update on projects to postern_api;
create policy "curated routes plan phases" on project_phases for insert to postern_api with check (true);
create policy "curated routes change phases" on project_phases for update to postern_api using (true) with check (true);
grant insert, update on project_phases to postern_api;
create policy "curated routes note project events" on project_events for insert to postern_api with check (true);
grant insert on project_events to postern_api;

-- A project's name and what else it says, as the keys of a JSON object; unknown keys are ignored.
create function postern.create_project(said jsonb, source text) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    objectives constant text[] := '{record,survey,verification,custom}';
    stem text;
    made public.projects;
    phase record;
begin
    if coalesce(said ->> 'name', '') = '' or coalesce(said ->> 'form', '') = '' then
        raise exception 'A project needs a name and a form' using errcode = 'PT400';
    elsif not coalesce(said ->> 'objective' = any (objectives), false) then
        raise exception 'objective must be one of %, not "%"', array_to_string(objectives, ', '), said ->> 'objective'
            using errcode = 'PT400';
    end if;
    stem := trim(both '-' from left(regexp_replace(lower(said ->> 'name'), '[^a-z0-9]+', '-', 'g'), 60));
    stem := coalesce(nullif(stem, ''), 'project');
    -- Two at once with one name: one waits, and gets the next number.
    perform pg_advisory_xact_lock(hashtextextended('postern.project ' || stem, 0));
    insert into public.projects (slug, name, description, objective, form, toml_source, target, competitive, strategy,
        infrastructure, budget)
    values (
        (
            select case n when 1 then stem else stem || '-' || n end
            from generate_series(1, (select count(*) + 1 from public.projects where slug like stem || '%')) as n
            where not exists (select from public.projects where slug = case n when 1 then stem else stem || '-' || n end)
            order by n
            limit 1
        ),
        said ->> 'name', coalesce(said ->> 'description', ''), said ->> 'objective', said ->> 'form', source,
        coalesce(said -> 'target', '{}'), coalesce(said -> 'competitive', '{}'), coalesce(said -> 'strategy', '{}'),
        coalesce(said -> 'infrastructure', '{}'), coalesce(said -> 'budget', '{}')
    )
    returning * into made;
    for phase in
        select *
        from jsonb_array_elements(
            case jsonb_typeof(made.strategy -> 'phases') when 'array' then made.strategy -> 'phases' else '[]' end
        ) with ordinality as phases (said, number)
    loop
        insert into public.project_phases (project_id, name, description, phase_order, search_params, depends_on,
            activation_condition, completion_condition)
        values (made.id, coalesce(phase.said ->> 'name', 'phase-' || phase.number),
            coalesce(phase.said ->> 'description', ''), phase.number, coalesce(phase.said -> 'search_params', '{}'),
            coalesce((select array_agg(name) from jsonb_array_elements_text(phase.said -> 'depends_on') as name), '{}'),
            phase.said ->> 'activation_condition', coalesce(phase.said ->> 'completion_condition', 'all_blocks_done'));
    end loop;
    insert into public.project_events (project_id, event_type, summary)
    values (made.id, 'created', 'Project created: ' || made.name);
    return json_build_object('id', made.id, 'slug', made.slug);
end
$$;
comment on function postern.create_project is 'A new draft with its phases and its first event: {id, slug}.';

create function postern.change_project(slug text, verb text) returns json
    language plpgsql volatile set search_path = '' as $$
declare
    project public.projects;
    rule record;
begin
    select * into strict rule
    from (values
        ('activate', 'active',    '{draft,paused}'::text[],        'running',   '{paused}'::text[],                'activated'),
        ('pause',    'paused',    '{active}',                      'paused',    '{running}',                       'paused'),
        ('cancel',   'cancelled', '{draft,active,paused}',         'cancelled', '{pending,running,paused}',        'cancelled')
    ) as rules (verb, status, allowed, job_status, jobs, event)
    where rules.verb = change_project.verb;
    select * into project from public.projects where projects.slug = change_project.slug for update;
    if not found then
        return null;
    end if;
    if not project.status = any (rule.allowed) then
        raise exception 'Cannot % project with status ''%''', verb, project.status using errcode = 'PT400';
    end if;
    update public.projects
    set status = rule.status,
        updated_at = now(),
        started_at = case rule.status when 'active' then coalesce(started_at, now()) else started_at end,
        completed_at = case rule.status when 'cancelled' then now() end
    where id = project.id;
    update public.search_jobs
    set status = rule.job_status, stopped_at = case rule.job_status when 'cancelled' then now() end
    where project_id = project.id and status = any (rule.jobs);
    insert into public.project_events (project_id, event_type, summary)
    values (project.id, rule.event, format('Project %s', rule.event));
    return json_build_object('ok', true, 'status', rule.status);
end
$$;
comment on function postern.change_project is 'Activates, pauses or cancels a project and its searches; null when there is none.';

-- The part of TOML that project files use: tables, arrays of tables, bare, quoted and dotted keys,
-- one-line strings, numbers, booleans, and arrays over several lines. Dates are text.
create function postern.toml_value(source text) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    number text := replace(source, '_', '');
    quoted text;
begin
    if source ~ '^\[.*\]$' then
        -- Comments go and literal strings become JSON strings; then commas before a bracket go.
        select string_agg(case
                when part[1] ~ '^''' then to_jsonb(substr(part[1], 2, length(part[1]) - 2))::text
                when part[1] ~ '^"' then part[1]
                when part[1] ~ '^#' then ''
                else replace(part[1], '_', '')
            end, '' order by place)
        into quoted
        from regexp_matches(source, '("(?:[^"\\]|\\.)*"|''[^'']*''|#[^\n]*|[^"''#]+)', 'g') with ordinality as parts (part, place);
        select string_agg(case
                when part[1] ~ '^"' then part[1]
                else regexp_replace(part[1], ',\s*\]', ']', 'g')
            end, '' order by place)
        into quoted
        from regexp_matches(quoted, '("(?:[^"\\]|\\.)*"|[^"]+)', 'g') with ordinality as parts (part, place);
        return quoted::jsonb;
    elsif source ~ '^''[^'']*''$' then
        return to_jsonb(substr(source, 2, length(source) - 2));
    elsif source ~ '^"' or source in ('true', 'false') then
        return source::jsonb;
    elsif number ~ '^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$' then
        return to_jsonb(number::numeric);
    elsif source ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$' then
        return to_jsonb(source);
    end if;
    raise exception 'not a value: %', left(source, 80) using errcode = 'PT400';
end
$$;
comment on function postern.toml_value is 'One value of TOML as JSON.';

-- Sets a value at a path; {phases} of an array goes on in its last element.
create function postern.toml_set(document jsonb, path text[], value jsonb) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    key text := path[1];
    inner_value jsonb := document -> key;
begin
    if cardinality(path) = 1 then
        if document ? key then
            raise exception 'key % is there twice', key using errcode = 'PT400';
        end if;
        return document || jsonb_build_object(key, value);
    end if;
    case coalesce(jsonb_typeof(inner_value), 'null')
        when 'array' then
            return jsonb_set(document, array[key, '-1'], postern.toml_set(inner_value -> -1, path[2:], value));
        when 'object', 'null' then
            return document || jsonb_build_object(key, postern.toml_set(coalesce(inner_value, '{}'), path[2:], value));
        else
            raise exception 'key % is no table', key using errcode = 'PT400';
    end case;
end
$$;
comment on function postern.toml_set is 'A document with one more value.';

create function postern.toml_path(source text) returns text[] language plpgsql immutable set search_path = '' as $$
declare
    key constant text := '(?:[A-Za-z0-9_-]+|"[^"\\]*"|''[^'']*'')';
begin
    if source !~ ('^\s*' || key || '(?:\s*\.\s*' || key || '){0,7}\s*$') then
        raise exception 'not a key: %', left(source, 80) using errcode = 'PT400';
    end if;
    return array(
        select trim(both '"''' from part[1])
        from regexp_matches(source, key, 'g') with ordinality as parts (part, place)
        order by place
    );
end
$$;
comment on function postern.toml_path is 'A dotted key of TOML, cut at the dots.';

create function postern.from_toml(toml text) returns jsonb language plpgsql immutable set search_path = '' as $$
declare
    comment_end constant text := '\s*(#.*)?$';
    document jsonb := '{}';
    above text[] := '{}';
    line text;
    rest text := '';
    number bigint;
    found text[];
begin
    for line, number in
        select * from regexp_split_to_table(toml, '\r?\n') with ordinality
    loop
        rest := ltrim(rest || case rest when '' then '' else E'\n' end || line);
        if rest ~ ('^\[\[[^]]*\]\]' || comment_end) then
            above := postern.toml_path(substring(rest from '^\[\[([^]]*)\]\]'));
            document := postern.toml_append(document, above);
        elsif rest ~ ('^\[[^]]*\]' || comment_end) then
            above := postern.toml_path(substring(rest from '^\[([^]]*)\]'));
        elsif rest !~ '^(#.*)?$' then
            found := regexp_match(rest, '^((?:[A-Za-z0-9_.\s-]|"[^"\\]*"|''[^'']*'')+?)\s*=\s*(.*)$');
            if found is null then
                raise exception 'not a key and a value: %', left(rest, 80) using errcode = 'PT400';
            end if;
            -- An array goes on until its brackets close, outside of strings and comments.
            if found[2] ~ '^\[' and postern.toml_open(found[2]) then
                continue;
            end if;
            found[2] := coalesce(
                substring(found[2] from '^(\[.*\])' || comment_end),
                substring(found[2] from '^("(?:[^"\\]|\\.)*"|''[^'']*''|[^"''#\[]*[^"''#\[\s])' || comment_end),
                found[2]);
            document := postern.toml_set(document, above || postern.toml_path(found[1]), postern.toml_value(found[2]));
        end if;
        rest := '';
    end loop;
    if rest <> '' then
        raise exception 'an array does not end' using errcode = 'PT400';
    end if;
    return document;
exception
    when others then
        raise exception 'TOML parse error: line %: %', number, sqlerrm using errcode = 'PT400';
end
$$;
comment on function postern.from_toml is 'A TOML document as JSON; raises with the line when it is none.';

create function postern.toml_open(source text) returns boolean language sql immutable set search_path = '' as $$
    select length(replace(bare, '[', '')) < length(replace(bare, ']', ''))
    from regexp_replace(source, '"(?:[^"\\]|\\.)*"|''[^'']*''|#[^\n]*', '', 'g') as bare
$$;
comment on function postern.toml_open is 'Are there more brackets open than closed?';

create function postern.toml_append(document jsonb, path text[]) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    key text := path[1];
    list jsonb := coalesce(document -> key, '[]');
begin
    if cardinality(path) > 1 then
        return document || jsonb_build_object(key, postern.toml_append(coalesce(document -> key, '{}'), path[2:]));
    elsif jsonb_typeof(list) <> 'array' then
        raise exception 'key % is no list of tables', key using errcode = 'PT400';
    end if;
    return document || jsonb_build_object(key, list || '[{}]');
end
$$;
comment on function postern.toml_append is 'A document with one more table in a list of tables.';

-- Values of one table line by line; tables in it follow as tables, lists of objects as [[tables]].
create function postern.to_toml(document jsonb, path text default '') returns text
    language sql immutable set search_path = '' as $$
    select coalesce(string_agg(text, E'\n' order by rank, key, place), '')
    from (
        select key, 0 as rank, 0 as place, format('%s = %s', to_json(key), value) as text
        from jsonb_each(document)
        where jsonb_typeof(value) not in ('object', 'null') and not value @? '$[*] ? (@.type() == "object")'
        union all
        select key, 1, 0, format(E'\n[%s]\n%s', path || to_json(key), postern.to_toml(value, path || to_json(key) || '.'))
        from jsonb_each(document)
        where jsonb_typeof(value) = 'object' and value <> '{}'
        union all
        select key, 2, place::integer,
            format(E'\n[[%s]]\n%s', path || to_json(key), postern.to_toml(element, path || to_json(key) || '.'))
        from jsonb_each(document)
        cross join lateral jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else '[]' end)
            with ordinality as list (element, place)
        where value @? '$[*] ? (@.type() == "object")' and jsonb_typeof(value) = 'array'
    ) as parts
$$;
comment on function postern.to_toml is 'A JSON object as TOML.';

revoke execute on function postern.create_project, postern.change_project, postern.toml_value, postern.toml_set,
    postern.toml_path, postern.toml_open, postern.toml_append, postern.from_toml, postern.to_toml from public;
grant execute on function postern.create_project, postern.change_project, postern.toml_value, postern.toml_set,
    postern.toml_path, postern.toml_open, postern.toml_append, postern.from_toml, postern.to_toml to postern_api;

-- down

drop function postern.to_toml(jsonb, text);
drop function postern.toml_append(jsonb, text[]);
drop function postern.toml_open(text);
drop function postern.from_toml(text);
drop function postern.toml_path(text);
drop function postern.toml_set(jsonb, text[], jsonb);
drop function postern.toml_value(text);
drop function postern.change_project(text, text);
drop function postern.create_project(jsonb, text);
revoke insert on project_events from postern_api;
drop policy "curated routes note project events" on project_events;
revoke insert, update on project_phases from postern_api;
drop policy "curated routes change phases" on project_phases;
drop policy "curated routes plan phases" on project_phases;
revoke insert, update on projects from postern_api;
drop policy "curated routes change projects" on projects;
drop policy "curated routes make projects" on projects;
