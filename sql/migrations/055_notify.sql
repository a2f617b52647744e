-- Changes where PostgreSQL does not log them for us (POSTERN_CHANGES=notify): triggers on the
-- tables of the publication send them by NOTIFY. The gateway calls watch_publication when it starts
-- and every few seconds; nothing is watched before the first call.

-- up

-- Counts the changes that could not be told: whoever looks and finds it grown has a gap.
create sequence postern.changes_missed minvalue 0 start 0;
select setval('postern.changes_missed', 0);
comment on sequence postern.changes_missed is 'How many changes could not be sent by NOTIFY.';

-- PostgreSQL sends equal payloads of a transaction once.
create sequence postern.changes_told cache 100;
comment on sequence postern.changes_told is 'Makes each payload of a change another one.';

-- Two shapes of a table differ in it: a row that is told is read by the columns it was written with.
create function postern.shape_of(relation oid) returns bigint language sql stable as $$
    select pg_catalog.sum(pg_catalog.hashtext(a.attname || ' ' || a.atttypid)::bigint * a.attnum)::bigint
    from pg_catalog.pg_attribute a
    where a.attrelid = shape_of.relation and a.attnum > 0 and not a.attisdropped
$$;
comment on function postern.shape_of is 'A number that changes with the columns of a table.';

-- The payload: "Onk OID SHAPE XID NUMBER BYTES\n", the new row, the old row. The letters: what was done (I, U,
-- D, T); the new row is whole (n), a key (k) or not there (-); the old row the same with o for whole.
-- BYTES: of the new row in UTF-8. A key is a row whose other columns are null. What is too large for
-- NOTIFY is sent as its key. Arguments: 'full' or 'key', the expression that makes a key of $1 or '',
-- the publication.
-- Definer: the sequences are nobody's. It never fails the write that it tells of.
create function postern.tell_change() returns trigger language plpgsql security definer
    set search_path = '' set datestyle = 'ISO' set timezone = 'UTC' set intervalstyle = 'postgres'
    set bytea_output = 'hex' set extra_float_digits = 1
as $$
declare
    whole constant boolean := tg_argv[0] = 'full';
    make_key constant text := 'select ' || nullif(tg_argv[1], '');
    room constant integer := 7900; -- NOTIFY takes fewer than 8,000 bytes
    new_row text := '';
    old_row text := '';
    new_kind text := '-';
    old_kind text := '-';
    bytes integer;
begin
    if pg_catalog.pg_notification_queue_usage() > 0.5 then
        raise exception 'the queue of notifications is half full';
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        new_row := new::text;
        new_kind := 'n';
    end if;
    if tg_op in ('UPDATE', 'DELETE') and whole then
        old_row := old::text;
        old_kind := 'o';
    elsif tg_op in ('UPDATE', 'DELETE') and make_key is not null then
        execute make_key into old_row using old;
        old_kind := 'k';
    end if;
    bytes := pg_catalog.octet_length(pg_catalog.convert_to(new_row, 'UTF8'));
    if bytes + pg_catalog.octet_length(pg_catalog.convert_to(old_row, 'UTF8')) > room then
        if make_key is null then
            raise exception 'a row without a key is too large for NOTIFY';
        end if;
        if tg_op in ('INSERT', 'UPDATE') then
            execute make_key into new_row using new;
            new_kind := 'k';
        end if;
        if tg_op in ('UPDATE', 'DELETE') then
            execute make_key into old_row using old;
            old_kind := 'k';
        end if;
        bytes := pg_catalog.octet_length(pg_catalog.convert_to(new_row, 'UTF8'));
    end if;
    perform pg_catalog.pg_notify('postern_changes', pg_catalog.format(E'%s%s%s %s %s %s %s %s\n%s%s',
        pg_catalog.left(tg_op, 1), new_kind, old_kind, tg_relid, postern.shape_of(tg_relid), pg_catalog.txid_current(),
        pg_catalog.nextval('postern.changes_told'), bytes, new_row, old_row));
    return null;
exception
    when others then
        perform pg_catalog.nextval('postern.changes_missed');
        return null;
end
$$;
comment on function postern.tell_change is 'Trigger: tells a change on the channel postern_changes; its payload is described in the migration.';
revoke execute on function postern.tell_change from public;

