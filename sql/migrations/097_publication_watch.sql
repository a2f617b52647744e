-- Tables that join or leave a publication are followed at once.

-- up

create function postern.publication_watch() returns event_trigger language plpgsql set search_path = '' as $$
begin
    notify pgrst, 'reload schema';
end
$$;
comment on function postern.publication_watch is 'Announces altered publications on channel pgrst.';

-- Event triggers need a superuser; without one, reload by hand: notify pgrst, 'reload schema'.
do $$
begin
    create event trigger postern_publication_watch on ddl_command_end
        when tag in ('CREATE PUBLICATION', 'ALTER PUBLICATION', 'DROP PUBLICATION')
        execute function postern.publication_watch();
    comment on event trigger postern_publication_watch is 'Follows tables that join or leave a publication.';
exception
    when insufficient_privilege then
        raise notice 'no event triggers without a superuser: after a change, notify pgrst, ''reload schema''';
end
$$;

-- down

drop event trigger if exists postern_publication_watch;
drop function postern.publication_watch();
