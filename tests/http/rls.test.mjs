// Who may what: every exposed table, every verb, every role, as the tables below say. A table or a
// function that is not in them fails the suite, so that nothing is exposed without a decision.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { admin, anonKey, as, mint, serviceKey, userA, userB } from '../support/tokens.mjs';

const OPERATOR_A = '0a0a0a0a-0000-4000-8000-000000000001';
const OPERATOR_B = '0b0b0b0b-0000-4000-8000-000000000002';

/*
 * anon, user: the rows that are seen: 'all', 'none', a filter (SQL, for Ada), or 'refused'.
 * writes: what a user may do of 'insert update delete'; nobody without a user may do any.
 * key: a row to change; row: a row to insert (taken: one that is there already); patch: a change.
 */
const TABLES = {
    primes: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, form: 'x', expression: 'x', digits: 1, search_params: '{}' }, patch: { digits: 2 } },
    prime_verification_queue: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, prime_id: 3 }, patch: { claimed_by: 'x' } },
    prime_verification_summary: { anon: 'none', user: 'all', writes: '', key: 'prime_id=eq.2', row: { prime_id: 3 }, patch: { verified_count: 9 } },
    workers: { anon: 'none', user: 'all', writes: '', key: 'worker_id=eq.w-1', row: { worker_id: 'w-9', hostname: 'h', search_type: 'x' }, patch: { cores: 9 } },
    search_jobs: { anon: 'all', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, search_type: 'x', params: {}, range_start: 1, range_end: 2 }, patch: { status: 'paused' } },
    work_blocks: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, search_job_id: 1, block_start: 9000, block_end: 9001 }, patch: { status: 'failed' } },
    projects: { anon: 'all', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, slug: 's', name: 'n', objective: 'custom', form: 'x' }, patch: { name: 'x' } },
    project_phases: { anon: 'all', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, project_id: 1, name: 'x', phase_order: 9 }, patch: { phase_order: 8 } },
    project_events: { anon: 'all', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, project_id: 1, event_type: 'x', summary: 's' }, patch: { summary: 'x' } },
    records: { anon: 'all', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, form: 'x', expression: 'x', digits: 1 }, patch: { holder: 'x' } },
    agent_tasks: { anon: 'none', user: 'all', writes: 'insert update', key: 'id=eq.1', row: { title: 'x' }, patch: { title: 'y' } },
    agent_task_deps: { anon: 'none', user: 'all', writes: '', key: 'task_id=eq.3', row: { task_id: 2, depends_on: 1 }, patch: { depends_on: 1 } },
    agent_events: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, event_type: 'message', summary: 's' }, patch: { summary: 'x' } },
    agent_logs: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, task_id: 1, stream: 'stdout', line_num: 9, content: 'x' }, patch: { content: 'x' } },
    agent_budgets: { anon: 'none', user: 'all', writes: 'update', key: 'id=eq.1', row: { id: 500, period: 'daily' }, patch: { budget_usd: 11 }, taken: true },
    agent_memory: { anon: 'none', user: 'all', writes: 'insert update delete', key: 'id=eq.1', row: { key: 'x', value: 'x', category: 'general' }, patch: { value: 'y' } },
    agent_roles: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, name: 'x' }, patch: { description: 'x' } },
    agent_templates: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, name: 'x' }, patch: { description: 'x' } },
    agent_role_templates: { anon: 'none', user: 'all', writes: '', key: 'role_name=eq.researcher', row: { role_name: 'engineer', template_name: 'survey' }, patch: { template_name: 'deploy' } },
    agent_schedules: { anon: 'none', user: 'all', writes: 'insert update delete', key: 'id=eq.1', row: { name: 'x', trigger_type: 'cron', task_title: 'x' }, patch: { enabled: true } },
    commands: { anon: 'none', user: 'none', writes: '', key: 'id=eq.1', row: { id: 500, kind: 'x' }, patch: { status: 'done' } },
    badge_definitions: { anon: 'all', user: 'all', writes: '', key: 'id=eq.first-prime', row: { id: 'x', name: 'x', description: 'x', tier: 'gold', metric: 'days', threshold: 1, icon: 'x' }, patch: { name: 'x' } },
    operator_badges: { anon: 'none', user: `operator_id = '${OPERATOR_A}'`, writes: '', key: `operator_id=eq.${OPERATOR_A}`, row: { operator_id: OPERATOR_A, badge_id: 'x' }, patch: { granted_at: '2026-01-01' } },
    resource_credit_rates: { anon: 'all', user: 'all', writes: '', key: 'resource_type=eq.cpu', row: { resource_type: 'cpu', credits_per_unit: 1, unit_label: 'x' }, patch: { credits_per_unit: 9 }, taken: true },
    system_logs: { anon: 'none', user: 'none', writes: '', key: 'id=eq.1', row: { id: 500, level: 'info', source: 'x', component: 'x', message: 'x' }, patch: { message: 'y' } },
    metric_samples: { anon: 'none', user: 'none', writes: '', key: 'id=eq.900001', row: { id: 500, scope: 'x', metric: 'x', value: 1 }, patch: { value: 2 } },
    metric_rollups_hourly: { anon: 'none', user: 'none', writes: '', key: `bucket_start=gt.2026-02-01&bucket_start=lt.${new Date(Date.now() - 5 * 864e5).toISOString()}&metric=eq.x`, row: { bucket_start: '2026-01-01', scope: 'x', metric: 'x', count: 1, sum: 1, min: 1, max: 1 }, patch: { sum: 2 } },
    metric_rollups_daily: { anon: 'none', user: 'none', writes: '', key: `bucket_start=gt.2026-02-01&bucket_start=lt.${new Date(Date.now() - 5 * 864e5).toISOString()}&metric=eq.x`, row: { bucket_start: '2026-01-01', scope: 'x', metric: 'x', count: 1, sum: 1, min: 1, max: 1 }, patch: { sum: 2 } },
    audit_log: { anon: 'none', user: 'none', writes: '', key: 'id=eq.1', row: { id: 500, action: 'x', method: 'POST' }, patch: { action: 'y' } },
    worker_releases: { anon: 'none', user: 'all', writes: '', key: 'version=eq.1.0.0', row: { version: '9.9.9' }, patch: { notes: 'x' } },
    worker_release_channels: { anon: 'none', user: 'all', writes: '', key: 'channel=eq.stable', row: { channel: 'beta', version: '9.9.9' }, patch: { rollout_percent: 1 } },
    worker_release_events: { anon: 'none', user: 'none', writes: '', key: 'id=eq.1', row: { id: 500, channel: 'beta', to_version: '9.9.9', rollout_percent: 1 }, patch: { rollout_percent: 2 } },
    strategy_config: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 1 }, patch: { enabled: true }, taken: true },
    strategy_decisions: { anon: 'none', user: 'all', writes: '', key: 'id=eq.1', row: { id: 500, decision_type: 'no_action', summary: 'x' }, patch: { summary: 'y' } },
    operators: { anon: 'refused', user: 'all', writes: '', key: `id=eq.${OPERATOR_A}`, patch: { username: 'x' }, view: true },
    operator_nodes: { anon: 'none', user: `operator_id = '${OPERATOR_A}'`, writes: '', key: 'id=eq.1', row: { id: 500, operator_id: OPERATOR_A, node_id: 'x' }, patch: { hostname: 'x' } },
    operator_trust: { anon: 'none', user: `operator_id = '${OPERATOR_A}'`, writes: '', key: `operator_id=eq.${OPERATOR_A}`, row: { operator_id: '0d0d0d0d-0000-4000-8000-000000000003' }, patch: { trust_level: 9 } },
    operator_credits: { anon: 'none', user: `operator_id = '${OPERATOR_A}'`, writes: '', key: 'id=eq.1', row: { id: 500, operator_id: OPERATOR_A, credit: 1, reason: 'x' }, patch: { credit: 9 } },
    user_profiles: { anon: 'none', user: `id = '${userA.id}'`, writes: 'update', key: `id=eq.${userA.id}`, row: { id: userA.id }, patch: { display_name: 'x' }, taken: true },
};

