-- POST /api/fleet/deploy
-- Asks for a worker to be started on a host. A deployer, a program beside this one with keys of its
-- own, picks the command up; a key in the body is not kept.
-- also: /api/v1/fleet/deploy
-- access: admin
-- param: hostname text min 1 max 253
-- param: ssh_user text = root min 1 max 32
-- param: ssh_port int = 22 min 1 max 65535
-- param: coordinator_url text? max 500
-- param: search_type text? max 80
-- param: params json?
-- param: cores int? min 1 max 4096
-- answer: accepted
select postern.queue_deploy(:hostname, :ssh_user, json_strip_nulls(json_build_object(
    'ssh_port', :ssh_port, 'coordinator_url', :coordinator_url, 'search_type', :search_type,
    'params', :params, 'cores', :cores))::jsonb)
