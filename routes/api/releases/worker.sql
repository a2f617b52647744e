-- GET /api/releases/worker
-- The published versions of the worker program, the newest first, and what each channel offers.
-- also: /api/v1/releases/worker
-- access: admin
-- pool: read
-- param: limit int = 50 min 1 max 500
with page as (
    select version, artifacts, notes, published_at, created_at
    from worker_releases
    order by published_at desc, version desc
    limit :limit
)
select json_build_object(
    'releases', coalesce((select json_agg(page) from page), '[]'),
    'channels', coalesce(
        (select json_agg(channels order by channel) from worker_release_channels as channels), '[]')
)