/* Functions of the exposed schema that a caller may run: the roles beside the service key. */
const FUNCTIONS = {
    get_stats: 'anon user', get_discovery_timeline: 'anon user', get_digit_distribution: 'anon user', get_form_leaderboard: 'anon user',
    is_admin: 'user', handle_new_user: '',
    check_and_grant_badges: '', claim_work_blocks: '', claim_work_block: '', update_block_progress: '', complete_work_block_with_duration: '',
    reclaim_stale_blocks: '', get_job_core_hours: '',
};

/* Rows of the tables that the other suites find empty. */
const ROWS = `
insert into operator_badges (operator_id, badge_id) select operator_id, id from (select min(id) as id from badge_definitions) as badge,
    (values ('${OPERATOR_A}'::uuid), ('${OPERATOR_B}')) as operators (operator_id);
insert into system_logs (id, level, source, component, message) values (1, 'info', 's', 'c', 'm');
delete from metric_samples where id = 900001;
insert into metric_samples (id, ts, scope, metric, value) values (900001, now() - interval '3 days', 's', 'x', 1);
insert into metric_rollups_hourly (bucket_start, scope, metric, count, sum, min, max) values (date_trunc('day', now() - interval '9 days', 'UTC'), 's', 'x', 1, 1, 1, 1);
insert into metric_rollups_daily (bucket_start, scope, metric, count, sum, min, max) values (date_trunc('day', now() - interval '9 days', 'UTC'), 's', 'x', 1, 1, 1, 1);
insert into audit_log (id, action, method) values (1, 'a', 'POST');
insert into worker_releases (version) values ('1.0.0');
insert into worker_release_channels (channel, version) values ('stable', '1.0.0');
insert into worker_release_events (id, channel, to_version, rollout_percent) values (1, 'stable', '1.0.0', 100);
insert into strategy_decisions (id, decision_type, summary) values (1, 'no_action', 's');`;

