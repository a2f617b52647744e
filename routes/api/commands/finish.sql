-- POST /api/commands/{id}/finish
-- Ends a running command: done with a result, or failed with an error.
-- also: /api/v1/commands/{id}/finish
-- access: admin
-- param: id bigint
-- param: result json?
-- param: error text? min 1 max 2000
-- answer: row or 404 No such command is running
select postern.finish_command(:id, :result, :error)
