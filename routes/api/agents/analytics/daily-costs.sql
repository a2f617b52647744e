-- GET /api/agents/analytics/daily-costs
-- What finished tasks cost, by day (UTC) and model.
-- also: /api/v1/agents/analytics/daily-costs
-- access: admin
-- pool: read
-- param: days int = 30 min 1 max 365
select coalesce(json_agg(day order by date, model), '[]')
from (
    select
        (completed_at at time zone 'UTC')::date as date,
        coalesce(agent_model, 'unknown') as model,
        sum(cost_usd) as total_cost,
        sum(tokens_used) as total_tokens,
        count(*) as task_count
    from agent_tasks
    where status = 'completed' and completed_at >= now() - make_interval(days => :days)
    group by 1, 2
) as day