/* As another server would that runs them: the jobs write nothing while this suite looks. */
async function keepJobs() {
    const jobs = readdirSync(join(root, 'sql/jobs')).filter((file) => file.endsWith('.sql'));
    const client = await stand.cluster.client(stand.db);
    for (const file of jobs) await client.query("select pg_advisory_lock(hashtext('postern'), hashtext($1))", [file.replace('.sql', '')]);
    return client;
}

let stand, jobs, before_all;
before(async () => {
    stand = await startStand();
    jobs = await keepJobs();
    stand.cluster.psql(ROWS, stand.db);
    before_all = await sums();
});
after(async () => {
    await jobs?.end();
    await stand?.stop();
});

/** One request below /rest/v1: { status, body, range }. */
async function rest(token, method, path, { body, headers = {} } = {}) {
    const reply = await fetch(`${stand.url}/rest/v1/${path}`, {
        method, headers: { ...as(token), ...(body && { 'content-type': 'application/json' }), ...headers }, body: body && JSON.stringify(body),
    });
    const text = await reply.text();
    return { status: reply.status, body: text ? JSON.parse(text) : null, range: reply.headers.get('content-range') };
}

/** A digest of every row of every table of ours: equal when nothing was written. */
async function sums() {
    const tables = await stand.query("select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'private', 'auth')");
    const digests = {};
    for (const { name } of tables) digests[name] = (await stand.query(`select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from ${name} t`))[0].sum;
    return digests;
}

const seen = async (name, filter) => Number((await stand.query(`select count(*) from ${name} ${filter}`))[0].count);
const refusedAs = (token) => (token === anonKey ? 401 : 403);

function assertRefused(reply, token, what) {
    assert.equal(reply.body?.code, '42501', `${what}: ${JSON.stringify(reply)}`);
    assert.equal(reply.status, refusedAs(token), what);
}

