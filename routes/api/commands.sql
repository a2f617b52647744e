-- GET /api/commands
-- Work that waits for a worker or an operator, and what became of it, newest first.
-- also: /api/v1/commands
-- access: admin
-- param: status text? one of queued, running, done, failed, cancelled
-- param: kind text? max 80
-- param: limit int = 100 min 1 max 1000
-- param: offset bigint = 0 min 0
select json_build_object('commands', coalesce(json_agg(command), '[]'))
from (
    select *
    from commands
    where true
        and status = :status                            --? status
        and kind = :kind                                --? kind
    order by id desc
    limit :limit offset :offset
) as command
