\set id random(1, 10000) * 10 - 9
select id, owner, name, status, score, tags, payload, created_at from api.items where id = :id;
