\set id random(1, 10000) * 10 - 9
\startpipeline
begin;
select set_config('role', 'authenticated', true), set_config('request.jwt.claims', :claims, true);
select id, owner, name, status, score, tags, payload, created_at from api.items where id = :id;
commit;
\endpipeline
