-- Workers on other machines are started by a deployer, a program beside this one: here its commands.

-- up

-- What a deployer gives to ssh must not be able to be an option or a second command.
create function postern.queue_deploy(hostname text, ssh_user text, more jsonb) returns json
    language plpgsql volatile set search_path = '' as $$
begin
    if hostname !~ '^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$' then
        raise exception 'hostname must be a name or an address' using errcode = 'PT400';
    elsif ssh_user !~ '^[a-z_][a-z0-9_-]*$' then
        raise exception 'ssh_user must be a user''s name' using errcode = 'PT400';
    end if;
    return postern.queue_command('fleet.deploy',
        jsonb_build_object('hostname', hostname, 'ssh_user', ssh_user) || more);
end
$$;
comment on function postern.queue_deploy is 'Queues the command to start a worker on a host.';
revoke execute on function postern.queue_deploy from public;
grant execute on function postern.queue_deploy to postern_api;

-- down

drop function postern.queue_deploy(text, text, jsonb);
