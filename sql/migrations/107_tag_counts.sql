-- Tags are counted with the dashboard's other numbers, and not by reading every prime for who asks.

-- up

create materialized view private.tag_counts_mv as
    select tag, count(*) as count
    from primes
    cross join unnest(tags) as tag
    group by tag;
comment on materialized view private.tag_counts_mv is 'Each tag with the number of primes that carry it.';
create unique index on private.tag_counts_mv (tag);
grant select on private.tag_counts_mv to postern_api, service_role;

create or replace function postern.refresh_dashboard() returns boolean language plpgsql security definer set search_path = '' as $$
begin
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('postern.refresh_dashboard')) then
        return false;
    end if;
    refresh materialized view concurrently private.dashboard_stats;
    refresh materialized view concurrently private.form_leaderboard_mv;
    refresh materialized view concurrently private.digit_distribution_mv;
    refresh materialized view concurrently private.discovery_timeline_mv;
    refresh materialized view concurrently private.tag_counts_mv;
    return true;
end
$$;

-- down

create or replace function postern.refresh_dashboard() returns boolean language plpgsql security definer set search_path = '' as $$
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
drop materialized view private.tag_counts_mv;
