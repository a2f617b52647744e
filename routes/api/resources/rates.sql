-- GET /api/resources/rates
-- Credit for a unit of what an operator lends.
-- also: /api/v1/resources/rates
-- access: anyone
-- pool: read
-- cache: 1m
select coalesce(json_agg(rate), '[]')
from (
    select resource_type, credits_per_unit, unit_label, updated_at
    from resource_credit_rates
    order by resource_type
) as rate
