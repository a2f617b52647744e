-- GET /api/observability/database
-- The database itself: connections by role and state, what runs for long, the share of reads that the
-- cache answers, replicas and how far behind they are, the statements that have taken the most time
-- (null without the extension pg_stat_statements).
-- also: /api/v1/observability/database
-- access: admin
-- pool: read
select postern.database_health()
