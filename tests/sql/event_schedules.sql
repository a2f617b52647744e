-- Schedules that an event starts: what is noted, what a filter means, and that nothing goes round.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
select plan(51);

-- filters
create temporary table filters (filter text, facts jsonb, want boolean);
insert into filters values
    ('search_done', '{}', true), (' search_done ', '{}', true),
    ('p:digits>=1000', '{"digits": 1000}', true), ('p:digits>=1000', '{"digits": 999}', false), ('p:digits>=1000', '{"digits": 20000}', true),
    ('p:digits > 5', '{"digits": "6"}', true), ('p:digits<5', '{"digits": 10}', false), ('p:digits<=5.5', '{"digits": 5.5}', true),
    ('p:form=twin', '{"form": "twin"}', true), ('p:form=twin', '{"form": "twins"}', false), ('p:form!=twin', '{"form": "kbn"}', true),
    ('p:form = twin , digits > 3', '{"form": "twin", "digits": 4}', true), ('p:form=twin,digits>3', '{"form": "twin", "digits": 3}', false),
    ('p:form!=twin', '{}', false), ('p:form=x', '{"form": null}', false), ('p:message=a:b', '{"message": "a:b"}', true);
select is(postern.event_matches(filter, facts), want, filter || ' ' || facts) from filters;

create temporary table wrong (filter text, want text);
insert into wrong values
    ('prime_found', null), ('prime_found:digits>=1000', null), ('prime_found: form = twin, digits > 5', null),
    ('worker_lost:hostname=h-1', null), ('error:component!=db', null),
    ('sunrise', 'must begin with one of'), ('', 'must begin with one of'), ('prime found', 'must begin with one of'),
    ('prime_found:', 'must be an event, or'), ('prime_found:digits', 'must be an event, or'), ('prime_found:digits>', 'must be an event, or'),
    ('prime_found:digits>5,', 'must be an event, or'), ('prime_found:digits>5,x', 'must be an event, or'), ('prime_found:digits>>5', 'must be an event, or'),
    ('prime_found:colour=red', 'prime_found tells of id, form'), ('search_done:digits>5', 'search_done tells of');
select case
    when want is null then is(private.wrong_filter(filter), null, filter || ' is right')
    else alike(private.wrong_filter(filter), '%' || want || '%', filter || ' is wrong')
end
from wrong;

-- what is noted
insert into agent_schedules (name, trigger_type, event_filter, task_title, task_description, enabled)
values ('titanic', 'event', 'prime_found:digits>=1000', 'Verify', 'Look again.', true),
    ('asleep', 'event', 'prime_found', 'Never', '', false),
    ('clock', 'cron', 'prime_found', 'Never', '', true),
    ('done', 'event', 'search_done:search_type=kbn', 'Plan', '', true),
    ('failing', 'event', 'task_failed', 'Ask why', '', true),
    ('lost', 'event', 'worker_lost', 'Look after it', '', true),
    ('errors', 'event', 'error', 'Read the log', '', true);
update agent_schedules set cron_expr = '0 0 1 1 *' where name = 'clock';
create temporary view noted as
    select name, facts from private.schedule_events as event join agent_schedules as schedule on schedule.id = event.schedule_id order by event.id;

insert into primes (form, expression, digits, search_params) values ('kbn', 'small', 999, '{}');
select is_empty('select * from noted', 'a small prime is nobody''s event');
insert into primes (form, expression, digits, search_params) select 'kbn', 'large ' || n, 1000 + n, '{}' from generate_series(1, 50) as n;
select results_eq('select name, count(*)::int from noted group by 1', $$values ('titanic', 10)$$, 'ten of a statement at most, for the one who waits');
select is((select facts ->> 'digits' from noted limit 1), '1050', 'the largest first');

insert into search_jobs (id, search_type, params, status, range_start, range_end)
values (901, 'kbn', '{}', 'running', 1, 2), (902, 'twin', '{}', 'running', 1, 2);
update search_jobs set total_found = 3 where id = 901;
update search_jobs set status = 'completed' where id in (901, 902);
select results_eq($$select facts ->> 'id', facts ->> 'total_found' from noted where name = 'done'$$, $$values ('901', '3')$$, 'a search that has ended, of the type that is asked for');

insert into agent_tasks (id, title, source) values (901, 'by hand', 'manual'), (902, 'by a schedule', 'schedule');
insert into agent_events (task_id, event_type, summary) values (901, 'failed', 'f'), (902, 'failed', 'f'), (901, 'progress', 'p');
select results_eq($$select facts ->> 'id' from noted where name = 'failing'$$, $$values ('901')$$, 'a task of a schedule starts none');

insert into system_logs (level, source, component, message)
values ('error', 'worker', 'gpu', 'hot'), ('error', 'scheduler', 'titanic', 'broken'), ('error', 'agent', 'x', 'y'), ('warn', 'worker', 'gpu', 'warm');
select results_eq($$select facts ->> 'component' from noted where name = 'errors'$$, $$values ('gpu')$$, 'an error, but not of the scheduler or an agent');

insert into workers (worker_id, hostname, cores, search_type, last_heartbeat)
values ('gone', 'h', 1, 'kbn', now() - interval '3 minutes 10 seconds'), ('here', 'h', 1, 'kbn', now()),
    ('long-gone', 'h', 1, 'kbn', now() - interval '1 hour');

-- what is fired
select is(postern.fire_schedules(), 5, 'each schedule that something has happened for');
select results_eq($$select title, priority from agent_tasks where source = 'schedule' and id < 900 order by title collate "C"$$,
    $$values ('Ask why', 'normal'), ('Look after it', 'normal'), ('Plan', 'normal'), ('Read the log', 'normal'), ('Verify', 'normal')$$, 'has one task');
select is((select description from agent_tasks where title = 'Verify'), E'Look again.\n\nWhat happened: '
    || (select jsonb_build_object('event', 'prime_found', 'id', id, 'form', form, 'expression', expression, 'digits', digits, 'proof_method', proof_method, 'discoverer', discoverer)::text from primes where expression = 'large 50')
    || ' (and 9 more)', 'that says what happened');
select alike((select description from agent_tasks where title = 'Look after it'), '%"worker_id": "gone"%', 'the worker that went silent just now');
select is_empty('select * from noted', 'nothing is left');
select is((select sum(fire_count)::int from agent_schedules where trigger_type = 'event'), 5, 'and it is counted');

insert into primes (form, expression, digits, search_params) values ('kbn', 'another', 5000, '{}');
select is(postern.fire_schedules(), 0, 'while the task is open there is no second one');
select is((select count(*)::int from noted), 1, 'but the event waits');
update agent_tasks set status = 'completed' where title = 'Verify';
select is(postern.fire_schedules(), 1, 'until it is done');
select is(postern.fire_schedules(), 0, 'a worker that was noticed is noticed once');

insert into primes (form, expression, digits, search_params) values ('kbn', 'a third', 5000, '{}');
update private.schedule_events set at = now() - interval '25 hours';
update agent_tasks set status = 'completed' where title = 'Verify';
select is(postern.fire_schedules(), 0, 'what is a day old is forgotten');

-- who may
select ok(not bool_or(has_table_privilege(role, 'private.schedule_events', 'select, insert, update, delete')), 'nobody sees or makes events')
from unnest(array['anon', 'authenticated', 'postern_api']) as role;
select ok(not bool_or(has_function_privilege(role, 'private.fire_events()', 'execute')
    or has_function_privilege(role, 'private.note_events(text, jsonb)', 'execute')), 'or fires')
from unnest(array['anon', 'authenticated', 'postern_api']) as role;

select * from finish();
rollback;
