-- Broadcasts of a private channel that were stored since a time, the newest of them, oldest first.
-- Parameters: topic, milliseconds since 1970, how many. Rows of one transaction keep their order.
select id, event, payload, bytes
from (
    select
        m.id,
        m.event,
        m.payload,
        to_jsonb(m) ->> 'binary_payload' as bytes,
        m.inserted_at,
        m.ctid as place
    from realtime.messages m
    where m.topic = $1
        and m.private
        and m.extension = 'broadcast'
        and m.inserted_at >= to_timestamp($2::float8 / 1000)::timestamp
    order by m.inserted_at desc, m.ctid desc
    limit $3::int
) as newest
order by inserted_at, place
