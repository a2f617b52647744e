-- Demo, at the end: statistics for the planner and the dashboard's numbers.

set default_statistics_target = 30; -- autovacuum comes back with more
analyze;
reset default_statistics_target;
refresh materialized view private.dashboard_stats;
refresh materialized view private.form_leaderboard_mv;
refresh materialized view private.digit_distribution_mv;
refresh materialized view private.discovery_timeline_mv;
