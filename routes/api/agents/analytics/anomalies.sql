-- GET /api/agents/analytics/anomalies
-- Tasks that used far more tokens than the average of their template, the worst first.
-- also: /api/v1/agents/analytics/anomalies
-- access: admin
-- pool: read
-- param: threshold number = 3 min 0.1 max 1000
-- param: limit int = 200 min 1 max 1000
with usual as (
    select template_name, avg(tokens_used) as tokens
    from agent_tasks
    where template_name is not null
    group by template_name
)
select coalesce(json_agg(task), '[]')
from (
    select postern.shown(agent_tasks) as task
    from agent_tasks
    join usual using (template_name)
    where tokens_used > :threshold * usual.tokens
    order by tokens_used desc, id
    limit :limit
) as outlier
