-- POST /api/strategy/decisions/{id}/override
-- Decides otherwise, with a reason.
-- also: /api/v1/strategy/decisions/{id}/override
-- access: admin
-- param: id bigint
-- param: action_taken text one of executed, deferred, overridden = overridden
-- param: reason text min 1 max 2000
-- answer: row or 404 Decision not found
select postern.override_decision(:id, :action_taken, :reason)
