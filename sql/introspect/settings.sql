-- The settings that are kept in the database, as settings of the role we connect as:
-- alter role authenticator set pgrst.db_schemas = 'api'. Asked as that role. $1 says whether the
-- pre-config function has run in this transaction; what it set counts where the role has nothing.
-- Source: PostgREST "In-Database Configuration".
with names as (
    select unnest(array[
        'client_error_verbosity', 'db_aggregates_enabled', 'db_anon_role', 'db_extra_search_path',
        'db_hoisted_tx_settings', 'db_max_rows', 'db_plan_enabled', 'db_pre_config', 'db_pre_request',
        'db_prepared_statements', 'db_root_spec', 'db_schemas', 'db_tx_end', 'jwt_aud',
        'jwt_cache_max_entries', 'jwt_cache_max_lifetime', 'jwt_role_claim_key', 'jwt_secret',
        'jwt_secret_is_base64', 'log_level', 'log_query', 'openapi_mode', 'openapi_security_active',
        'openapi_server_proxy_uri', 'server_cors_allowed_origins', 'server_timing_enabled',
        'server_trace_header', 'url_use_legacy_target_names'
    ]) as name
),
lines as (
    -- For this database before those for any.
    select case s.setdatabase when 0 then 2 else 1 end as place, unnest(s.setconfig) as line
    from pg_db_role_setting s
    join pg_roles r on r.oid = s.setrole
    where r.rolname = current_user
        and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
),
found as (
    select split_part(line, '=', 1) as name, substr(line, strpos(line, '=') + 1) as value, place
    from lines
    union all
    select 'pgrst.' || name, current_setting('pgrst.' || name, true), 3
    from names
    where $1::boolean
)
select distinct on (names.name) 'PGRST_' || upper(names.name), found.value
from names
join found on found.name = 'pgrst.' || names.name
where found.value is not null
order by names.name, found.place
