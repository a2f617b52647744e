-- What the database says about the answer itself.
create schema api;
grant usage on schema api to web_anon;

create table api.things (id int primary key, name text);
insert into api.things values (1, 'one');
grant select, insert, update on api.things to web_anon;

create function api.say_headers(list text) returns text language plpgsql as $$
begin
    perform set_config('response.headers', list, true);
    return 'said';
end $$;

create function api.say_status(code text) returns json language plpgsql stable as $$
begin
    perform set_config('response.status', code, true);
    return '{"it":"is"}';
end $$;

create function api.say_nothing() returns int language sql as 'select 1';

create function api.raise_status(code text) returns int language plpgsql as $$
begin
    raise exception using errcode = code, message = 'Pay first', detail = 'quota', hint = 'upgrade';
end $$;

create function api.raise_all(message text, detail text = null) returns int language plpgsql as $$
begin
    if detail is null then
        raise sqlstate 'PGRST' using message = message;
    end if;
    raise sqlstate 'PGRST' using message = message, detail = detail;
end $$;

create function api.move_location() returns trigger language plpgsql as $$
begin
    if new.id = 7 then
        perform set_config('response.headers', '[{"Location":"/elsewhere"},{"X-Seen":"yes"}]', true);
    elsif new.id = 8 then
        perform set_config('response.status', '202', true);
    end if;
    return new;
end $$;
create trigger move before insert or update on api.things for each row execute function api.move_location();
grant execute on all functions in schema api to web_anon;
