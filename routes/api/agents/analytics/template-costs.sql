-- GET /api/agents/analytics/template-costs
-- What the tasks of each template cost, the dearest first.
-- also: /api/v1/agents/analytics/template-costs
-- access: admin
-- pool: read
select coalesce(json_agg(template order by total_cost desc, template_name), '[]')
from (
    select
        template_name,
        count(*) as task_count,
        sum(cost_usd) as total_cost,
        round(avg(cost_usd), 4) as avg_cost,
        sum(tokens_used) as total_tokens,
        round(avg(tokens_used)) as avg_tokens
    from agent_tasks
    where template_name is not null
    group by template_name
) as template
