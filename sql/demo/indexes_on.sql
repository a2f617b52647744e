-- Demo: puts on what indexes_off.sql took off.

do $$
declare
    part record;
begin
    set local maintenance_work_mem = '128MB';
    for part in select put_on from taken_off order by step loop
        execute part.put_on;
    end loop;
    drop table taken_off;
end
$$;
