-- Demo, behind the primes: puts on what indexes_off.sql took off, one transaction each, because
-- another connection reads the table meanwhile.
do $$
declare
    part record;
begin
    for part in select put_on from taken_off order by step loop
        execute part.put_on;
        commit;
    end loop;
end
$$
