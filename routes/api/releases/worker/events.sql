-- GET /api/releases/events
-- Every change of a channel, the newest first.
-- also: /api/v1/releases/events
-- also: /api/releases/worker/events
-- also: /api/v1/releases/worker/events
-- access: admin
-- pool: read
-- param: limit int = 100 min 1 max 500
with page as (
    select id, channel, from_version, to_version, rollout_percent, changed_by, changed_at
    from worker_release_events
    order by id desc
    limit :limit
)
select json_build_object('events', coalesce(json_agg(page), '[]'))
from page
