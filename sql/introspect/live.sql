-- What the live feed must know of one table for one role: its columns and how their values become
-- JSON, which of them the role may read, and the policies that decide about its rows. One row, one
-- JSON object; no row: there is no such table or role. Parameters: role, schema, table,
-- publication. Sources: PostgreSQL "pg_policy", "pg_attribute", "pg_depend"; 5.8 Row Security.
--
-- composites: the fields of every composite type that the columns hold, by the type's number.
-- kind: n number, b boolean, j json, x bytea, z timestamptz, t timestamp, c composite, h hstore,
-- v int2vector, o oidvector, s anything else (its text is the string); an array is "a" and what
-- stands between its elements before their kind.
-- reads of a policy: "role" when nothing but the row and the role decides, "subject" when only
-- auth.uid() does, "claims" when it may read anything else: another relation, a function that is
-- not PostgreSQL's own, a setting.
-- uid_is_subject: auth.uid() is known to be the subject of the token: it is written as here, or as
-- Supabase writes it or has written it.
with recursive target as (
    select c.oid
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $2 and c.relname = $3 and c.relkind in ('r', 'p')
),
reached(oid) as (
    select atttypid from target join pg_attribute on attrelid = target.oid where attnum > 0 and not attisdropped
    union
    select next.oid
    from reached
    join pg_type t on t.oid = reached.oid
    cross join lateral (
        select t.typbasetype where t.typtype = 'd'
        union all
        select t.typelem where t.typelem <> 0 and t.typlen = -1 and t.typcategory = 'A' and t.typarray = 0
        union all
        select a.atttypid from pg_attribute a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) as next(oid)
),
base(of, oid) as (
    select oid, oid from reached
    union all
    select base.of, t.typbasetype from base join pg_type t on t.oid = base.oid where t.typtype = 'd'
),
plain(of, oid) as (
    select base.of, base.oid from base join pg_type t on t.oid = base.oid where t.typtype <> 'd'
),
kinds(of, kind, composite) as (
    select p.of,
        case when is_array then 'a' || t.typdelim::text else '' end
        || case
            when e.typname in ('int2', 'int4', 'int8', 'float4', 'float8', 'numeric') then 'n'
            when e.typname = 'bool' then 'b'
            when e.typname in ('json', 'jsonb') then 'j'
            when e.typname = 'bytea' then 'x'
            when e.typname = 'timestamptz' then 'z'
            when e.typname = 'timestamp' then 't'
            when e.typtype = 'c' then 'c'
            when e.typname = 'hstore' and e.typtype = 'b' then 'h'
            when e.typname = 'int2vector' then 'v'
            when e.typname = 'oidvector' then 'o'
            else 's'
        end,
        case when e.typtype = 'c' then e.oid::text end
    from plain p
    join pg_type t on t.oid = p.oid
    -- What has an array type of its own is no array: int2vector.
    cross join lateral (
        select t.typelem <> 0 and t.typlen = -1 and t.typcategory = 'A' and t.typarray = 0 as is_array) as of_array
    left join plain pe on pe.of = case when is_array then t.typelem else t.oid end
    join pg_type e on e.oid = pe.oid
)
select json_build_object(
    'published', exists (
        select from pg_publication_tables p
        where p.pubname = $4 and p.schemaname = n.nspname and p.tablename = c.relname),
    'rls', c.relrowsecurity and not r.rolbypassrls and not r.rolsuper
        and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'USAGE')),
    'uid_is_subject', caller.is_subject,
    'readable', has_schema_privilege(r.oid, n.oid, 'USAGE'),
    'columns', (
        select json_agg(json_build_object(
            'name', a.attname,
            'type', (select typname from pg_type where oid = a.atttypid),
            'full', format_type(a.atttypid, a.atttypmod),
            'kind', k.kind,
            'composite', k.composite,
            'select', has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT'),
            'key', exists (
                select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey))
        ) order by a.attnum)
        from pg_attribute a
        join kinds k on k.of = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'composites', (
        select json_object_agg(t.oid::text, (
            select json_agg(json_build_object('name', a.attname, 'kind', k.kind, 'composite', k.composite) order by a.attnum)
            from pg_attribute a
            join kinds k on k.of = a.atttypid
            where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))
        from reached
        join pg_type t on t.oid = reached.oid
        where t.typtype = 'c'),
    'policies', (
        select json_agg(json_build_object(
            'permissive', p.polpermissive,
            'using', pg_get_expr(p.polqual, p.polrelid),
            'reads', case
                when pg_get_expr(p.polqual, p.polrelid) ~* 'current_setting'
                    or exists (
                        select from pg_depend d
                        where d.classid = 'pg_policy'::regclass and d.objid = p.oid
                            and ((d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid)
                                or d.refclassid in ('pg_operator'::regclass, 'pg_type'::regclass)
                                or (d.refclassid = 'pg_proc'::regclass and d.refobjid is distinct from caller.oid)))
                    then 'claims'
                when exists (
                    select from pg_depend d
                    where d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass)
                    then 'subject'
                else 'role'
            end) order by p.polname)
        from pg_policy p
        where p.polrelid = c.oid and p.polcmd in ('r', '*')
            and exists (select from unnest(p.polroles) o where o = 0 or pg_has_role(r.oid, o, 'USAGE')))
)
from target
-- By name: a role that may not use the schema may ask, too.
left join lateral (
    select p.oid, p.proconfig is null and regexp_replace(p.prosrc, '[\s;]', '', 'g') in (
        'selectcoalesce(nullif(current_setting(''request.jwt.claim.sub'',true),''''),nullif(current_setting(''request.jwt.claims'',true),'''')::jsonb->>''sub'')::uuid',
        'selectcoalesce(nullif(current_setting(''request.jwt.claim.sub'',true),''''),(nullif(current_setting(''request.jwt.claims'',true),'''')::jsonb->>''sub''))::uuid',
        'selectnullif(current_setting(''request.jwt.claim.sub'',true),'''')::uuid') as is_subject
    from pg_proc p
    join pg_namespace of_auth on of_auth.oid = p.pronamespace
    where of_auth.nspname = 'auth' and p.proname = 'uid' and p.pronargs = 0
) as caller on true
join pg_class c on c.oid = target.oid
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = $1
