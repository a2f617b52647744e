-- GET /api/strategy/status
-- Is the strategy on, when did it last decide, and what of this month's budget is spent.
-- also: /api/v1/strategy/status
-- access: admin
-- pool: read
select json_build_object(
    'enabled', enabled,
    'tick_interval_secs', tick_interval_secs,
    'last_tick', (select max(created_at) from strategy_decisions),
    'monthly_spend_usd', coalesce(
        (select sum(estimated_cost_usd) from strategy_decisions
         where action_taken = 'executed' and created_at >= date_trunc('month', now(), 'UTC')), 0),
    'monthly_budget_usd', max_monthly_budget_usd,
    'max_concurrent_projects', max_concurrent_projects
)
from strategy_config
