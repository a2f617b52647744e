-- Decisions of the strategy, which came after the publication was made, are sent live, too.

-- up

do $$
begin
    if exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables)
        and not exists (
            select from pg_publication_tables
            where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = 'strategy_decisions')
    then
        alter publication supabase_realtime add table public.strategy_decisions;
    end if;
end
$$;

-- down

do $$
begin
    if exists (
        select from pg_publication_tables
        where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = 'strategy_decisions')
    then
        alter publication supabase_realtime drop table public.strategy_decisions;
    end if;
end
$$;
