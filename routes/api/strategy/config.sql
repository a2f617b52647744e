-- GET /api/strategy/config
-- What the strategy may do, and how often it looks.
-- also: /api/v1/strategy/config
-- access: admin
-- pool: read
select row_to_json(strategy_config)
from strategy_config