describe('nothing is exposed by accident', () => {
    test('every table and view of the exposed schema has a line here', async () => {
        const rows = await stand.query("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'p', 'f')");
        assert.deepEqual(rows.map(({ relname }) => relname).sort(), Object.keys(TABLES).sort());
    });
    test('every table has row level security, every view is its caller\'s', async () => {
        const bare = await stand.query("select relname from pg_class where relnamespace in ('public'::regnamespace, 'auth'::regnamespace) and relkind = 'r' and not relrowsecurity");
        assert.deepEqual(bare, []);
        const views = await stand.query("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm') and not coalesce(reloptions, '{}') @> '{security_invoker=true}'");
        assert.deepEqual(views, []);
    });
    test('every function of the exposed schema has a line here, and nobody more may run it', async () => {
        const rows = await stand.query(`select proname, concat_ws(' ', case when has_function_privilege('anon', oid, 'execute') then 'anon' end,
            case when has_function_privilege('authenticated', oid, 'execute') then 'user' end) as roles from pg_proc where pronamespace = 'public'::regnamespace`);
        assert.deepEqual(Object.fromEntries(rows.map(({ proname, roles }) => [proname, roles]).sort()), Object.fromEntries(Object.entries(FUNCTIONS).sort()));
    });
    test('every function that runs with its owner\'s rights pins its search path', async () => {
        const rows = await stand.query("select oid::regprocedure::text as name from pg_proc where prosecdef and pronamespace in ('public'::regnamespace, 'private'::regnamespace, 'postern'::regnamespace) and not coalesce(array_to_string(proconfig, ',') like '%search_path=%', false)");
        assert.deepEqual(rows, []);
    });
});

describe('reads', () => {
    for (const [name, line] of Object.entries(TABLES)) {
        test(`${name}: nobody ${line.anon}, a user ${line.user}, the service all`, async () => {
            const all = await seen(name, '');
            for (const [token, rule] of [[anonKey, line.anon], [userA.token, line.user], [serviceKey, 'all']]) {
                const reply = await rest(token, 'GET', `${name}?select=*`);
                if (rule === 'refused') { assertRefused(reply, token, name); continue; }
                const want = rule === 'all' ? all : rule === 'none' ? 0 : await seen(name, `where ${rule}`);
                assert.equal(reply.status, 200, JSON.stringify(reply.body));
                assert.equal(reply.body.length, want, name);
                if (rule !== 'none') assert.ok(want > 0, `${name} has rows to see`);
            }
        });
    }
});

describe('writes without a user are refused, on every table', () => {
    for (const [name, { key, row, patch }] of Object.entries(TABLES)) {
        test(name, async () => {
            for (const headers of [{}, { prefer: 'return=representation' }, { prefer: 'resolution=merge-duplicates' }, { prefer: 'resolution=ignore-duplicates' }])
                assertRefused(await rest(anonKey, 'POST', name, { body: row ?? patch, headers }), anonKey, 'POST');
            assertRefused(await rest(anonKey, 'PATCH', `${name}?${key}`, { body: patch }), anonKey, 'PATCH');
            assertRefused(await rest(anonKey, 'DELETE', `${name}?${key}`), anonKey, 'DELETE');
        });
    }
    test('and nothing was written', async () => assert.deepEqual(await sums(), before_all));
});

describe('writes of a user are refused where the table does not say so', () => {
    for (const [name, { key, row, patch, writes }] of Object.entries(TABLES)) {
        test(`${name}: ${writes || 'none'}`, async () => {
            for (const { token } of [userA, userB, admin]) {
                if (!writes.includes('insert')) assertRefused(await rest(token, 'POST', name, { body: row ?? patch }), token, 'POST');
                if (!writes.includes('update')) assertRefused(await rest(token, 'PATCH', `${name}?${key}`, { body: patch }), token, 'PATCH');
                if (!writes.includes('delete')) assertRefused(await rest(token, 'DELETE', `${name}?${key}`), token, 'DELETE');
            }
        });
    }
    test('and nothing was written', async () => assert.deepEqual(await sums(), before_all));
});

