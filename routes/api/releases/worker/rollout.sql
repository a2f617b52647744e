-- POST /api/releases/rollout
-- Offers a version on a channel, to a share of its nodes; an unknown version is 400.
-- also: /api/v1/releases/rollout
-- also: /api/releases/worker/rollout
-- access: admin
-- param: channel text one of stable, beta, canary
-- param: version text min 1 max 64
-- param: rollout_percent int = 100 min 0 max 100
-- param: changed_by text? max 200
select json_build_object('channel', postern.set_channel(:channel, :version, :rollout_percent, :changed_by))
