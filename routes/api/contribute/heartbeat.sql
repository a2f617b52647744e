-- POST /api/v1/contribute/heartbeat
-- Keeps the caller's blocks, and says how large one should be.
-- access: user
-- param: speed number? min 0
select postern.contribute_heartbeat(:speed)
