-- POST /api/releases/rollback
-- Offers the version before the present one, to all nodes of a channel; 400 when there is none.
-- also: /api/v1/releases/rollback
-- also: /api/releases/worker/rollback
-- also: /api/v1/releases/worker/rollback
-- access: admin
-- param: channel text one of stable, beta, canary
-- param: changed_by text? max 200
select json_build_object('channel', postern.roll_back_channel(:channel, :changed_by))
