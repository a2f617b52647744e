-- The statement that tells what a role may do in a private channel: the policies of
-- realtime.messages, evaluated on rows that would be the channel's. No row: there is no such table
-- or role. Parameter: role. The statement's own parameter is the topic; it answers one row
-- of four booleans: hears broadcasts, hears presence, speaks, is present.
-- Sources: PostgreSQL "pg_policy"; 5.8 Row Security Policies.
with policies as (
    select
        p.polpermissive as permissive,
        p.polcmd,
        coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') as sees,
        coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid), 'true') as checks
    from pg_policy p
    join pg_roles r on r.rolname = $1
    where p.polrelid = to_regclass('realtime.messages')
        and exists (select from unnest(p.polroles) o where o = 0 or pg_has_role(r.oid, o, 'USAGE'))
),
conditions as (
    select
        coalesce(string_agg('(' || sees || ')', ' or ') filter (where permissive and polcmd in ('r', '*')), 'false')
            as seen,
        coalesce(string_agg(' and (' || sees || ')', '') filter (where not permissive and polcmd in ('r', '*')), '')
            as seen_only,
        coalesce(string_agg('(' || checks || ')', ' or ') filter (where permissive and polcmd in ('a', '*')), 'false')
            as made,
        coalesce(string_agg(' and (' || checks || ')', '') filter (where not permissive and polcmd in ('a', '*')), '')
            as made_only
    from policies
)
select format($statement$
    select
        coalesce(bool_or((%1$s) and extension = 'broadcast'), false),
        coalesce(bool_or((%1$s) and extension = 'presence'), false),
        coalesce(bool_or((%2$s) and extension = 'broadcast'), false),
        coalesce(bool_or((%2$s) and extension = 'presence'), false)
    from jsonb_populate_recordset(
        null::realtime.messages,
        jsonb_build_array(
            jsonb_build_object('topic', $1::text, 'extension', 'broadcast', 'private', true,
                'id', gen_random_uuid(), 'inserted_at', now(), 'updated_at', now()),
            jsonb_build_object('topic', $1::text, 'extension', 'presence', 'private', true,
                'id', gen_random_uuid(), 'inserted_at', now(), 'updated_at', now()))) as messages
    $statement$,
    case
        when not has_schema_privilege(r.oid, c.relnamespace, 'USAGE') or not has_table_privilege(r.oid, c.oid, 'SELECT')
            then 'false'
        when free then 'true'
        else '(' || seen || ')' || seen_only
    end,
    case
        when not has_schema_privilege(r.oid, c.relnamespace, 'USAGE') or not has_table_privilege(r.oid, c.oid, 'INSERT')
            then 'false'
        when free then 'true'
        else '(' || made || ')' || made_only
    end)
from pg_class c
join pg_roles r on r.rolname = $1
cross join conditions
cross join lateral (
    select not c.relrowsecurity or r.rolbypassrls or r.rolsuper
        or (pg_has_role(r.oid, c.relowner, 'USAGE') and not c.relforcerowsecurity) as free
) as row_security
where c.oid = to_regclass('realtime.messages')
