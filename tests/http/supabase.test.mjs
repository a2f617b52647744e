// Unmodified supabase-js, two versions of it, through every call that the frontend makes: as a
// signed-in user, another one, without a user, and with the service key. Status, headers, data and
// error codes are what PostgREST 12.0.2 answers.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { startStand } from '../support/stand.mjs';
import { anonKey, serviceKey, userA, userB } from '../support/tokens.mjs';

const versionOf = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
const VERSIONS = [
    [versionOf('@supabase/supabase-js'), (await import('@supabase/supabase-js')).createClient],
    [versionOf('supabase-js-2-96'), (await import('supabase-js-2-96')).createClient],
];
const OBJECT = 'application/vnd.pgrst.object+json; charset=utf-8';
const PRIME_LIST = 'id,form,expression,digits,found_at,proof_method,verified,verified_at,verification_method,verification_tier';
const PRIME_DETAIL = 'id,form,expression,digits,found_at,search_params,proof_method,verified,verified_at,verification_method,verification_tier';
const NOW = '2026-05-05T10:00:00.000Z';

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());

/** A client whose last request and answer stay visible in .wire; only fetch is ours, and it only looks. */
function clientOf(createClient, token) {
    const wire = {};
    const options = {
        auth: { persistSession: false, autoRefreshToken: false },
        global: {
            fetch: async (url, init) => {
                const reply = await fetch(url, init);
                const { pathname, search } = new URL(url);
                Object.assign(wire, { line: `${init.method} ${pathname.replace('/rest/v1', '')}${search}`, reply, body: init.body, text: await reply.clone().text() });
                return reply;
            },
        },
    };
    if (token && token !== serviceKey) options.accessToken = async () => token;
    const client = createClient(stand.url, token === serviceKey ? serviceKey : anonKey, options);
    client.wire = wire;
    return client;
}

/** The answer has this status and no error; returns its data. */
function good(result, status = 200) {
    assert.equal(result.error, null, JSON.stringify(result.error));
    assert.equal(result.status, status);
    return result.data;
}

/** The answer is this failure. more: other fields of the error. */
function bad(result, status, code, more = {}) {
    assert.equal(result.status, status, JSON.stringify(result.error));
    assert.ok(result.error, 'an error');
    assert.equal(result.error.code, code);
    for (const [name, value] of Object.entries(more)) assert.deepEqual(result.error[name], value, name);
    assert.equal(result.data, null);
}

const noRow = (result) => bad(result, 406, 'PGRST116', { details: 'The result contains 0 rows', hint: null, message: 'Cannot coerce the result to a single JSON object' });
const refused = (result) => bad(result, 401, '42501');
const header = (client, name) => client.wire.reply.headers.get(name);