-- What a publication wants told: each table, its events and the arguments of its trigger.
create function postern.published(publication name)
    returns table (relation regclass, events text, arguments text)
    language sql stable set search_path = '' as $$
    select c.oid::pg_catalog.regclass,
        pg_catalog.concat_ws(' or ', case when p.pubinsert then 'insert' end,
            case when p.pubupdate then 'update' end, case when p.pubdelete then 'delete' end),
        pg_catalog.format('%L, %L, %L', case c.relreplident when 'f' then 'full' else 'key' end,
            case when i.indrelid is not null then (
                select 'row(' || pg_catalog.string_agg(
                    case when a.attnum = any (i.indkey::smallint[])
                        then pg_catalog.format('($1).%I', a.attname) else 'null' end,
                    ', ' order by a.attnum) || ')::text'
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
            else '' end,
            p.pubname)
    from pg_catalog.pg_publication p
    join pg_catalog.pg_publication_tables t on t.pubname = p.pubname
    join pg_catalog.pg_namespace n on n.nspname = t.schemaname
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.tablename
    left join pg_catalog.pg_index i on i.indrelid = c.oid
        and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end
    where p.pubname = publication
$$;
comment on function postern.published is 'The tables of a publication with the events and arguments of the trigger that tells their changes.';
revoke execute on function postern.published from public;

-- events null: the table is not watched any more.
create function postern.watch_table(relation regclass, events text, arguments text, truncates boolean)
    returns void language plpgsql set search_path = '' as $$
begin
    execute pg_catalog.format('drop trigger if exists postern_changes on %s', relation);
    execute pg_catalog.format('drop trigger if exists postern_truncate on %s', relation);
    if events is null then
        return;
    end if;
    execute pg_catalog.format(
        'create trigger postern_changes after %s on %s for each row execute function postern.tell_change(%s)',
        events, relation, arguments);
    execute pg_catalog.format('comment on trigger postern_changes on %s is %L', relation, events || ' ' || arguments);
    if truncates then
        execute pg_catalog.format(
            'create trigger postern_truncate after truncate on %s for each statement execute function postern.tell_change(%s)',
            relation, arguments);
    end if;
end
$$;
comment on function postern.watch_table is 'Makes the triggers of one table new.';
revoke execute on function postern.watch_table from public;

-- Makes the triggers agree with the publication; what each is for stands in its comment. A table that
-- is locked is left for the next time; two never do this at once: patient waits for the other. Answers a row for each column of each
-- table: what will be told looks so.
create function postern.watch_publication(publication name, patient boolean default false)
    returns table (relation oid, schema_name name, table_name name, identity "char", shape bigint,
        column_name name, column_type oid, key boolean)
    language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare
    wanted record;
    only_one constant bigint := pg_catalog.hashtext('postern.watch_publication');
    alone boolean := patient or pg_catalog.pg_try_advisory_xact_lock(only_one);
begin
    if patient then
        perform pg_catalog.pg_advisory_xact_lock(only_one);
    end if;
    for wanted in
        select coalesce(p.relation, t.tgrelid::pg_catalog.regclass) as relation, p.events, p.arguments, b.pubtruncate
        from (select * from pg_catalog.pg_trigger
            where tgname = 'postern_changes' and tgfoid = 'postern.tell_change'::pg_catalog.regproc) t
        full join (select * from postern.published(publication) where events <> '') p on p.relation = t.tgrelid
        left join pg_catalog.pg_publication b on b.pubname = publication
        where alone and (t.oid is null or pg_catalog.obj_description(t.oid, 'pg_trigger')
            is distinct from p.events || ' ' || p.arguments)
    loop
        begin
            perform postern.watch_table(wanted.relation, wanted.events, wanted.arguments, wanted.pubtruncate);
        exception
            when lock_not_available then null;
        end;
    end loop;
    return query
        select c.oid, n.nspname, c.relname, c.relreplident, postern.shape_of(c.oid), a.attname, a.atttypid,
            case c.relreplident when 'f' then true when 'n' then false
                else coalesce(a.attnum = any (i.indkey::smallint[]), false) end
        from postern.published(publication) p
        join pg_catalog.pg_class c on c.oid = p.relation
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_catalog.pg_index i on i.indrelid = c.oid
            and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end
        order by c.oid, a.attnum;
end
$$;
comment on function postern.watch_publication is 'Makes triggers that tell the changes of a publication''s tables by NOTIFY; answers what the tables look like.';
revoke execute on function postern.watch_publication from public;

-- The row that a key as tell_change sends it belongs to, as it is now; null: it is gone.
create function postern.read_told(relation oid, shape bigint, key text) returns text
    language plpgsql stable security definer set search_path = '' as $$
declare
    found_row text;
    same_key text;
begin
    if postern.shape_of(relation) is distinct from shape then
        raise exception 'the table has other columns by now';
    end if;
    select pg_catalog.string_agg(pg_catalog.format('t.%1$I = k.%1$I', a.attname), ' and ') into same_key
    from pg_catalog.pg_class c
    join pg_catalog.pg_index i on i.indrelid = c.oid
        and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::smallint[])
    where c.oid = read_told.relation;
    execute pg_catalog.format('select t::text from only %1$s t, (select (%2$L::%1$s).*) k where %3$s',
        read_told.relation::pg_catalog.regclass, read_told.key, coalesce(same_key, 'false')) into found_row;
    return found_row;
