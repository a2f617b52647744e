-- What the exposed schemas hold, as one JSON value. $1: their names as a comma list ("public, api").
-- One pass over each catalogue; relations, links and routines stay lists, joined by name in
-- server/schema/. Privileges are not looked at: PostgreSQL itself refuses what a role may not do.
with exposed as (
    select n.oid, n.nspname
    from pg_namespace n
    where n.nspname = any (select trim(name) from unnest(string_to_array($1, ',')) as name)
),
-- The type at the bottom of each domain, with the length it was declared with.
bases as (
    with recursive step as (
        select t.oid, t.typbasetype as type, t.typtypmod as modifier
        from pg_type t
        where t.typtype = 'd'
        union all
        select step.oid, t.typbasetype, t.typtypmod
        from step
        join pg_type t on t.oid = step.type
        where t.typtype = 'd'
    )
    select step.oid, format_type(step.type, step.modifier) as type
    from step
    join pg_type t on t.oid = step.type
    where t.typtype <> 'd'
),
enums as (
    select json_build_object(
        'schema', n.nspname,
        'name', t.typname,
        'type', format_type(t.oid, null),
        'values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
    ) as value
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'e'
        and exists (select from pg_enum e where e.enumtypid = t.oid)
),
-- How requests read and write the values of a domain: its implicit casts from and to json and text.
representations as (
    select json_build_object(
        'type', format_type(t.oid, null),
        'to_json', max(c.castfunc::regproc::text) filter (where c.casttarget = 'json'::regtype),
        'from_json', max(c.castfunc::regproc::text) filter (where c.castsource = 'json'::regtype),
        'from_text', max(c.castfunc::regproc::text) filter (where c.castsource = 'text'::regtype)
    ) as value
    from pg_cast c
    join pg_type t on t.oid in (c.castsource, c.casttarget)
    where t.typtype = 'd'
        and c.castcontext = 'i'
        and c.castmethod = 'f'
    group by t.oid
),
-- Names that a cast may name. Which type is meant is for the search path to say.
types as (
    select distinct t.typname
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where n.nspname not in ('pg_toast', 'information_schema')
),
-- Of relations (number 0) and their columns.
comments as (
    select objoid as relation, objsubid as attnum, description
    from pg_description
    where classoid = 'pg_class'::regclass
),
-- The sequence behind each identity column: few, so found before columns are looked at.
sequences as materialized (
    select d.refobjid as relation, d.refobjsubid as attnum, d.objid::regclass as sequence
    from pg_depend d
    where d.classid = 'pg_class'::regclass
        and d.refclassid = 'pg_class'::regclass
        and d.refobjsubid > 0
        and d.deptype = 'i'
),
composites as (
    select json_build_object(
        'schema', exposed.nspname,
        'name', c.relname,
        'columns', (
            select coalesce(json_agg(json_build_object(
                'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'base', bases.type) order by a.attnum), '[]')
            from pg_attribute a
            left join bases on bases.oid = a.atttypid
            where a.attrelid = c.oid
                and a.attnum > 0
                and not a.attisdropped
        )
    ) as value
    from pg_class c
    join exposed on exposed.oid = c.relnamespace
    where c.relkind = 'c'
),
columns as (
    select
        a.attrelid,
        json_agg(json_build_object(
            'name', a.attname,
            'number', a.attnum,
            'type', format_type(a.atttypid, a.atttypmod),
            'base', bases.type,
            -- What stands in for a value that is not given. One from the domain comes last.
            'default', case
                when a.attgenerated <> '' then null
                when a.attidentity = 'd' then format('nextval(%L::regclass)', sequences.sequence)
                -- It names no columns; without the relation this is ten times quicker.
                else coalesce(pg_get_expr(d.adbin, 0), pg_get_expr(t.typdefaultbin, 0))
            end,
            'required', a.attnotnull,
            'generated', a.attgenerated <> '',
            'identity', nullif(a.attidentity, ''),
            'comment', comments.description
        )) as list -- in no order, which is cheaper: the snapshot sorts them
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join exposed on exposed.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join bases on bases.oid = a.atttypid
    left join sequences on sequences.relation = a.attrelid and sequences.attnum = a.attnum
    left join comments on comments.relation = a.attrelid and comments.attnum = a.attnum
    left join pg_type t on t.oid = a.atttypid and t.typtype = 'd'
    where a.attnum > 0
        and not a.attisdropped
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
    group by a.attrelid
),
keys as (
    select
        k.conrelid,
        json_agg(json_build_object(
            'name', k.conname,
            'primary', k.contype = 'p',
            'columns', array(
                select (select a.attname from pg_attribute a where a.attrelid = k.conrelid and a.attnum = number)
                from unnest(k.conkey) as number
            )
        ) order by k.contype <> 'p', k.conname) as list
    from pg_constraint k
    join exposed on exposed.oid = k.connamespace
    where k.contype in ('p', 'u')
    group by k.conrelid
),
-- Computed columns. Which function is meant when schemas have the same one, the search path says.
fields as (
    select
        p.proargtypes[0] as type,
        json_agg(json_build_object('name', p.proname, 'type', format_type(p.prorettype, null))) as list
    from pg_proc p
    where p.pronargs - p.pronargdefaults <= 1
        and p.pronargs >= 1
        and p.prokind = 'f'
        and not p.proretset
        and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        and p.proargtypes[0] in (select c.reltype from pg_class c join exposed on exposed.oid = c.relnamespace)
    group by p.proargtypes[0]
),
relations as (
    select
        exposed.nspname,
        c.relname,
        json_build_object(
            'schema', exposed.nspname,
            'name', c.relname,
            'oid', c.oid::bigint,
            'kind', case when c.relkind in ('r', 'p', 'f') then 'table' else 'view' end,
            'insertable', can.bits & 8 <> 0,
            'updatable', can.bits & 4 <> 0,
            'deletable', can.bits & 16 <> 0,
            'comment', comments.description,
            'columns', coalesce(columns.list, '[]'),
            'fields', fields.list,
            'keys', coalesce(keys.list, '[]')
        ) as value
    from pg_class c
    join exposed on exposed.oid = c.relnamespace
    -- A table takes every write; a view is asked what its rule or trigger allows.
    cross join lateral (
        select case when c.relkind in ('r', 'p') then 28 else pg_relation_is_updatable(c.oid, true) end as bits
    ) as can
    left join comments on comments.relation = c.oid and comments.attnum = 0
    left join columns on columns.attrelid = c.oid
    left join fields on fields.type = c.reltype
    left join keys on keys.conrelid = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and not c.relispartition
),
-- Of all schemas: an exposed view may show the columns of a table that is not.
links as (
    select json_build_object(
        'name', k.conname,
        'table', k.conrelid::bigint,
        'numbers', k.conkey,
        'foreign_table', k.confrelid::bigint,
        'foreign_numbers', k.confkey,
        'unique', exists (
            select
            from pg_constraint u
            where u.conrelid = k.conrelid
                and u.contype in ('p', 'u')
                and u.conkey @> k.conkey
                and u.conkey <@ k.conkey
        )
    ) as value
    from pg_constraint k
    where k.contype = 'f'
        and k.conparentid = 0
),
-- Views, exposed or not, and the primary keys of the tables they use: a view has its tables' keys.
rules as (
    select json_build_object('view', c.oid::bigint, 'rule', r.ev_action) as value
    from pg_class c
    join pg_rewrite r on r.ev_class = c.oid
    where c.relkind in ('v', 'm')
        and r.ev_type = '1'
        and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
),
primaries as (
    select json_build_object('table', k.conrelid::bigint, 'numbers', k.conkey) as value
    from pg_constraint k
    where k.contype = 'p'
        and k.conrelid in (
            select d.refobjid
            from pg_depend d
            where d.classid = 'pg_rewrite'::regclass
                and d.refclassid = 'pg_class'::regclass
        )
),
-- Functions that follow from the row of one relation to rows of another.
computed as (
    select json_build_object(
        'schema', exposed.nspname,
        'name', p.proname,
        'from', argument.oid::bigint,
        'to', result.oid::bigint,
        'one', not p.proretset or p.prorows = 1
    ) as value
    from pg_proc p
    join exposed on exposed.oid = p.pronamespace
    join pg_class argument on argument.reltype = p.proargtypes[0]
    join pg_class result on result.reltype = p.prorettype
    where p.pronargs = 1
        and argument.relkind in ('r', 'p', 'v', 'm', 'f')
        and result.relkind in ('r', 'p', 'v', 'm', 'f')
),
routines as (
    select json_build_object(
        'schema', exposed.nspname,
        'name', p.proname,
        'oid', p.oid::text,
        'comment', obj_description(p.oid, 'pg_proc'),
        'volatile', p.provolatile = 'v',
        'set', p.proretset,
        'variadic', p.provariadic <> 0,
        -- A domain over a composite type is one too; RETURNS TABLE and OUT make one.
        'result', case
            when p.prorettype = 'void'::regtype then 'void'
            when coalesce(base.typtype, t.typtype) = 'c' then 'composite'
            when p.proargmodes && '{o,b,t}'::"char"[] then 'composite'
            else 'scalar'
        end,
        'relation', result.relname,
        'type', format_type(p.prorettype, null),
        'settings', (
            select json_agg(json_build_object(
                'name', split_part(setting, '=', 1),
                'value', substr(setting, strpos(setting, '=') + 1)))
            from unnest(p.proconfig) as setting
        ),
        'columns', case
            when p.proargmodes && '{o,b,t}'::"char"[] then (
                select json_agg(json_build_object(
                    'name', u.name, 'type', format_type(u.type, null), 'base', bases.type) order by u.n)
                from unnest(p.proargnames, p.proallargtypes, p.proargmodes)
                    with ordinality as u (name, type, mode, n)
                left join bases on bases.oid = u.type
                where u.mode in ('o', 'b', 't')
            )
            else (
                select json_agg(json_build_object(
                    'name', a.attname,
                    'type', format_type(a.atttypid, a.atttypmod),
                    'base', bases.type) order by a.attnum)
                from pg_attribute a
                left join bases on bases.oid = a.atttypid
                where a.attrelid = result.oid
                    and a.attnum > 0
                    and not a.attisdropped
            )
        end,
        'parameters', (
            select coalesce(json_agg(json_build_object(
                'name', coalesce(name, ''),
                'type', format_type(type, null),
                -- Without a length these two mean one character, one bit: the longer form takes any.
                'read_as', case type
                    when 'bpchar'::regtype then 'character varying'
                    when 'bpchar[]'::regtype then 'character varying[]'
                    when 'pg_catalog.bit'::regtype then 'bit varying'
                    when 'pg_catalog.bit[]'::regtype then 'bit varying[]'
                end,
                'required', i <= p.pronargs - p.pronargdefaults,
                'variadic', mode is not distinct from 'v'
            ) order by i), '[]')
            from (
                select u.name, u.type, u.mode, row_number() over (order by n) as i
                from unnest(
                    p.proargnames,
                    coalesce(p.proallargtypes, p.proargtypes::oid[]),
                    p.proargmodes
                ) with ordinality as u (name, type, mode, n)
                where u.type is not null
                    and (u.mode is null or u.mode in ('i', 'b', 'v'))
            ) as parameter
        )
    ) as value
    from pg_proc p
    join exposed on exposed.oid = p.pronamespace
    join pg_type t on t.oid = p.prorettype
    left join pg_type base on base.oid = t.typbasetype
    left join pg_class result on result.oid = coalesce(nullif(t.typrelid, 0), base.typrelid) and result.oid <> 0
    where p.prokind = 'f'
        and p.prorettype <> 'trigger'::regtype
        and p.prorettype <> 'event_trigger'::regtype
        -- A call names its arguments, but for one that takes the body as it is.
        and (
            p.pronargs = 1 and p.proargtypes[0] in (
                'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype, 'bytea'::regtype)
            or not exists (
                select
                from unnest(
                    p.proargnames,
                    coalesce(p.proallargtypes, p.proargtypes::oid[]),
                    p.proargmodes
                ) as u (name, type, mode)
                where u.type is not null
                    and coalesce(u.mode, 'i') in ('i', 'b', 'v')
                    and coalesce(u.name, '') = ''
            )
        )
),
-- Domains whose names are media types, and what makes them: aggregates over rows of one relation or
-- of any, functions of one value.
media as (
    select t.oid, n.nspname, t.typname
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'd'
        and t.typname ~* '^([a-z0-9.-]+/[a-z0-9.+-]+|\*/\*)$'
),
handlers as (
    select json_build_object(
        'schema', exposed.nspname,
        'name', p.proname,
        'target_schema', rn.nspname,
        'target', r.relname,
        'type', lower(media.typname)
    ) as value
    from media
    join pg_proc p on p.prorettype = media.oid and p.prokind = 'a' and p.pronargs = 1
    join exposed on exposed.oid = p.pronamespace
    join pg_type row_type on row_type.oid = p.proargtypes[0]
    left join pg_class r on r.oid = row_type.typrelid and r.relkind in ('r', 'p', 'v', 'm', 'f')
    left join pg_namespace rn on rn.oid = r.relnamespace
    where r.oid is not null or row_type.oid = 'anyelement'::regtype
    union all
    select json_build_object(
        'schema', media.nspname,
        'name', media.typname,
        'target_schema', exposed.nspname,
        'target', p.proname,
        'type', lower(media.typname)
    )
    from media
    join pg_proc p on p.prorettype = media.oid and p.prokind = 'f' and not p.proretset
    join exposed on exposed.oid = p.pronamespace
),
-- What is set for the roles that this one may become, as far as it may set it: SET ROLE leaves that
-- to who does it.
role_settings as (
    select r.rolname, s.name, substr(line, strpos(line, '=') + 1) as value
    from pg_roles r
    cross join unnest(r.rolconfig) as line
    join pg_settings s on s.name = lower(split_part(line, '=', 1))
    where r.rolname <> current_user
        and pg_has_role(current_user, r.oid, 'member')
        and (
            s.context = 'user'
            -- A superuser is not who the pools connect as, or should not be.
            or (has_parameter_privilege(current_user, s.name, 'set') and not pg_has_role(current_user, 10, 'usage')))
),
roles as (
    select json_build_object(
        'name', rolname,
        'isolation', min(value) filter (where name = 'default_transaction_isolation'),
        'settings', coalesce(
            json_agg(json_build_object('name', name, 'value', value) order by name)
                filter (where name <> 'default_transaction_isolation'),
            '[]')
    ) as value
    from role_settings
    group by rolname
),
-- Texts that run inside a request and could read its method, path, headers or cookies, or set what
-- the answer says. A body in standard SQL is kept parsed, not as text.
texts as (
    select coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as text
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname not in ('pg_catalog', 'information_schema')
    union all
    select pg_get_expr(polqual, polrelid) from pg_policy
    union all
    select pg_get_expr(polwithcheck, polrelid) from pg_policy
    union all
    select pg_get_viewdef(c.oid)
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'v'
        and n.nspname not in ('pg_catalog', 'information_schema')
    union all
    select pg_get_expr(d.adbin, 0)
    from pg_attrdef d
    join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where a.attgenerated = '' -- what is generated is immutable, and reads no settings
    union all
    select pg_get_constraintdef(oid) from pg_constraint where contype = 'c'
)
select json_build_object(
    'schemas', (select coalesce(json_agg(nspname), '[]') from exposed),
    'relations', (select coalesce(json_agg(value order by nspname, relname), '[]') from relations),
    'links', (select coalesce(json_agg(value), '[]') from links),
    'rules', (select coalesce(json_agg(value), '[]') from rules),
    'primaries', (select coalesce(json_agg(value), '[]') from primaries),
    'computed', (select coalesce(json_agg(value), '[]') from computed),
    'routines', (select coalesce(json_agg(value), '[]') from routines),
    'handlers', (select coalesce(json_agg(value), '[]') from handlers),
    'enums', (select coalesce(json_agg(value), '[]') from enums),
    'composites', (select coalesce(json_agg(value), '[]') from composites),
    'representations', (select coalesce(json_agg(value), '[]') from representations),
    'roles', (select coalesce(json_agg(value), '[]') from roles),
    'types', (select coalesce(json_agg(typname), '[]') from types),
    'reads_request', exists (select from texts where text ~ 'request\.(?!jwt)'),
    'sets_response', exists (select from texts where text ~ 'response\.')
)::text as schema
