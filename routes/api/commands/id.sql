-- GET /api/commands/{id}
-- One command: is it done, and with what result.
-- also: /api/v1/commands/{id}
-- access: admin
-- param: id bigint
-- answer: row or 404 Command not found
select row_to_json(commands)
from commands
where id = :id
