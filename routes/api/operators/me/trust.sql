-- GET /api/v1/operators/me/trust
-- How far the caller's results are believed.
-- access: user
-- pool: read
select json_build_object(
    'trust_level', coalesce(trust.trust_level, 1),
    'consecutive_valid', coalesce(trust.consecutive_valid, 0),
    'total_valid', coalesce(trust.total_valid, 0)
)
from (select postern.my_operator() as id) as operator
left join operator_trust as trust on trust.operator_id = operator.id
