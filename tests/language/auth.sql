-- What the suite of authentication asks for: who am I, and what do my claims say.
create role web_editor nologin;
grant web_editor to gateway;
create role web_ungranted nologin;
create schema api;
grant usage on schema api to web_anon, web_user, web_editor;
create function api.whoami() returns text stable language sql as $$ select current_user::text $$;
create function api.claims() returns json stable language sql as $$ select current_setting('request.jwt.claims')::json $$;
create table api.secrets (id int primary key);
grant select on api.secrets to web_user;
