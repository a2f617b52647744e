// The requests of an unmodified frontend, row by row of its table: what supabase-js puts on the wire.

const ACCEPT_OBJECT = { accept: 'application/vnd.pgrst.object+json' };
const PROFILE = { 'accept-profile': 'public' };
const SENT = { 'content-profile': 'public' };
const now = '2026-05-05T05:05:05.000Z';
const user = 'aaaaaaaa-0000-4000-8000-00000000000a';
const operator = '0a0a0a0a-0000-4000-8000-000000000001';
const PRIME_LIST = 'id%2Cform%2Cexpression%2Cdigits%2Cfound_at%2Cproof_method%2Cverified%2Cverified_at%2Cverification_method%2Cverification_tier';
const PRIME = 'id%2Cform%2Cexpression%2Cdigits%2Cfound_at%2Csearch_params%2Cproof_method%2Cverified%2Cverified_at%2Cverification_method%2Cverification_tier';

const get = (row, path, headers = {}) => ({ row, path, headers: { ...PROFILE, ...headers } });
const rpc = (row, name, body) => ({ row, method: 'POST', path: `/rpc/${name}`, headers: SENT, body: JSON.stringify(body) });
const write = (row, method, path, body, writes, headers = {}) =>
    ({ row, method, path, headers: { ...SENT, ...headers }, body: body && JSON.stringify(body), writes: [writes] });

const task = { title: 't', description: 'd', priority: 'normal', agent_model: null, source: 'manual', max_cost_usd: 1.5, permission_level: 1, role_name: null };
const schedule = {
    name: 's-new', description: '', enabled: false, trigger_type: 'cron', cron_expr: '* * * * *', event_filter: null, action_type: 'task',
    template_name: null, role_name: null, task_title: 'x', task_description: '', priority: 'normal', max_cost_usd: null, permission_level: 1,
};
const REPRESENTATION = { prefer: 'return=representation', ...ACCEPT_OBJECT };
const UPSERT = { prefer: 'resolution=merge-duplicates, return=representation', ...ACCEPT_OBJECT };
const memory = (key) => ({ key, value: 'v', category: 'general', updated_at: now });

const rows = [
    rpc(1, 'get_stats', {}),
    ...['day', 'week', 'month', 'hour'].map((bucket_type) => rpc(2, 'get_discovery_timeline', { bucket_type })),
    rpc(3, 'get_digit_distribution', { bucket_size_param: 10 }),
    rpc(3, 'get_digit_distribution', { bucket_size_param: 100 }),
    rpc(4, 'get_form_leaderboard', {}),
    get(5, `/primes?select=${PRIME_LIST}&order=id.desc&offset=0&limit=50`, { prefer: 'count=exact' }),
    get(5, `/primes?select=${PRIME_LIST}&form=eq.factorial&expression=ilike.%251%21%25&digits=gte.10&digits=lte.500&order=digits.asc&offset=0&limit=5`, { prefer: 'count=exact' }),
    get(5, `/primes?select=${PRIME_LIST}&expression=ilike.%25%C3%BC%25&order=found_at.desc&offset=0&limit=50`, { prefer: 'count=exact' }),
    get(5, `/primes?select=${PRIME_LIST}&order=id.desc&offset=500&limit=50`, { prefer: 'count=exact' }),
    get(6, `/primes?select=${PRIME}&id=eq.7`, ACCEPT_OBJECT),
    get(6, `/primes?select=${PRIME}&id=eq.123456`, ACCEPT_OBJECT),
    get(7, `/primes?select=${PRIME}&id=eq.9`, ACCEPT_OBJECT),
    get(8, '/records?select=*&order=form.asc%2Ccategory.asc'),
    get(9, '/projects?select=*&order=created_at.desc&limit=200'),
    get(10, '/projects?select=*&slug=eq.first-factorials', ACCEPT_OBJECT),
    get(10, '/projects?select=*&slug=eq.nope', ACCEPT_OBJECT),
    get(11, '/project_phases?select=*&project_id=eq.1&order=phase_order.asc'),
    get(12, '/project_events?select=*&project_id=eq.1&order=created_at.desc&limit=200'),
    get(13, '/agent_tasks?select=*&order=created_at.desc&limit=200'),
    get(13, '/agent_tasks?select=*&order=created_at.desc&limit=200&status=eq.pending'),
    get(14, '/agent_events?select=*&order=created_at.desc&limit=200'),
    get(14, '/agent_events?select=*&order=created_at.desc&limit=200&task_id=eq.1'),
    get(15, '/agent_templates?select=*&order=name.asc'),
    get(16, '/agent_roles?select=*&order=name.asc'),
    write(17, 'POST', '/agent_tasks?select=*', task, 'agent_tasks', REPRESENTATION),
    write(18, 'PATCH', '/agent_tasks?id=eq.3&status=in.%28pending%2Cin_progress%29', { status: 'cancelled', completed_at: now }, 'agent_tasks'),
    write(18, 'PATCH', '/agent_tasks?id=eq.1&status=in.%28pending%2Cin_progress%29', { status: 'cancelled', completed_at: now }, 'agent_tasks'),
    get(19, '/agent_budgets?select=*&order=id.asc'),
    write(20, 'PATCH', '/agent_budgets?id=eq.1', { budget_usd: 12.5, updated_at: now }, 'agent_budgets'),
    get(21, '/agent_memory?select=*&order=category.asc%2Ckey.asc'),
    write(22, 'POST', '/agent_memory?on_conflict=key&select=*', memory('brand-new'), 'agent_memory', UPSERT),
    write(22, 'POST', '/agent_memory?on_conflict=key&select=*', memory('known'), 'agent_memory', UPSERT),
    write(23, 'DELETE', '/agent_memory?key=eq.known', undefined, 'agent_memory'),
    write(23, 'DELETE', '/agent_memory?key=eq.nope', undefined, 'agent_memory'),
    get(24, '/agent_schedules?select=*&order=name.asc'),
    write(25, 'POST', '/agent_schedules?select=*', schedule, 'agent_schedules', REPRESENTATION),
    write(25, 'POST', '/agent_schedules?select=*', { ...schedule, name: 'known' }, 'agent_schedules', REPRESENTATION),
    write(26, 'PATCH', '/agent_schedules?id=eq.900&select=*', { enabled: true, updated_at: now }, 'agent_schedules', REPRESENTATION),
    write(26, 'PATCH', '/agent_schedules?id=eq.12345&select=*', { enabled: true, updated_at: now }, 'agent_schedules', REPRESENTATION),
    write(27, 'DELETE', '/agent_schedules?id=eq.900', undefined, 'agent_schedules'),
    get(28, `/user_profiles?select=role%2Coperator_id&id=eq.${user}`, ACCEPT_OBJECT),
    get(28, '/user_profiles?select=role%2Coperator_id&id=eq.bbbbbbbb-0000-4000-8000-00000000000b', ACCEPT_OBJECT),
    get(29, `/user_profiles?select=display_name%2Crole&id=eq.${user}`, ACCEPT_OBJECT),
    get(30, `/operators?select=*&id=eq.${operator}`, ACCEPT_OBJECT),
    { ...get(31, '/operators?select=id&primes_found=gte.10', { prefer: 'count=exact' }), method: 'HEAD' },
    write(32, 'PATCH', `/user_profiles?id=eq.${user}`, { display_name: 'Ada L.' }, 'user_profiles'),
];

/** Every row as every role: anon meets the 401s, the service role sees all. */
export const contract = rows.flatMap((one) => ['user', 'anon', 'service'].map((as) => ({ ...one, as, group: `row ${one.row}` })));