end
$$;
comment on function postern.read_told is 'The row whose key a trigger has told, as text; null when it is gone.';
revoke execute on function postern.read_told from public;
grant execute on function postern.watch_publication, postern.read_told to authenticator;
grant select on sequence postern.changes_missed to authenticator;

-- For those who go on to read PostgreSQL's log: no trigger stays.
create function postern.unwatch_changes() returns void language plpgsql security definer set search_path = '' as $$
declare
    told regclass;
begin
    for told in
        select tgrelid from pg_catalog.pg_trigger
        where tgname = 'postern_changes' and tgfoid = 'postern.tell_change'::pg_catalog.regproc
    loop
        perform postern.watch_table(told, null, null, false);
    end loop;
end
$$;
comment on function postern.unwatch_changes is 'Removes the triggers of watch_publication.';
revoke execute on function postern.unwatch_changes from public;

-- A table that joins a publication which is watched is watched at once. It never fails a command.
create function postern.watch_again() returns event_trigger language plpgsql security definer
    set search_path = '' as $$
declare
    watched text;
begin
    if not exists (select from pg_catalog.pg_event_trigger_ddl_commands() d where d.schema_name is distinct from 'pg_temp') then
        return; -- as REFRESH MATERIALIZED VIEW makes them
    end if;
    for watched in
        select distinct pg_catalog.split_part(pg_catalog.encode(tgargs, 'escape'), '\000', 3)
        from pg_catalog.pg_trigger
        where tgname = 'postern_changes' and tgfoid = 'postern.tell_change'::pg_catalog.regproc
    loop
        perform postern.watch_publication(watched, patient => true);
    end loop;
exception
    when others then
        raise warning 'the changes of some tables are not told yet: %', sqlerrm;
end
$$;
comment on function postern.watch_again is 'Event trigger: makes the triggers agree with the publications that are watched.';
revoke execute on function postern.watch_again from public;

do $$
begin
    create event trigger postern_watch_again on ddl_command_end
        when tag in ('CREATE TABLE', 'ALTER TABLE', 'CREATE PUBLICATION', 'ALTER PUBLICATION')
        execute function postern.watch_again();
    comment on event trigger postern_watch_again is 'Tells the changes of tables that join a publication.';
exception
    when insufficient_privilege then
        raise notice 'no event triggers without a superuser: the gateway finds new tables within seconds';
end
$$;

-- Without logical decoding the publication is only a list of tables, and just as good.
do $$
begin
    if exists (select from pg_publication where pubname = 'supabase_realtime') then
        return;
    end if;
    set local client_min_messages = error; -- PostgreSQL says that it cannot log them
    create publication supabase_realtime;
    comment on publication supabase_realtime is 'Postern: the tables whose changes are sent live.';
    alter publication supabase_realtime add table
        agent_events, agent_memory, agent_role_templates, agent_roles, agent_schedules,
        agent_task_deps, agent_tasks, agent_templates, primes, project_events,
        project_phases, projects, records, strategy_decisions, realtime.messages;
end
$$;

-- down

drop event trigger if exists postern_watch_again;
select postern.unwatch_changes();
drop function postern.watch_again();
drop function postern.unwatch_changes();
drop function postern.read_told(oid, bigint, text);
drop function postern.watch_publication(name, boolean);
drop function postern.watch_table(regclass, text, text, boolean);
drop function postern.published(name);
drop function postern.tell_change();
drop function postern.shape_of(oid);
drop sequence postern.changes_told;
drop sequence postern.changes_missed;
