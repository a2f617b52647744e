-- Demo, first: operators, users with fixed ids, machines. Everybody here is invented.

insert into private.operators (id, username, email, team, credit, api_key_hash, joined_at, last_seen)
select
    format('00000000-0000-4000-a000-%s', lpad(number::text, 12, '0'))::uuid,
    username,
    username || '@example.org',
    team,
    13 - number,
    encode(sha256(convert_to('demo operator ' || username, 'UTF8')), 'hex'),
    now() - make_interval(days => 380 - 9 * number::integer),
    now() - make_interval(mins => 3 * number::integer)
from unnest(
    array['ada', 'bob', 'grace', 'emmy', 'sophie', 'carl', 'leonhard', 'pierre', 'marin', 'edouard', 'srinivasa', 'pafnuty'],
    array['Analytical', 'Analytical', 'Compilers', 'Invariants', 'Paris', 'Göttingen', 'Basel', 'Toulouse', 'Paris', 'Paris', null, 'Okatovo']
) with ordinality as operator (username, team, number);

-- A user of the dashboard gets a profile by trigger.
insert into auth.users (id, email, raw_user_meta_data, created_at)
values
    ('00000000-0000-4000-8000-000000000001', 'grace@example.org', '{"display_name": "Grace"}', now() - interval '370 days'),
    ('00000000-0000-4000-8000-000000000002', 'ada@example.org', '{"display_name": "Ada"}', now() - interval '360 days'),
    ('00000000-0000-4000-8000-000000000003', 'bob@example.org', '{}', now() - interval '350 days');

update user_profiles
set operator_id = operators.id, created_at = users.created_at, role = case operators.username when 'grace' then 'admin' else 'operator' end
from auth.users
join private.operators using (email)
where user_profiles.id = users.id;

insert into operator_trust (operator_id, consecutive_valid, total_valid, total_invalid, trust_level)
select id, 40 * credit, 160 * credit, credit % 3, least(4, 1 + credit / 3)
from private.operators;

-- Two machines for the busy half, one for the others.
insert into operator_nodes (operator_id, node_id, hostname, cores, cpu_model, os, arch, ram_gb, has_gpu, gpu_model,
    node_version, benchmark_score, resource_capabilities, registered_at, last_heartbeat)
select
    operators.id,
    format('%s-%s', username, number),
    format('%s-%s.example.org', username, number),
    case when number = 1 then 16 else 64 end,
    case when number = 1 then 'AMD Ryzen 9 7950X' else 'AMD EPYC 9554' end,
    'linux',
    'x86_64',
    case when number = 1 then 64 else 256 end,
    number = 2,
    case when number = 2 then 'NVIDIA L4' end,
    '1.4.0',
    case when number = 1 then 920.5 else 4180.0 end,
    '{"cpu": true}',
    joined_at + interval '1 hour',
    last_seen
from private.operators
cross join generate_series(1, 2) as number
where number = 1 or credit > 6;
