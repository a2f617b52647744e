-- GET /api/status
-- Whether anything is searched now.
-- also: /api/v1/status
-- access: anyone
-- pool: read
-- cache: 2s
select json_build_object(
    'active', exists (select from search_jobs where status = 'running')
        or exists (select from workers where last_heartbeat > now() - interval '2 minutes'),
    'checkpoint', (select checkpoint from workers where checkpoint is not null order by last_heartbeat desc limit 1)
)
