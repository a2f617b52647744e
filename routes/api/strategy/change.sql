-- PUT /api/strategy/config
-- Changes the settings that are given, and answers all of them.
-- also: /api/v1/strategy/config
-- access: admin
-- param: enabled bool?
-- param: max_concurrent_projects int? min 0 max 1000
-- param: max_monthly_budget_usd number? min 0 max 1000000
-- param: max_per_project_budget_usd number? min 0 max 1000000
-- param: preferred_forms text[]? max 100
-- param: excluded_forms text[]? max 100
-- param: min_idle_workers_to_create int? min 0 max 100000
-- param: record_proximity_threshold number? min 0 max 1
-- param: tick_interval_secs int? min 10 max 86400
select postern.change_strategy(jsonb_strip_nulls(jsonb_build_object(
    'enabled', :enabled,
    'max_concurrent_projects', :max_concurrent_projects,
    'max_monthly_budget_usd', :max_monthly_budget_usd,
    'max_per_project_budget_usd', :max_per_project_budget_usd,
    'preferred_forms', :preferred_forms,
    'excluded_forms', :excluded_forms,
    'min_idle_workers_to_create', :min_idle_workers_to_create,
    'record_proximity_threshold', :record_proximity_threshold,
    'tick_interval_secs', :tick_interval_secs
)))
