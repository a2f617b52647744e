-- POST /api/commands/claim
-- Takes the oldest queued command of a kind, for a program that can do it; null when none waits.
-- also: /api/v1/commands/claim
-- access: admin
-- param: kind text min 1 max 80
-- param: worker text min 1 max 200
select postern.claim_command(:kind, :worker)