describe('writes of a user work where the table says so', () => {
    const keyOf = (name, row) => (row.id ? `id=eq.${row.id}` : `worker_id=eq.${row.worker_id}`);
    for (const [name, { key, row, patch, writes }] of Object.entries(TABLES).filter(([, line]) => line.writes)) {
        test(`${name}: ${writes}`, async () => {
            const { token } = userA;
            let mine = key;
            if (writes.includes('insert')) {
                const made = await rest(token, 'POST', name, { body: row, headers: { prefer: 'return=representation' } });
                assert.equal(made.status, 201, JSON.stringify(made.body));
                mine = keyOf(name, made.body[0]);
            }
            const changed = await rest(token, 'PATCH', `${name}?${mine}`, { body: patch, headers: { prefer: 'return=representation' } });
            assert.equal(changed.status, 200, JSON.stringify(changed.body));
            assert.equal(changed.body.length, 1);
            const [column, value] = Object.entries(patch)[0];
            assert.equal(changed.body[0][column], value);
            if (writes.includes('delete')) {
                assert.equal((await rest(token, 'DELETE', `${name}?${mine}`)).status, 204);
                assert.deepEqual((await rest(token, 'GET', `${name}?${mine}`)).body, []);
            }
        });
    }
});

describe('the service key passes row level security', () => {
    for (const [name, { key, row, patch, taken }] of Object.entries(TABLES).filter(([, line]) => !line.view)) {
        test(name, async () => {
            const changed = await rest(serviceKey, 'PATCH', `${name}?${key}`, { body: patch, headers: { prefer: 'return=representation' } });
            assert.equal(changed.status, 200, JSON.stringify(changed.body));
            assert.equal(changed.body.length, 1);
            const made = await rest(serviceKey, 'POST', name, { body: row });
            assert.equal(made.status, taken ? 409 : 201, JSON.stringify(made.body));
        });
    }
});

describe('nobody becomes more than they are', () => {
    test('a user cannot change role, operator or id of the own profile', async () => {
        for (const body of [{ role: 'admin' }, { operator_id: OPERATOR_B }, { id: userB.id }, { display_name: 'x', role: 'admin' }, { created_at: '2000-01-01' }])
            assertRefused(await rest(userA.token, 'PATCH', `user_profiles?id=eq.${userA.id}`, { body }), userA.token, JSON.stringify(body));
        assert.deepEqual(await stand.query('select role, operator_id from user_profiles where id = $1', [userA.id]), [{ role: 'operator', operator_id: OPERATOR_A }]);
    });
    test('a user cannot make a profile, with the upsert neither', async () => {
        for (const prefer of ['return=minimal', 'resolution=merge-duplicates'])
            assertRefused(await rest(userA.token, 'POST', 'user_profiles', { body: { id: userA.id, role: 'admin' }, headers: { prefer } }), userA.token, prefer);
    });
    test('another user\'s profile is not there', async () => {
        const reply = await rest(userB.token, 'PATCH', `user_profiles?id=eq.${userA.id}`, { body: { display_name: 'taken' }, headers: { prefer: 'return=representation' } });
        assert.deepEqual([reply.status, reply.body], [200, []]);
    });
    test('an administrator reads all profiles, and may not hand out roles either', async () => {
        assert.equal((await rest(admin.token, 'GET', 'user_profiles')).body.length, 3);
        assertRefused(await rest(admin.token, 'PATCH', `user_profiles?id=eq.${userA.id}`, { body: { role: 'admin' } }), admin.token, 'role');
    });
    test('a role in the token\'s own words makes no administrator', async () => {
        const boastful = await mint({ aud: 'authenticated', role: 'authenticated', sub: userA.id, user_role: 'admin', app_metadata: { role: 'admin' }, user_metadata: { role: 'admin' } });
        assert.equal((await rest(boastful, 'GET', 'user_profiles')).body.length, 1);
        assert.equal((await rest(boastful, 'POST', 'rpc/is_admin', { body: { user_id: userA.id } })).body, false);
    });
    test('a token names no other role of the database', async () => {
        for (const role of ['postgres', 'authenticator', 'postern_api', 'none', 'nobody', 'pg_read_all_data', 'ANON', '"anon"', 'anon; reset role']) {
            const reply = await rest(await mint({ role, sub: userA.id }), 'GET', 'primes?select=id&limit=1');
            assert.ok([401, 403].includes(reply.status), `${role}: ${JSON.stringify(reply)}`);
            assert.ok(!Array.isArray(reply.body), role);
        }
    });
});