for (const [version, createClient] of VERSIONS) {
    describe(`supabase-js ${version}`, () => {
        let ada, bo, anon, service;
        const mark = version.replaceAll('.', '-');
        before(() => {
            ada = clientOf(createClient, userA.token);
            bo = clientOf(createClient, userB.token);
            anon = clientOf(createClient);
            service = clientOf(createClient, serviceKey);
        });

        describe('numbers (rows 1 to 4)', () => {
            test('1: get_stats is an object', async () => {
                for (const client of [ada, bo, anon, service]) {
                    const data = good(await client.rpc('get_stats'));
                    assert.equal(client.wire.line, 'POST /rpc/get_stats');
                    assert.equal(data.total, 60);
                    assert.equal(data.largest_digits, 600);
                    assert.deepEqual(data.by_form, [{ form: 'factorial', count: 20 }, { form: 'kbn', count: 20 }, { form: 'palindromic', count: 20 }]);
                    assert.equal(header(client, 'content-range'), '0-0/*');
                    assert.equal(header(client, 'content-type'), 'application/json; charset=utf-8');
                }
            });
            test('2: get_discovery_timeline takes its bucket type', async () => {
                const sizes = {};
                for (const bucket_type of ['hour', 'day', 'week', 'month']) {
                    const rows = good(await anon.rpc('get_discovery_timeline', { bucket_type }));
                    assert.equal(rows.reduce((sum, { count }) => sum + count, 0), 60);
                    assert.match(rows[0].bucket, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
                    sizes[bucket_type] = rows.length;
                }
                assert.ok(sizes.hour >= sizes.day && sizes.day > sizes.week && sizes.week > sizes.month);
                assert.equal(anon.wire.body, '{"bucket_type":"month"}');
            });
            test('3: get_digit_distribution takes its bucket size', async () => {
                const rows = good(await ada.rpc('get_digit_distribution', { bucket_size_param: 100 }));
                assert.deepEqual([...new Set(rows.map((row) => row.bucket_start))], [0, 100, 200, 300, 400, 500, 600]);
                bad(await ada.rpc('get_digit_distribution', { bucket_size_param: 0 }), 400, '22023');
            });
            test('4: get_form_leaderboard ranks the forms', async () => {
                for (const client of [ada, anon, service]) {
                    const rows = good(await client.rpc('get_form_leaderboard'));
                    assert.equal(rows.length, 3);
                    assert.deepEqual(Object.keys(rows[0]), ['form', 'count', 'largest_digits', 'largest_expression', 'latest_found_at', 'verified_count', 'verified_pct']);
                    assert.equal(rows[0].verified_pct, 50);
                }
            });
            test('an unknown function is 404', async () => {
                bad(await ada.rpc('no_such_function', { a: 1 }), 404, 'PGRST202');
            });
        });

        describe('primes (rows 5 to 7)', () => {
            test('5: a page, counted', async () => {
                const result = await ada.from('primes').select(PRIME_LIST, { count: 'exact' }).order('id', { ascending: false }).range(0, 49);
                const rows = good(result, 206);
                assert.equal(ada.wire.line, `GET /primes?select=${encodeURIComponent(PRIME_LIST)}&order=id.desc&offset=0&limit=50`);
                assert.equal(result.count, 60);
                assert.deepEqual(rows.map(({ id }) => id), Array.from({ length: 50 }, (_, i) => 60 - i));
                assert.deepEqual(Object.keys(rows[0]), PRIME_LIST.split(','));
                assert.equal(header(ada, 'content-range'), '0-49/60');
                assert.equal(header(ada, 'preference-applied'), 'count=exact');
            });
            test('5: every filter, in the order of the hook', async () => {
                const result = await ada.from('primes').select(PRIME_LIST, { count: 'exact' })
                    .eq('form', 'kbn').ilike('expression', '%2^%').gte('digits', 100).lte('digits', 400)
                    .order('digits', { ascending: true }).range(0, 4);
                assert.deepEqual(good(result, 206).map(({ digits }) => digits), [100, 130, 160, 190, 220]);
                assert.equal(result.count, 11);
                assert.equal(header(ada, 'content-range'), '0-4/11');
                assert.match(ada.wire.line, /form=eq\.kbn&expression=ilike\.%25/);
            });
            test('5: a search text with percent sign, blank and umlaut', async () => {
                const result = await ada.from('primes').select('id,expression').ilike('expression', '%!\\% Ü%');
                assert.deepEqual(good(result), [{ id: 7, expression: '7!% ü+1' }]);
            });
            test('5: an offset past the end is 416 with the total', async () => {
                const result = await ada.from('primes').select(PRIME_LIST, { count: 'exact' }).eq('id', 1).order('id').range(50, 99);
                bad(result, 416, 'PGRST103', { details: 'An offset of 50 was requested, but there are only 1 rows.', message: 'Requested range not satisfiable', hint: null });
                assert.equal(header(ada, 'content-range'), '*/1');
            });
            test('5: without a user there are no rows, the service key sees all', async () => {
                const nobody = await anon.from('primes').select(PRIME_LIST, { count: 'exact' }).order('id').range(0, 49);
                assert.deepEqual(good(nobody), []);
                assert.equal(nobody.count, 0);
                assert.equal(header(anon, 'content-range'), '*/0');
                assert.equal((await service.from('primes').select('id', { count: 'exact' }).range(0, 0)).count, 60);
            });
            test('6, 7: one prime is an object', async () => {
                for (const client of [ada, bo, service]) {
                    const row = good(await client.from('primes').select(PRIME_DETAIL).eq('id', 30).single());
                    assert.equal(row.expression, '30!+1');
                    assert.equal(row.search_params, '{"n" : 30}');
                    assert.equal(row.verified, true);
                    assert.equal(row.found_at, '2026-01-09T18:00:00+00:00');
                    assert.equal(header(client, 'content-type'), OBJECT);
                }
            });
            test('6: no such prime is 406', async () => {
                noRow(await ada.from('primes').select(PRIME_DETAIL).eq('id', 99999).single());
                noRow(await anon.from('primes').select(PRIME_DETAIL).eq('id', 30).single());
            });
            test('6: several rows for one object is 406 with their number', async () => {
                bad(await ada.from('primes').select('id').in('id', [1, 2, 3]).single(), 406, 'PGRST116', { details: 'The result contains 3 rows' });
            });
        });

        describe('records and projects (rows 8 to 12)', () => {
            test('8: records, sorted twice, for everybody', async () => {
                for (const client of [ada, anon, service]) {
                    const rows = good(await client.from('records').select('*').order('form').order('category'));
                    assert.equal(client.wire.line, 'GET /records?select=*&order=form.asc%2Ccategory.asc');
                    assert.deepEqual(rows.map(({ form }) => form), ['factorial', 'palindromic']);
                }
            });
            test('9: projects, newest first', async () => {
                for (const client of [bo, anon]) {
                    const rows = good(await client.from('projects').select('*').order('created_at', { ascending: false }).limit(200));
                    assert.deepEqual(rows.map(({ slug }) => slug), ['wide-palindromes', 'first-factorials']);
                    assert.deepEqual(rows[0].target, {});
                }
            });
            test('10: a project by its slug', async () => {
                const row = good(await anon.from('projects').select('*').eq('slug', 'first-factorials').single());
                assert.equal(row.id, 1);
                noRow(await anon.from('projects').select('*').eq('slug', 'nothing').single());
            });
            test('11: its phases in order', async () => {
                const rows = good(await ada.from('project_phases').select('*').eq('project_id', 1).order('phase_order'));
                assert.deepEqual(rows.map(({ name }) => name), ['sieve', 'verify']);
                assert.deepEqual(rows[0].depends_on, []);
            });
            test('12: its events, newest first', async () => {
                const rows = good(await ada.from('project_events').select('*').eq('project_id', 1).order('created_at', { ascending: false }).limit(200));
                assert.deepEqual(rows.map(({ event_type }) => event_type), ['started', 'created']);
            });
        });

        describe('agents: reads (rows 13 to 16, 19, 21, 24)', () => {
            test('13: tasks, the filter behind the limit', async () => {
                const all = good(await ada.from('agent_tasks').select('*').order('created_at', { ascending: false }).limit(200));
                assert.ok(all.length >= 4);
                const pending = good(await ada.from('agent_tasks').select('*').order('created_at', { ascending: false }).limit(200).eq('status', 'failed'));
                assert.equal(ada.wire.line, 'GET /agent_tasks?select=*&order=created_at.desc&limit=200&status=eq.failed');
                assert.deepEqual(pending.map(({ title }) => title), ['rest']);
                assert.match(ada.wire.text, /"cost_usd":0\.0000/);
            });
            test('14: events of one task', async () => {
                const rows = good(await bo.from('agent_events').select('*').order('created_at', { ascending: false }).limit(200).eq('task_id', 1));
                assert.deepEqual(rows.map(({ id }) => id), [2, 1]);
            });
            test('15, 16: templates and roles by name', async () => {
                assert.deepEqual(good(await ada.from('agent_templates').select('*').order('name')).map(({ name }) => name), ['deploy', 'survey']);
                const roles = good(await ada.from('agent_roles').select('*').order('name'));
                assert.deepEqual(roles.map(({ name, domains }) => [name, domains]), [['engineer', ['engine']], ['researcher', ['primes']]]);
            });
            test('19: budgets keep the digits of their numbers', async () => {
                const rows = good(await ada.from('agent_budgets').select('*').order('id'));
                assert.deepEqual(rows.map(({ period }) => period), ['daily', 'weekly', 'monthly']);
                assert.match(ada.wire.text, /"budget_usd":\d+\.\d\d,"spent_usd":0\.0000,/);
            });
            test('21, 24: memory and schedules', async () => {
                const memory = good(await ada.from('agent_memory').select('*').order('category').order('key'));
                assert.deepEqual(memory.map(({ key }) => key).slice(0, 3), ['forms', 'alpha', 'zeta']);
                assert.deepEqual(good(await ada.from('agent_schedules').select('*').order('name')).map(({ name }) => name).filter((name) => !name.startsWith('s-')), ['nightly', 'on-prime']);
            });
            test('without a user they are all empty', async () => {
                for (const table of ['agent_tasks', 'agent_events', 'agent_templates', 'agent_roles', 'agent_budgets', 'agent_memory', 'agent_schedules']) {
                    assert.deepEqual(good(await anon.from(table).select('*')), [], table);
                    assert.equal(header(anon, 'content-range'), '*/*');
                }
            });
        });

        describe('agents: writes (rows 17, 18, 20, 22, 23, 25 to 27)', () => {
            const task = { title: `t-${mark}`, description: 'd', priority: 'high', agent_model: null, source: 'manual', max_cost_usd: 1.5, permission_level: 1, role_name: 'researcher' };
            test('17: a new task comes back whole', async () => {
                for (const client of [ada, bo, service]) {
                    const row = good(await client.from('agent_tasks').insert(task).select().single(), 201);
                    assert.equal(client.wire.line, 'POST /agent_tasks?select=*');
                    assert.equal(row.title, task.title);
                    assert.equal(row.status, 'pending');
                    assert.ok(row.id >= 1000);
                    assert.match(client.wire.text, /"max_cost_usd":1\.50/);
                    assert.equal(header(client, 'content-range'), '*/*');
                    assert.equal(header(client, 'preference-applied'), 'return=representation');
                    assert.equal(header(client, 'content-type'), OBJECT);
                }
                refused(await anon.from('agent_tasks').insert(task).select().single());
            });
            test('17: what the table refuses', async () => {
                bad(await ada.from('agent_tasks').insert({ ...task, priority: 'later' }).select().single(), 400, '23514');
                bad(await ada.from('agent_tasks').insert({ ...task, role_name: 'nobody' }).select().single(), 409, '23503');
                bad(await ada.from('agent_tasks').insert({ ...task, nonsense: 1 }).select().single(), 400, 'PGRST204');
                bad(await ada.from('agent_tasks').insert({ ...task, cost_usd: 0 }).select().single(), 403, '42501');
            });
            test('18: a task is cancelled, without a word', async () => {
                const { id } = good(await ada.from('agent_tasks').insert(task).select().single(), 201);
                const cancel = (client, which) => client.from('agent_tasks').update({ status: 'cancelled', completed_at: NOW }).eq('id', which).in('status', ['pending', 'in_progress']);
                assert.equal(good(await cancel(bo, id), 204), null);
                assert.equal(bo.wire.line, `PATCH /agent_tasks?id=eq.${id}&status=in.%28pending%2Cin_progress%29`);
                assert.equal(header(bo, 'content-range'), '0-0/*');
                assert.equal(bo.wire.text, '');
                good(await cancel(ada, id), 204);
                assert.equal(header(ada, 'content-range'), '*/*');
                assert.deepEqual(await stand.query('select status, completed_at from agent_tasks where id = $1', [id]), [{ status: 'cancelled', completed_at: new Date(NOW) }]);
                refused(await cancel(anon, id));
            });
            test('20: a budget is changed', async () => {
                const set = (client, budget_usd) => client.from('agent_budgets').update({ budget_usd, updated_at: NOW }).eq('id', 1);
                good(await set(ada, 12.5), 204);
                assert.deepEqual(await stand.query('select budget_usd::text from agent_budgets where id = 1'), [{ budget_usd: '12.50' }]);
                refused(await set(anon, 99));
                good(await set(service, 10), 204);
            });
            test('22: memory is added, then changed', async () => {
                const upsert = (client, value) => client.from('agent_memory').upsert({ key: `k-${mark}`, value, category: 'general', updated_at: NOW }, { onConflict: 'key' }).select().single();
                const added = good(await upsert(ada, 'one'), 201);
                assert.equal(ada.wire.line, 'POST /agent_memory?on_conflict=key&select=*');
                const changed = good(await upsert(bo, 'two'), 200);
                assert.equal(changed.id, added.id);
                assert.equal(changed.value, 'two');
                assert.equal(header(bo, 'preference-applied'), 'resolution=merge-duplicates, return=representation');
                assert.equal(header(bo, 'content-type'), OBJECT);
                refused(await upsert(anon, 'three'));
            });
            test('23: memory is forgotten', async () => {
                const forget = (client) => client.from('agent_memory').delete().eq('key', `k-${mark}`);
                refused(await forget(anon));
                assert.equal(good(await forget(ada), 204), null);
                assert.equal(header(ada, 'content-range'), '*/*');
                assert.deepEqual(await stand.query('select id from agent_memory where key = $1', [`k-${mark}`]), []);
            });
            test('25, 26, 27: a schedule lives', async () => {
                const schedule = {
                    name: `s-${mark}`, description: '', enabled: false, trigger_type: 'cron', cron_expr: '0 3 * * *', event_filter: null, action_type: 'task', template_name: null,
                    role_name: null, task_title: 'tidy', task_description: '', priority: 'normal', max_cost_usd: null, permission_level: 1,
                };
                const insert = (client) => client.from('agent_schedules').insert(schedule).select().single();
                const { id } = good(await insert(ada), 201);
                /* PostgreSQL keeps the key to itself where row level security is on */
                bad(await insert(ada), 409, '23505', { details: null });
                bad(await insert(service), 409, '23505', { details: `Key (name)=(s-${mark}) already exists.`, message: 'duplicate key value violates unique constraint "agent_schedules_name_key"' });
                refused(await insert(anon));

                const update = (client, part) => client.from('agent_schedules').update({ ...part, updated_at: NOW }).eq('id', id).select().single();
                const changed = good(await update(bo, { enabled: true }));
                assert.equal(bo.wire.line, `PATCH /agent_schedules?id=eq.${id}&select=*`);
                assert.equal(changed.enabled, true);
                assert.equal(header(bo, 'content-type'), OBJECT);
                assert.equal(header(bo, 'content-range'), '0-0/*');
                refused(await update(anon, { enabled: false }));

                const drop = (client) => client.from('agent_schedules').delete().eq('id', id);
                refused(await drop(anon));
                good(await drop(ada), 204);
                noRow(await update(ada, { enabled: false }));
            });
        });

        describe('the account (rows 28 to 32)', () => {
            test('28, 29: the own profile and no other', async () => {
                const profile = (client, columns, id) => client.from('user_profiles').select(columns).eq('id', id).single();
                assert.deepEqual(good(await profile(ada, 'role,operator_id', userA.id)), { role: 'operator', operator_id: '0a0a0a0a-0000-4000-8000-000000000001' });
                assert.equal(ada.wire.line, `GET /user_profiles?select=role%2Coperator_id&id=eq.${userA.id}`);
                assert.deepEqual(good(await profile(bo, 'display_name,role', userB.id)), { display_name: 'bo', role: 'operator' });
                noRow(await profile(bo, 'display_name,role', userA.id));
                noRow(await profile(anon, 'role,operator_id', userA.id));
                assert.equal(good(await profile(service, 'display_name', userB.id)).display_name, 'bo');
            });
            test('30: the own operator row', async () => {
                const row = good(await ada.from('operators').select('*').eq('id', '0a0a0a0a-0000-4000-8000-000000000001').single());
                for (const [name, value] of Object.entries({ username: 'ada', email: 'ada@example.org', team: 'north', credit: 700, primes_found: 12 })) assert.equal(row[name], value, name);
                assert.ok(row.joined_at);
                noRow(await ada.from('operators').select('*').eq('id', '00000000-0000-4000-8000-000000000000').single());
            });
            test('31: a rank is a count', async () => {
                const rank = (client, found) => client.from('operators').select('id', { count: 'exact', head: true }).gte('primes_found', found);
                const result = await rank(ada, 30);
                good(result);
                assert.equal(ada.wire.line, 'HEAD /operators?select=id&primes_found=gte.30');
                assert.equal(result.count, 1);
                assert.equal(header(ada, 'content-range'), '0-0/1');
                assert.equal(ada.wire.text, '');
                assert.equal((await rank(bo, 5)).count, 3);
                assert.equal((await rank(service, 0)).count, 3);
                assert.equal((await rank(anon, 0)).status, 401);
            });
            test('32: the own display name and no other', async () => {
                const rename = (client, id, display_name) => client.from('user_profiles').update({ display_name }).eq('id', id);
                good(await rename(ada, userA.id, `Ada ${version}`), 204);
                assert.equal(header(ada, 'content-range'), '0-0/*');
                good(await rename(bo, userA.id, 'taken'), 204);
                assert.equal(header(bo, 'content-range'), '*/*');
                refused(await rename(anon, userA.id, 'taken'));
                assert.deepEqual(await stand.query('select display_name from user_profiles where id = $1', [userA.id]), [{ display_name: `Ada ${version}` }]);
            });
        });

        describe('what goes wrong', () => {
            test('an unknown table, an unknown column, a value of another type', async () => {
                const unknown = await ada.from('nonsense').select('*');
                assert.equal(unknown.status, 404);
                assert.ok(['42P01', 'PGRST205'].includes(unknown.error.code), unknown.error.code);
                bad(await ada.from('primes').select('nonsense'), 400, '42703');
                bad(await ada.from('primes').select('id').eq('id', 'x'), 400, '22P02');
            });
            test('a token that is none', async () => {
                const stranger = clientOf(createClient, 'not.a.token');
                const result = await stranger.from('primes').select('id');
                bad(result, 401, 'PGRST301');
            });
            test('the operators\' keys are nowhere', async () => {
                for (const client of [ada, bo, anon]) bad(await client.from('operators').select('api_key_hash'), 400, '42703');
            });
        });
    });
}
