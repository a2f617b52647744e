-- GET /api/strategy/decisions
-- What the strategy decided, the newest first.
-- also: /api/v1/strategy/decisions
-- access: admin
-- pool: read
-- param: limit int = 100 min 1 max 500
with page as (
    select id, decision_type, form, summary, reasoning, params, estimated_cost_usd, action_taken, override_reason,
        project_id, search_job_id, scores, created_at
    from strategy_decisions
    order by created_at desc, id desc
    limit :limit
)
select coalesce(json_agg(page), '[]')
from page
