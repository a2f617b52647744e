// Route files of the tests: every kind of access, parameter and answer that the shipped ones lack.

export const ROUTES = {
    'who.sql': `-- GET /api/test/who
-- access: user
-- cache: 1m
select json_build_object('uid', auth.uid(), 'role', current_user, 'at', clock_timestamp())`,
    'admin.sql': `-- GET /api/test/admin
-- access: admin
select '"welcome"'::json`,
    'node.sql': `-- GET /api/test/node
-- access: node
select to_json(postern.node_operator())`,
    'slow.sql': `-- GET /api/test/slow
-- access: anyone
-- cache: 1m
-- param: n int = 0
select json_build_object('n', :n, 'at', clock_timestamp()) from pg_sleep(0.4)`,
    'clock.sql': `-- GET /api/test/clock
-- access: anyone
-- cache: 500ms
select to_json(clock_timestamp())`,
    'total.sql': `-- GET /api/test/total
-- access: anyone
-- cache: 1h
-- reads: private.dashboard_stats
select to_json(total) from private.dashboard_stats`,
    'echo.sql': `-- POST /api/test/echo/{id}
-- access: user
-- param: id bigint
-- param: title text min 1 max 20
-- param: cost number?
-- param: tags text[]?
-- param: more json?
-- answer: created
select json_build_object('id', :id, 'title', :title, 'cost', :cost, 'tags', :tags, 'more', :more)`,
    'later.sql': `-- POST /api/test/later/{id}
-- access: user
-- param: id bigint
-- answer: accepted or 404 Nothing to do
select to_json(:id) where :id < 10`,
    'task.sql': `-- DELETE /api/test/tasks/{id}
-- access: admin
-- param: id bigint
-- answer: empty or 404 Task not found
delete from test_tasks where id = :id`,
    'patch.sql': `-- PATCH /api/test/tasks/{id}
-- access: user
-- param: id bigint
-- param: title text?
-- param: note text?
-- answer: row or 404 Task not found
update test_tasks
set id = id
    , title = :title  --? title
    , note = :note    --? note
where id = :id
returning row_to_json(test_tasks)`,
    'big.sql': `-- GET /api/test/big
-- access: anyone
-- param: n bigint = 100000
-- param: fail bigint?
-- answer: csv big-:n.csv
select n, repeat('x', 500) as filler, '=1+1' as formula
    , 1 / (n - :fail) as quotient  --? fail
from generate_series(1, :n) as n`,
    'raise.sql': `-- GET /api/test/raise
-- access: anyone
-- param: code text
select postern_test_raise(:code)`,
};

export const SQL = `
create table test_tasks (id bigint primary key, title text, note text);
insert into test_tasks values (1, 'one', 'note'), (2, 'two', 'note');
alter table test_tasks enable row level security;
create policy all_of_it on test_tasks to postern_api using (true) with check (true);
grant select, update, delete on test_tasks to postern_api;
create function postern_test_raise(code text) returns json language plpgsql as $$
begin raise exception 'raised %', code using errcode = code; end $$;`;