describe('what operators keep for themselves', () => {
    test('the e-mail address shows on the own row and to administrators', async () => {
        const emails = async (token) => Object.fromEntries((await rest(token, 'GET', 'operators?select=username,email')).body.map(({ username, email }) => [username, email]));
        assert.deepEqual(await emails(userA.token), { ada: 'ada@example.org', bo: null, carol: null });
        assert.deepEqual(await emails(userB.token), { ada: null, bo: 'bo@example.org', carol: null });
        assert.deepEqual(await emails(admin.token), { ada: 'ada@example.org', bo: 'bo@example.org', carol: 'carol@example.org' });
    });
    test('nor can it be guessed by filtering or sorting', async () => {
        for (const filter of ['email=eq.bo@example.org', 'email=like.bo*', 'email=ilike.*example*&username=eq.bo', 'email=not.is.null&username=eq.bo'])
            assert.deepEqual((await rest(userA.token, 'GET', `operators?select=username&${filter}`)).body, [], filter);
        const sorted = (await rest(userA.token, 'GET', 'operators?select=username&order=email.desc.nullslast,username.asc')).body;
        assert.deepEqual(sorted.map(({ username }) => username), ['ada', 'bo', 'carol']);
    });
    test('no hash of a key in any answer', async () => {
        for (const token of [anonKey, userA.token, admin.token]) {
            const reply = await rest(token, 'GET', 'operators?select=*');
            assert.doesNotMatch(JSON.stringify(reply.body), /api_key|a{64}|b{64}|c{64}/);
        }
    });
});

describe('what is not exposed is not there', () => {
    test('other schemas cannot be named', async () => {
        for (const schema of ['private', 'auth', 'postern', 'pg_catalog', 'information_schema'])
            for (const [method, header] of [['GET', 'accept-profile'], ['POST', 'content-profile'], ['PATCH', 'content-profile'], ['DELETE', 'content-profile']]) {
                const reply = await rest(serviceKey, method, 'operators?id=is.null', { headers: { [header]: schema }, body: method === 'GET' ? undefined : {} });
                assert.equal(reply.status, 406, `${method} ${schema}: ${JSON.stringify(reply.body)}`);
                assert.equal(reply.body.code, 'PGRST106');
            }
    });
    test('nor their tables and views by a trick of the path', async () => {
        for (const path of ['dashboard_stats', 'form_leaderboard_mv', 'schema_migrations', 'users', 'pg_authid', 'private.operators', 'auth.users', 'public.primes', 'public%22.%22primes', 'private%2Foperators', 'primes%00', 'PRIMES'])
            for (const token of [anonKey, userA.token, serviceKey]) {
                const reply = await rest(token, 'GET', path);
                assert.ok(reply.status === 404 || reply.status === 400, `${path}: ${reply.status}`);
            }
    });
    test('nor functions of the house', async () => {
        for (const name of ['refresh_dashboard', 'operator_email', 'my_operator_id', 'uid', 'pg_sleep', 'pg_read_file', 'set_config', 'handle_new_user'])
            for (const token of [anonKey, userA.token]) {
                const reply = await rest(token, 'POST', `rpc/${name}`, { body: {} });
                assert.ok([401, 403, 404].includes(reply.status), `${name}: ${reply.status}`);
            }
        assertRefused(await rest(anonKey, 'POST', 'rpc/is_admin', { body: { user_id: userA.id } }), anonKey, 'is_admin');
    });
});
