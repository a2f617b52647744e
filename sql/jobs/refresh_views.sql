-- Refreshes the dashboard's materialized views while they are being read. Of several servers one
-- does it.
-- every: 5m
-- drops: private.dashboard_stats, private.form_leaderboard_mv, private.digit_distribution_mv, private.discovery_timeline_mv, private.tag_counts_mv
select postern.refresh_dashboard();
