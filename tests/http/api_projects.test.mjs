// Projects and records: shapes, states, what they cost, TOML in and out.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
});
after(() => stand?.stop());

const ask = (method, path, body, token = admin.token) => api(path, { method, body, token });
const get = async (path) => (await api(path)).body;
const NEW = { name: 'Große Primes!', description: 'd', objective: 'record', form: 'kbn', target: { range_start: 1, range_end: 9 }, strategy: { auto_strategy: true, phases: [] } };
const TOML = `# a project
[project]
name = "From TOML" # trailing
description = 'C:\\literal # not a comment'
objective = "survey"
form = "twin"

[target]
range_start = 1_000
range_end = 2.5e3
[budget]
max_cost_usd = 12.5
[strategy]
auto_strategy = false
tags = [ "a, ]", 'b', # why [
  "c",
]
matrix = [[1, 2], [3]]
[[strategy.phases]]
name = "sieve"
[[strategy.phases]]
name = "test"
depends_on = ["sieve"]
search_params.k = 3
search_params.since = 2026-01-02
search_params.limits = { low = 0x10, "high er" = 1_0, notes = '''
as "it" is''' }
description = """
two \\
  lines\\u0021"""
`;
const LIMITS = { low: 16, 'high er': 10, notes: 'as "it" is' };

test('everybody reads, administrators write', async () => {
    const WRITES = [['projects', NEW], ['projects/import', { toml: TOML }], ['projects/first-factorials/activate'], ['projects/first-factorials/pause'], ['projects/first-factorials/cancel'], ['records/refresh']];
    const READS = ['projects', 'projects/first-factorials', 'projects/first-factorials/events', 'projects/first-factorials/export', 'records'];
    for (const mount of ['', 'v1/']) {
        for (const path of READS) for (const token of [undefined, anonKey, userA.token]) assert.equal((await api(mount + path, { token })).status, 200, path);
        for (const [path, body] of WRITES)
            for (const [token, status] of [[undefined, 401], [anonKey, 401], [userA.token, 403]])
                assert.equal((await api(mount + path, { method: 'POST', body, token })).status, status, path);
    }
    for (const path of ['', '/events', '/cost-history', '/export']) assert.deepEqual(await get(`projects/nothing${path}`), { error: 'Project not found' });
    for (const verb of ['activate', 'pause', 'cancel']) assert.deepEqual((await ask('POST', `projects/nothing/${verb}`)).body, { error: 'Project not found' });
});

