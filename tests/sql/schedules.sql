-- When schedules fire: cron expressions, zones, clocks that change; and what firing makes.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
set local timezone = 'Asia/Tokyo'; -- must not matter
select plan(56);

create temporary table cases (expression text, zone text, after text, want text, about text);
insert into cases values
    ('* * * * *', 'UTC', '2026-01-01 00:00:00', '2026-01-01 00:01', 'the next minute, never this one'),
    ('* * * * *', 'UTC', '2026-01-01 00:00:59.9', '2026-01-01 00:01', 'whole minutes'),
    ('*/15 * * * *', 'UTC', '2026-01-01 00:46', '2026-01-01 01:00', 'a step'),
    ('5/20 * * * *', 'UTC', '2026-01-01 00:26', '2026-01-01 00:45', 'a step from a number on'),
    ('0 3 * * *', 'UTC', '2026-01-01 03:00', '2026-01-02 03:00', 'once a day'),
    ('0 8-18/5 * * *', 'UTC', '2026-01-01 09:00', '2026-01-01 13:00', 'a range with a step'),
    ('0,30 6,18 * * *', 'UTC', '2026-01-01 06:30', '2026-01-01 18:00', 'lists'),
    ('59 23 31 12 *', 'UTC', '2026-12-31 23:59', '2027-12-31 23:59', 'once a year'),
    ('0 0 29 2 *', 'UTC', '2096-03-01 00:00', '2104-02-29 00:00', 'a leap day, eight years away'),
    ('0 0 31 * *', 'UTC', '2026-01-31 12:00', '2026-03-31 00:00', 'months without a 31st are passed over'),
    ('0 0 * * 1-5', 'UTC', '2026-01-02 00:00', '2026-01-05 00:00', 'Friday, then Monday'),
    ('0 0 * * 0', 'UTC', '2026-01-01 00:00', '2026-01-04 00:00', 'Sunday is 0'),
    ('0 0 * * 7', 'UTC', '2026-01-01 00:00', '2026-01-04 00:00', 'and 7'),
    ('0 0 13 * 5', 'UTC', '2026-01-01 00:00', '2026-01-02 00:00', 'both kinds of day: one is enough'),
    ('0 0 13 * 5', 'UTC', '2026-01-10 00:00', '2026-01-13 00:00', 'the other one'),
    ('0 0 */2 * 5', 'UTC', '2026-01-01 00:00', '2026-01-09 00:00', 'a star is no day said: both must hold'),
    ('  0   3 * * * ', 'UTC', '2026-01-01 00:00', '2026-01-01 03:00', 'blanks do not matter'),
    ('0 9 * * *', 'Europe/Berlin', '2026-01-15 00:00', '2026-01-15 08:00', 'winter in Berlin'),
    ('0 9 * * *', 'Europe/Berlin', '2026-07-15 00:00', '2026-07-15 07:00', 'summer in Berlin'),
    ('0 0 * * *', 'Asia/Kolkata', '2026-01-01 12:00', '2026-01-01 18:30', 'half an hour beside the others'),
    ('0 0 1 * *', 'Pacific/Kiritimati', '2026-01-31 09:00', '2026-01-31 10:00', 'a day ahead'),
    ('30 2 * * *', 'America/New_York', '2026-03-08 00:00', '2026-03-08 07:30', 'skipped 02:30 is 03:30'),
    ('30 2 * * *', 'America/New_York', '2026-03-08 07:30', '2026-03-09 06:30', 'the day after it is 02:30 again'),
    ('0 * * * *', 'America/New_York', '2026-03-08 06:00', '2026-03-08 07:00', 'each hour: 01:00 is followed by 03:00'),
    ('30 1 * * *', 'America/New_York', '2026-11-01 00:00', '2026-11-01 06:30', '01:30 comes twice: the second counts'),
    ('30 1 * * *', 'America/New_York', '2026-11-01 06:30', '2026-11-02 06:30', 'and only that'),
    ('*/30 * * * *', 'America/New_York', '2026-11-01 05:00', '2026-11-01 05:30', 'each half hour: the first 01:30'),
    ('*/30 * * * *', 'America/New_York', '2026-11-01 05:30', '2026-11-01 06:00', 'the second 01:00'),
    ('*/30 * * * *', 'America/New_York', '2026-11-01 06:30', '2026-11-01 07:00', 'and 02:00'),
    ('*/10 * * * *', 'Australia/Lord_Howe', '2026-04-04 14:50', '2026-04-04 15:00', 'a change of half an hour'),
    ('15 0 * * *', 'America/Sao_Paulo', '2018-11-04 00:00', '2018-11-04 03:15', 'a change at midnight'),
    ('0 0 31 2 *', 'UTC', '2026-01-01 00:00', null, 'no such day ever'),
    ('60 * * * *', 'UTC', '2026-01-01 00:00', null, 'no such minute'),
    ('* 24 * * *', 'UTC', '2026-01-01 00:00', null, 'no such hour'),
    ('* * 0 * *', 'UTC', '2026-01-01 00:00', null, 'no such day'),
    ('* * * 13 *', 'UTC', '2026-01-01 00:00', null, 'no such month'),
    ('* * * * 8', 'UTC', '2026-01-01 00:00', null, 'no such weekday'),
    ('*/0 * * * *', 'UTC', '2026-01-01 00:00', null, 'no step'),
    ('5-1 * * * *', 'UTC', '2026-01-01 00:00', null, 'a range backwards'),
    ('* * * *', 'UTC', '2026-01-01 00:00', null, 'four fields'),
    ('* * * * * *', 'UTC', '2026-01-01 00:00', null, 'six fields'),
    ('1,,2 * * * *', 'UTC', '2026-01-01 00:00', null, 'an empty piece'),
    ('99999999999 * * * *', 'UTC', '2026-01-01 00:00', null, 'a number too large'),
    ('@daily', 'UTC', '2026-01-01 00:00', null, 'a word'),
    ('', 'UTC', '2026-01-01 00:00', null, 'nothing'),
    (null, 'UTC', '2026-01-01 00:00', null, 'null'),
    ('* * * * *', 'Europe/Nowhere', '2026-01-01 00:00', null, 'no such zone');
