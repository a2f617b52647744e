-- The dashboard's numbers: materialized views in a schema that is not exposed (they ignore row
-- level security), refreshed by a job, and the functions that answer from them.

-- up

create materialized view private.dashboard_stats as
    select
        1 as id,
        (select count(*) from primes) as total,
        coalesce(
            (select json_agg(json_build_object('form', form, 'count', count) order by count desc, form)
             from (select form, count(*) from primes group by form) as forms),
            '[]'
        ) as by_form,
        coalesce(largest.digits, 0) as largest_digits,
        largest.expression as largest_expression,
        now() as refreshed_at
    from (values (1)) as one (id)
    left join (select digits, expression from primes order by digits desc, id limit 1) as largest on true;
comment on materialized view private.dashboard_stats is 'One row: how many primes, of which forms, the largest.';
create unique index on private.dashboard_stats (id);

-- The greatest of (digits, -id) is the first of the largest primes, found without a sort.
create materialized view private.form_leaderboard_mv as
    with forms as (
        select
            form,
            count(*) as count,
            max(array[digits, -id]) as largest,
            max(found_at) as latest_found_at,
            count(*) filter (where verified) as verified_count
        from primes
        group by form
    )
    select
        forms.form,
        count,
        primes.digits as largest_digits,
        primes.expression as largest_expression,
        latest_found_at,
        verified_count,
        round(100.0 * verified_count / count, 1) as verified_pct
    from forms
    join primes on primes.id = -forms.largest[2];
comment on materialized view private.form_leaderboard_mv is 'Each form with its count, largest, latest and verified primes.';
create unique index on private.form_leaderboard_mv (form);

-- Kept by exact digits, so that every bucket size is a sum of rows.
create materialized view private.digit_distribution_mv as
    select digits, form, count(*) as count
    from primes
    group by digits, form;
comment on materialized view private.digit_distribution_mv is 'Primes by their exact number of digits and form.';
create unique index on private.digit_distribution_mv (digits, form);

create materialized view private.discovery_timeline_mv as
    with hours as (
        select date_trunc('hour', found_at at time zone 'UTC') as bucket, form, count(*) as count
        from primes
        group by 1, 2
    ),
    days as (
        select date_trunc('day', bucket) as bucket, form, sum(count)::bigint as count
        from hours
        group by 1, 2
    )
    select 'hour' as bucket_type, bucket, form, count
    from hours
    union all
    select 'day', bucket, form, count
    from days
    union all
    select span.bucket_type, date_trunc(span.bucket_type, bucket), form, sum(count)::bigint
    from days
    cross join (values ('week'), ('month')) as span (bucket_type)
    group by 1, 2, 3;
comment on materialized view private.discovery_timeline_mv is 'Discoveries by hour, day, week and month (UTC) and form.';
create unique index on private.discovery_timeline_mv (bucket_type, bucket, form);

grant select on private.dashboard_stats, private.form_leaderboard_mv, private.digit_distribution_mv,
    private.discovery_timeline_mv to postern_api, service_role;

-- Callers cannot read schema private; these functions answer for them. Security definer is
-- safe here: no parameter reaches SQL but as a value, the search path is empty, and the numbers
-- are for everybody.

create function get_stats() returns json language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'total', total,
        'by_form', by_form,
        'largest_digits', largest_digits,
        'largest_expression', largest_expression
    )
    from private.dashboard_stats
$$;
comment on function get_stats is 'How many primes, of which forms, the largest.';

create function get_discovery_timeline(bucket_type text default 'day')
    returns json language sql stable security definer set search_path = '' as $$
    select coalesce(
        json_agg(
            json_build_object('bucket', to_char(mv.bucket, 'YYYY-MM-DD"T"HH24:MI:SS'), 'form', mv.form, 'count', mv.count)
            order by mv.bucket, mv.form
        ),
        '[]'
    )
    from private.discovery_timeline_mv as mv
    where mv.bucket_type = case when $1 in ('hour', 'day', 'week', 'month') then $1 else 'day' end
$$;
comment on function get_discovery_timeline is 'Discoveries by hour, day, week or month; any other word means day.';

create function get_digit_distribution(bucket_size_param bigint default 10)
    returns json language plpgsql stable security definer set search_path = '' as $$
begin
    if bucket_size_param is null or bucket_size_param <= 0 then
        raise exception 'bucket_size_param must be at least 1'
            using errcode = 'invalid_parameter_value', hint = 'The default is 10.';
    end if;
    return (
        select coalesce(json_agg(json_build_object('bucket_start', bucket_start, 'form', form, 'count', count)
            order by bucket_start, form), '[]')
        from (
            select digits / bucket_size_param * bucket_size_param as bucket_start, form, sum(mv.count)::bigint as count
            from private.digit_distribution_mv as mv
            group by 1, 2
        ) as buckets
    );
end
$$;
comment on function get_digit_distribution is 'Primes by number of digits, in buckets of the given width.';

create function get_form_leaderboard() returns json language sql stable security definer set search_path = '' as $$
    select coalesce(
        json_agg(
            json_build_object(
                'form', form,
                'count', count,
                'largest_digits', largest_digits,
                'largest_expression', largest_expression,
                'latest_found_at', latest_found_at,
                'verified_count', verified_count,
                'verified_pct', verified_pct
            )
            order by count desc, form
        ),
        '[]'
    )
    from private.form_leaderboard_mv
$$;
comment on function get_form_leaderboard is 'Each form with its count, largest, latest and verified primes.';

revoke execute on function get_stats, get_discovery_timeline, get_digit_distribution, get_form_leaderboard from public;
grant execute on function get_stats, get_discovery_timeline, get_digit_distribution, get_form_leaderboard
    to anon, authenticated, service_role, postern_api;

-- Only the owner may refresh; the server connects as somebody who owns nothing. Of several
-- servers one refreshes, the others are told false.
create function postern.refresh_dashboard() returns boolean language plpgsql security definer set search_path = '' as $$
begin
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('postern.refresh_dashboard')) then
        return false;
    end if;
    refresh materialized view concurrently private.dashboard_stats;
    refresh materialized view concurrently private.form_leaderboard_mv;
    refresh materialized view concurrently private.digit_distribution_mv;
    refresh materialized view concurrently private.discovery_timeline_mv;
    return true;
end
$$;
comment on function postern.refresh_dashboard is 'Refreshes the dashboard''s views while they are read; false when another server is at it.';
revoke execute on function postern.refresh_dashboard from public;
grant usage on schema postern to authenticator, service_role;
grant execute on function postern.refresh_dashboard to authenticator, service_role;

-- down

drop function postern.refresh_dashboard();
revoke usage on schema postern from authenticator, service_role;
drop function get_form_leaderboard();
drop function get_digit_distribution(bigint);
drop function get_discovery_timeline(text);
drop function get_stats();
drop materialized view private.discovery_timeline_mv;
drop materialized view private.digit_distribution_mv;
drop materialized view private.form_leaderboard_mv;
drop materialized view private.dashboard_stats;
