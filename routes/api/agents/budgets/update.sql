-- PUT /api/agents/budgets
-- Sets what agents may spend in one period.
-- also: /api/v1/agents/budgets
-- access: admin
-- param: id bigint
-- param: budget_usd number min 0 max 99999999
-- answer: row or 404 Budget not found
update agent_budgets
set budget_usd = :budget_usd, updated_at = now()
where id = :id
returning row_to_json(agent_budgets)
