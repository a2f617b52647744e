-- The functions answer from materialized views what a live query would answer.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
select plan(20);

select is(get_stats()::text, '{"total" : 0, "by_form" : [], "largest_digits" : 0, "largest_expression" : null}', 'no primes, whole shape');
select is(get_form_leaderboard()::text, '[]', 'no primes, no leaders');

insert into primes (form, expression, digits, found_at, search_params, verified, tags)
select
    (array['kbn', 'twin', 'factorial'])[1 + n % 3],
    n::text,
    1 + n * n % 257,
    '2026-01-31 23:30:00+00'::timestamptz + n * interval '7 hours 13 minutes',
    '{}',
    n % 3 = 0,
    case n % 4 when 0 then '{}' when 1 then '{first}' when 2 then '{second,first}' else '{second}' end::text[]
from generate_series(1, 500) as n;
select ok(postern.refresh_dashboard(), 'the views are refreshed');

select is((get_stats() ->> 'total')::int, 500, 'all are counted');
select is((get_stats() ->> 'largest_digits')::int, (select max(digits)::int from primes), 'the largest');
select is(get_stats() ->> 'largest_expression', (select expression from primes order by digits desc, id limit 1), 'its expression');
select is((select sum((form ->> 'count')::int) from json_array_elements(get_stats() -> 'by_form') as form), 500::bigint, 'the forms add up');

select results_eq(
    'select tag, count from private.tag_counts_mv order by tag',
    'select tag, count(*) from primes cross join unnest(tags) as tag group by tag order by tag',
    'tags are counted'
);

create function pg_temp.live_distribution(size bigint) returns json language sql as $$
    select json_agg(json_build_object('bucket_start', bucket_start, 'form', form, 'count', count) order by bucket_start, form)
    from (select digits / size * size as bucket_start, form, count(*) from primes group by 1, 2) as live
$$;
select is(get_digit_distribution(size)::text, pg_temp.live_distribution(size)::text, 'digits in buckets of ' || size)
from unnest('{1, 7, 10, 1000}'::bigint[]) as size;
select is(get_digit_distribution()::text, pg_temp.live_distribution(10)::text, 'ten is the default');
select throws_ok('select get_digit_distribution(0)', '22023', null, 'no bucket of size 0');
select throws_ok('select get_digit_distribution(-5)', '22023', null, 'nor below');

create function pg_temp.live_timeline(bucket text) returns json language sql as $$
    select json_agg(json_build_object('bucket', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS'), 'form', form, 'count', count) order by at, form)
    from (select date_trunc(bucket, found_at at time zone 'UTC') as at, form, count(*) from primes group by 1, 2) as live
$$;
set local timezone = 'Asia/Kathmandu'; -- buckets are UTC whoever asks
select is(get_discovery_timeline(bucket)::text, pg_temp.live_timeline(bucket)::text, 'discoveries by ' || bucket)
from unnest('{hour, day, week, month}'::text[]) as bucket;
select is(get_discovery_timeline('century')::text, pg_temp.live_timeline('day')::text, 'another word means day');

select * from finish();
rollback;
