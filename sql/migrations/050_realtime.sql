-- Schema realtime: private channels are authorised by the policies of realtime.messages, and what
-- is inserted there is broadcast. Where Supabase has made it already, it stays as it is.

-- up

do $migration$
begin
    if to_regclass('realtime.messages') is not null then
        return;
    end if;

    create schema if not exists realtime;
    comment on schema realtime is 'Postern: broadcasts from SQL, and who may use private channels.';

    create table realtime.messages (
        id             uuid primary key default gen_random_uuid(),
        topic          text not null,
        extension      text not null,
        payload        jsonb,
        binary_payload bytea,
        event          text,
        private        boolean not null default false,
        updated_at     timestamp not null default now(),
        inserted_at    timestamp not null default now()
    );
    comment on table realtime.messages is
        'Broadcasts: an inserted row is sent to its topic. Its policies decide who may use private channels: select to hear, insert to speak.';
    create index on realtime.messages (inserted_at);
    alter table realtime.messages enable row level security;

    create function realtime.topic() returns text language sql stable set search_path = '' as $body$
        select nullif(pg_catalog.current_setting('realtime.topic', true), '')
    $body$;
    comment on function realtime.topic is 'The private channel that is asked for: for policies of realtime.messages.';

    -- A broadcast never fails the write that it tells of.
    create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
        returns void language plpgsql set search_path = '' as $body$
    declare
        number uuid := pg_catalog.gen_random_uuid();
    begin
        insert into realtime.messages (id, payload, event, topic, private, extension)
        values (number,
            case when pg_catalog.jsonb_typeof(payload) = 'object' and not payload ? 'id'
                then payload || pg_catalog.jsonb_build_object('id', number) else payload end,
            event, topic, private, 'broadcast');
    exception
        when others then
            raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
    end
    $body$;
    comment on function realtime.send is 'Broadcasts JSON to a topic when the transaction commits.';

    create function realtime.send_binary(payload bytea, event text, topic text, private boolean default true)
        returns void language plpgsql set search_path = '' as $body$
    begin
        insert into realtime.messages (binary_payload, event, topic, private, extension)
        values (payload, event, topic, private, 'broadcast');
    exception
        when others then
            raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
    end
    $body$;
    comment on function realtime.send_binary is 'Broadcasts bytes to a topic when the transaction commits.';

    create function realtime.broadcast_changes(
        topic_name text, event_name text, operation text, table_name text, table_schema text,
        new record, old record, level text default 'ROW')
        returns void language plpgsql set search_path = '' as $body$
    begin
        if level = 'STATEMENT' then
            raise exception 'function can only be triggered for each row, not for each statement';
        end if;
        if operation not in ('INSERT', 'UPDATE', 'DELETE') then
            raise exception 'Unexpected operation type: %', operation;
        end if;
        perform realtime.send(
            pg_catalog.jsonb_build_object(
                'schema', table_schema, 'table', table_name, 'operation', operation,
                'record', case when operation <> 'DELETE' then pg_catalog.to_jsonb(new) end,
                'old_record', case when operation <> 'INSERT' then pg_catalog.to_jsonb(old) end),
            event_name, topic_name);
    end
    $body$;
    comment on function realtime.broadcast_changes is 'For row triggers: broadcasts the change to a private topic.';

    grant usage on schema realtime to anon, authenticated, service_role;
    grant select, insert on realtime.messages to anon, authenticated, service_role;

    if exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables) then
        alter publication supabase_realtime add table realtime.messages;
    end if;
end
$migration$;

-- Definer: nobody else may delete messages.
create function postern.forget_messages() returns bigint language plpgsql security definer set search_path = '' as $$
declare
    count bigint;
begin
    delete from realtime.messages where inserted_at < pg_catalog.now() - interval '3 days';
    get diagnostics count = row_count;
    return count;
end
$$;
comment on function postern.forget_messages is 'Deletes broadcasts that are older than three days.';
revoke execute on function postern.forget_messages from public;
grant execute on function postern.forget_messages to authenticator, service_role;

-- down

drop function postern.forget_messages();
do $$
begin
    if obj_description(to_regnamespace('realtime'), 'pg_namespace') like 'Postern:%' then
        drop schema realtime cascade;
    end if;
end
$$;
