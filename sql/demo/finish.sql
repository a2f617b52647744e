-- Demo, at the end: the dashboard's numbers, and statistics for the planner.

-- Counts statements, for the page of administrators.
create extension pg_stat_statements schema postern;

refresh materialized view private.dashboard_stats;
refresh materialized view private.form_leaderboard_mv;
refresh materialized view private.digit_distribution_mv;
refresh materialized view private.discovery_timeline_mv;
refresh materialized view private.tag_counts_mv;
-- What servers have sampled of tables that were still being filled.
delete from metric_samples where ts >= pg_postmaster_start_time();
select postern.roll_up_metrics();

analyze work_blocks, prime_verification_queue, prime_verification_summary, operator_credits, agent_events, agent_logs;

select check_and_grant_badges(id) from private.operators;

-- Who has looked while the rows came in was answered with what there was: servers forget it.
select pg_notify('postern', 'refreshed ');
