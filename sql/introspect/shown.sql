-- Which relations and functions of one schema the description of the API shows, and the schema's
-- comment. $1: the schema; $2: true for all, false for those that the role which runs this has any
-- privilege on. Functions are a flat list of name and oid, so that overloads stay apart.
select
    obj_description(n.oid, 'pg_namespace'),
    (
        select coalesce(json_agg(c.relname order by c.relname), '[]')
        from pg_class c
        where c.relnamespace = n.oid
            and c.relkind in ('r', 'p', 'v', 'm', 'f')
            and not c.relispartition
            and (
                $2::boolean
                or pg_has_role(c.relowner, 'USAGE')
                or has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                or has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
            )
    ),
    (
        select coalesce(json_agg(word order by p.proname, p.pronargs, p.oid, i), '[]')
        from pg_proc p
        cross join lateral (values (1, p.proname::text), (2, p.oid::text)) as pair (i, word)
        where p.pronamespace = n.oid
            and ($2::boolean or has_function_privilege(p.oid, 'execute'))
    )
from pg_namespace n
where n.nspname = $1
