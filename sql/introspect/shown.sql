-- Which relations and functions of one schema the description of the API shows, and the schema's
-- comment. $1: the schema; $2: true for all, false for those that the role which runs this has any
-- privilege on. Functions are a flat list of name and oid, so that overloads stay apart. PostgreSQL is
-- not asked for the privileges on what is in other schemas: that is what "offset 0" is for.
select
    obj_description(n.oid, 'pg_namespace'),
    (
        select coalesce(json_agg(c.relname order by c.relname), '[]')
        from (
            select oid, relname, relowner
            from pg_class
            where relnamespace = n.oid
                and relkind in ('r', 'p', 'v', 'm', 'f')
                and not relispartition
            offset 0
        ) c
        where $2::boolean
            or pg_has_role(c.relowner, 'USAGE')
            or has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            or has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
    ),
    (
        select coalesce(json_agg(word order by p.proname, p.pronargs, p.oid, i), '[]')
        from (
            select oid, proname, pronargs
            from pg_proc
            where pronamespace = n.oid
            offset 0
        ) p
        cross join lateral (values (1, p.proname::text), (2, p.oid::text)) as pair (i, word)
        where $2::boolean
            or has_function_privilege(p.oid, 'execute')
    )
from pg_namespace n
where n.nspname = $1
