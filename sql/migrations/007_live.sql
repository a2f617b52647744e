-- The publication that live changes are read from. Tables join it with the live issue's migration.

-- up

do $$
begin
    if current_setting('wal_level') = 'logical'
        and not exists (select from pg_publication where pubname = 'supabase_realtime')
    then
        create publication supabase_realtime;
        comment on publication supabase_realtime is 'Postern: the tables whose changes are sent live.';
    end if;
end
$$;

-- down

do $$
begin
    if (select obj_description(oid, 'pg_publication') from pg_publication where pubname = 'supabase_realtime')
        like 'Postern:%'
    then
        drop publication supabase_realtime;
    end if;
end
$$;
