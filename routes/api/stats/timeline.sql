-- GET /api/stats/timeline
-- Discoveries by hour, day, week or month (UTC) and form, oldest first.
-- also: /api/v1/stats/timeline
-- access: anyone
-- pool: read
-- cache: 5s
-- reads: private.discovery_timeline_mv
-- param: bucket_type text one of hour, day, week, month else day
select coalesce(
    json_agg(
        json_build_object(
            'bucket', to_char(bucket, 'YYYY-MM-DD"T"HH24:MI:SS'),
            'form', form,
            'count', count
        )
        order by bucket, form
    ),
    '[]'
)
from private.discovery_timeline_mv
where bucket_type = :bucket_type