select is(postern.cron_next(expression, zone, (after || '+00')::timestamptz), (want || '+00')::timestamptz, about) from cases;

-- firing
delete from agent_schedules;
insert into agent_templates (name, description, steps)
values ('two', 'd', '[{"title": "one", "description": "d"}, {"title": "two", "description": "d", "depends_on_step": 0}]'),
    ('broken', 'd', '[{"title": "one", "description": "d", "depends_on_step": 5}]');
insert into agent_schedules (name, enabled, trigger_type, cron_expr, action_type, template_name, task_title, event_filter)
values ('due', true, 'cron', '* * * * *', 'task', null, 'a task', null),
    ('off', false, 'cron', '* * * * *', 'task', null, 'no task', null),
    ('later', true, 'cron', '0 0 1 1 *', 'task', null, 'no task', null),
    ('never', true, 'cron', 'x', 'task', null, 'no task', null),
    ('event', true, 'event', null, 'task', null, 'no task', 'e'),
    ('template', true, 'cron', '* * * * *', 'template', 'two', 'the parent', null),
    ('broken', true, 'cron', '* * * * *', 'template', 'broken', 'no parent', null);
select results_eq('select name from agent_schedules where next_run is not null order by 1',
    $$values ('broken'), ('due'), ('later'), ('template')$$, 'those that are on and have a time');
select is(postern.fire_schedules(), 0, 'nothing is due yet');
update agent_schedules set next_run = now() - interval '3 hours' where name in ('due', 'template', 'broken');
select is(postern.fire_schedules(), 3, 'what is due is fired');
select results_eq($$select title, source from agent_tasks where source = 'schedule' order by id$$,
    $$values ('a task', 'schedule'), ('the parent', 'schedule'), ('one', 'schedule'), ('two', 'schedule')$$,
    'a task is made, a template expanded; of a broken one nothing');
select results_eq($$select component, message from system_logs$$,
    $$values ('broken', 'Template broken is broken: step "one" depends on a later one')$$, 'and that is logged');
select is(postern.fire_schedules(), 0, 'three hours missed are fired once');
select ok(bool_and(fire_count = 1 and last_fired_at = now() and next_run > now() and next_run <= now() + interval '1 minute'),
    'it is counted, and the next time is ahead') from agent_schedules where name in ('due', 'template', 'broken');
update agent_schedules set enabled = false where name = 'due';
select is(next_run, null, 'switched off, no time is ahead') from agent_schedules where name = 'due';
update agent_schedules set enabled = true, cron_expr = '0 12 * * *', timezone = 'America/New_York' where name = 'due';
select is(extract(hour from next_run at time zone 'America/New_York'), 12.0, 'its clock is the zone''s') from agent_schedules where name = 'due';

select * from finish();
rollback;