describe('reading', () => {
    test('the list, in pages and by status', async () => {
        const { projects } = await get('projects');
        assert.deepEqual(projects.map(({ slug }) => slug), ['wide-palindromes', 'first-factorials']);
        assert.deepEqual(Object.keys(projects[0]), ['id', 'slug', 'name', 'description', 'objective', 'form', 'status', 'total_tested', 'total_found', 'best_digits', 'total_core_hours', 'total_cost_usd', 'budget', 'created_at', 'started_at', 'completed_at']);
        assert.deepEqual((await get('projects?status=draft')).projects.length, 1);
        assert.deepEqual((await get('projects?limit=1&offset=1')).projects.map(({ id }) => id), [1]);
        assert.deepEqual(await get('projects?offset=2'), { projects: [] });
        assert.equal((await api('projects?limit=1001')).status, 400);
    });

    test('one, with phases in order and events newest first', async () => {
        const { project, phases, events } = await get('projects/first-factorials');
        assert.equal(project.slug, 'first-factorials');
        assert.deepEqual(project.budget, {});
        assert.deepEqual(phases.map(({ name }) => name), ['sieve', 'verify']);
        for (const key of ['id', 'name', 'description', 'phase_order', 'status', 'total_tested', 'total_found', 'search_job_id', 'started_at', 'completed_at', 'depends_on', 'activation_condition', 'completion_condition'])
            assert.ok(key in phases[0], key);
        assert.deepEqual(events.map(({ event_type }) => event_type), ['started', 'created']);
        assert.deepEqual((await get('projects/first-factorials/events?limit=1')).events.map(({ id }) => id), [2]);
    });

    test('records, and a refresh that somebody else does', async () => {
        const { records } = await get('records');
        assert.deepEqual(records.map(({ form }) => form), ['factorial', 'palindromic']);
        assert.deepEqual(Object.keys(records[0]), ['id', 'form', 'category', 'expression', 'digits', 'holder', 'discovered_at', 'source', 'source_url', 'our_best_id', 'our_best_digits', 'fetched_at', 'updated_at']);
        const { status, body } = await ask('POST', 'records/refresh');
        assert.deepEqual([status, body.kind, body.status], [202, 'records.refresh', 'queued']);
        assert.equal((await api(body.href.replace('/api/', ''), { token: admin.token })).body.status, 'queued');
    });

    test('what it cost adds up, day by day', async () => {
        await query('update search_jobs set project_id = 1 where id = 1');
        await query(`update projects set budget = '{"max_cost_usd": 9}', infrastructure = '{"cloud_rate": 0.5}', total_core_hours = 7 where id = 1`);
        await query(`update work_blocks set status = 'completed', duration_secs = 3600, cores_used = id * 2, completed_at = '2026-03-01T12:00Z'::timestamptz + make_interval(days => id::int)`);
        const body = await get('projects/first-factorials/cost-history');
        assert.deepEqual(body.history.map(({ time, core_hours, cost_usd }) => [time.slice(0, 10), core_hours, cost_usd]), [['2026-03-02', 2, 1], ['2026-03-03', 6, 3]]);
        assert.deepEqual([body.budget_usd, body.cloud_rate, body.total_core_hours, body.total_cost_usd], [9, 0.5, 7, 0]);
        const empty = await get('projects/wide-palindromes/cost-history');
        assert.deepEqual([empty.history, empty.budget_usd, empty.cloud_rate], [[], null, 0.04]);
    });
});

describe('making', () => {
    test('a draft with a slug of its own, also when many ask at once', async () => {
        const made = await Promise.all(Array.from({ length: 5 }, () => ask('POST', 'projects', NEW)));
        assert.deepEqual(made.map(({ status }) => status), [201, 201, 201, 201, 201]);
        assert.deepEqual(made.map(({ body }) => body.slug).sort(), ['gro-e-primes', 'gro-e-primes-2', 'gro-e-primes-3', 'gro-e-primes-4', 'gro-e-primes-5']);
        const { project, events } = await get('projects/gro-e-primes');
        assert.deepEqual([project.name, project.status, events[0].event_type], [NEW.name, 'draft', 'created']);
    });

    test('names without letters, wrong objectives', async () => {
        assert.match((await ask('POST', 'projects', { ...NEW, name: '素数' })).body.slug, /^project/);
        for (const change of [{ objective: 'fun' }, { objective: undefined }, { name: '' }, { form: undefined }])
            assert.equal((await ask('POST', 'projects', { ...NEW, ...change })).status, 400, JSON.stringify(change));
    });

    const STEPS = [
        ['pause', 400, "Cannot pause project with status 'draft'"], ['activate', 200, 'active', 'running'], ['activate', 400, "Cannot activate project with status 'active'"],
        ['pause', 200, 'paused', 'paused'], ['activate', 200, 'active', 'running'], ['cancel', 200, 'cancelled', 'cancelled'], ['activate', 400, "Cannot activate project with status 'cancelled'"],
        ['cancel', 400, "Cannot cancel project with status 'cancelled'"],
    ];
    test('states change as they may, and the searches with them', async () => {
        const { body: { id, slug } } = await ask('POST', 'projects', { ...NEW, name: 'steps' });
        await query("insert into search_jobs (search_type, params, status, range_start, range_end, project_id) values ('kbn', '{}', 'running', 1, 2, $1)", [id]);
        for (const [verb, status, said, job] of STEPS) {
            const reply = await ask('POST', `projects/${slug}/${verb}`);
            assert.deepEqual([reply.status, reply.body], [status, status === 200 ? { ok: true, status: said } : { error: said }]);
            if (job) assert.equal((await query('select status from search_jobs where project_id = $1', [id]))[0].status, job);
        }
        assert.deepEqual((await get(`projects/${slug}`)).events.map(({ event_type }) => event_type), ['cancelled', 'activated', 'paused', 'activated', 'created']);
    });
});

describe('TOML', () => {
    test('in and out and in again: the same project', async () => {
        const first = await ask('POST', 'projects/import', { toml: TOML });
        assert.equal(first.status, 201, JSON.stringify(first.body));
        assert.equal(first.body.slug, 'from-toml');
        const exported = await get('projects/from-toml/export');
        assert.equal(exported.original_toml, TOML);
        const second = await ask('POST', 'projects/import', { toml: exported.current_toml });
        assert.equal(second.status, 201, exported.current_toml);
        const [a, b] = await query('select description, objective, form, target, budget, strategy from projects where id = any ($1) order by id', [[first.body.id, second.body.id]]);
        assert.deepEqual(a, b);
        assert.deepEqual(a.target, { range_start: 1000, range_end: 2500 });
        assert.equal(a.description, 'C:\\literal # not a comment');
        assert.deepEqual(a.strategy, { auto_strategy: false, tags: ['a, ]', 'b', 'c'], matrix: [[1, 2], [3]], phases: [{ name: 'sieve' }, { name: 'test', depends_on: ['sieve'], search_params: { k: 3, since: '2026-01-02', limits: LIMITS }, description: 'two lines!' }] });
        const { phases } = await get('projects/from-toml');
        assert.deepEqual(phases.map(({ name, depends_on, search_params }) => [name, depends_on, search_params]), [['sieve', [], {}], ['test', ['sieve'], { k: 3, since: '2026-01-02', limits: LIMITS }]]);
        assert.equal((await get('projects/first-factorials/export')).original_toml, null);
    });

    const BAD = {
        'x': 'line 1: not a key and a value: x', 'a = 1\na = 2': 'line 2: key a is there twice', 'a = ': null, 'b = 1\na = [1,\n2': 'line 2: an array does not end',
        'a = "x': 'line 1: a string does not end', 'a = 1\n[a]\nb = 1': 'line 2: key a is no table', 'a = 1\n[[a]]': 'line 2: key a is no list of tables', 'a = nope': 'line 1: not a value: nope',
        '[a b]\nc = 1': "line 1: a table's name does not end: [a b]", 'a = 01': 'line 1: not a value: 01', 'a = [1 2]': null, 'a = {b = 1} x': 'line 1: something follows on the line: x', 'a = {b = 1': 'line 1: braces do not end',
        'a = inf': 'line 1: not a value: inf', '[a]\n[a]': 'line 2: table a is there twice', 'a = "\\q"': 'line 1: a string has an escape that means nothing', [`a = ${'['.repeat(30)}`]: 'line 1: values are nested more than twenty deep',
    };
    for (const [toml, error] of Object.entries(BAD))
        test(`400: ${JSON.stringify(toml)}`, async () => {
            const reply = await ask('POST', 'projects/import', { toml });
            assert.equal(reply.status, 400);
            if (error) assert.equal(reply.body.error, `TOML parse error: ${error}`);
            else assert.match(reply.body.error, /^TOML parse error: line 1: /);
        });

    test('TOML that is no project', async () => {
        assert.deepEqual((await ask('POST', 'projects/import', { toml: 'a = 1' })).body, { error: 'A project needs a name and a form' });
        assert.deepEqual((await ask('POST', 'projects/import', { toml: 'name = "n"\nform = "f"\nobjective = "fun"' })).body, { error: 'objective must be one of record, survey, verification, custom, not "fun"' });
        assert.equal((await ask('POST', 'projects/import', { toml: '' })).status, 400);
    });
});
