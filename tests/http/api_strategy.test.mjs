// The curated routes of releases, strategy, audit, notifications and version.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, serviceKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
});
after(() => stand?.stop());
const get = (path, token = admin.token) => api(path, { token });
const send = (method) => (path, body, token = admin.token) => api(path, { method, body: body ?? {}, token });
const [post, put] = [send('POST'), send('PUT')];

describe('who may', () => {
    const READS = ['releases/worker', 'releases/events', 'releases/health', 'strategy/status', 'strategy/scores', 'strategy/decisions', 'strategy/config', 'audit'];
    const WRITES = [
        ['POST', 'releases/worker', { version: '0.0.1' }], ['POST', 'releases/rollout', { channel: 'beta', version: '1' }], ['POST', 'releases/rollback', { channel: 'beta' }],
        ['PUT', 'strategy/config', { enabled: true }], ['POST', 'strategy/tick', {}], ['POST', 'strategy/decisions/1/override', { reason: 'x' }],
    ];
    for (const path of READS)
        test(`read ${path}`, async () => {
            for (const [token, status] of [[null, 401], [anonKey, 401], [userA.token, 403], [admin.token, 200], [serviceKey, 200]])
                for (const mount of ['', 'v1/']) assert.equal((await get(mount + path, token)).status, status);
        });
    for (const [method, path, body] of WRITES)
        test(`${method} ${path}`, async () => {
            for (const [token, status] of [[null, 401], [anonKey, 401], [userA.token, 403]])
                for (const mount of ['', 'v1/']) assert.equal((await send(method)(mount + path, body, token)).status, status);
        });
    test('everyone asks for the version', async () => {
        assert.deepEqual((await get('version', null)).body, { data: { version: '1', supported: ['1'], deprecated: [] } });
    });
    test('and nobody was let through', async () => {
        assert.equal((await get('audit')).body.data.total, 0);
    });
});

describe('releases', () => {
    test('publish, roll out, roll back', async () => {
        const artifacts = [{ os: 'linux', arch: 'x86_64', url: 'https://example.org/w', sha256: 'ab' }];
        for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
            const { status, body } = await post('releases/worker', { version, artifacts, notes: `notes ${version}`, published_at: `2026-01-0${version[2]}T00:00:00Z`.replace('00T', '09T') });
            assert.equal(status, 201);
            assert.deepEqual(Object.keys(body.release), ['version', 'artifacts', 'notes', 'published_at', 'created_at']);
            assert.deepEqual(body.release.artifacts, artifacts);
        }
        const steps = [
            ['rollout', { channel: 'stable', version: '1.0.0' }, ['1.0.0', 100]],
            ['rollout', { channel: 'stable', version: '1.1.0', rollout_percent: 10, changed_by: 'root' }, ['1.1.0', 10]],
            ['rollout', { channel: 'stable', version: '1.1.0', rollout_percent: 50 }, ['1.1.0', 50]],
            ['rollback', { channel: 'stable' }, ['1.0.0', 100]],
        ];
        for (const [what, body, want] of steps) {
            const reply = await post(`releases/${what}`, body);
            assert.equal(reply.status, 200, JSON.stringify(reply.body));
            assert.deepEqual(Object.keys(reply.body.channel), ['channel', 'version', 'rollout_percent', 'updated_at']);
            assert.deepEqual([reply.body.channel.version, reply.body.channel.rollout_percent], want);
        }
        const { events } = (await get('releases/events')).body;
        assert.deepEqual(Object.keys(events[0]), ['id', 'channel', 'from_version', 'to_version', 'rollout_percent', 'changed_by', 'changed_at']);
        assert.deepEqual(events.map((event) => [event.from_version, event.to_version]), [['1.1.0', '1.0.0'], ['1.1.0', '1.1.0'], ['1.0.0', '1.1.0'], [null, '1.0.0']]);
        assert.equal(events[2].changed_by, 'root');
        assert.equal(events[3].changed_by, admin.id);
        assert.equal((await get('releases/events?limit=1')).body.events.length, 1);
    });

    test('the list has releases and channels, and no envelope', async () => {
        const { body } = await get('releases/worker?limit=2');
        assert.deepEqual(Object.keys(body), ['releases', 'channels']);
        assert.equal(body.releases.length, 2);
        assert.deepEqual(body.channels.map(({ channel, version }) => [channel, version]), [['stable', '1.0.0']]);
    });

    test('health counts versions of nodes that are alive', async () => {
        await query(`insert into operator_nodes (operator_id, node_id, node_version, last_heartbeat)
            select id, 'rel-' || n, case when n > 2 then '1.0.0' else '1.1.0' end, now() - make_interval(hours => n * 5) from private.operators, generate_series(1, 5) as n where username = 'ada'`);
        const { body } = await get('releases/health?active_hours=17');
        assert.equal(body.active_hours, 17);
        assert.deepEqual(body.adoption.filter((row) => row.worker_version !== 'unknown'), [{ worker_version: '1.1.0', workers: 2 }, { worker_version: '1.0.0', workers: 1 }]);
        assert.equal(body.channels.length, 1);
    });

    const BAD = [
        ['worker', {}, /^version is required/], ['worker', { version: 'x'.repeat(65) }, /^version must be/], ['rollout', { channel: 'nightly', version: '1.0.0' }, /^channel must be/],
        ['rollout', { channel: 'beta', version: '9' }, /^Unknown version: 9$/], ['rollout', { channel: 'beta', version: '1.0.0', rollout_percent: 101 }, /^rollout_percent must be/],
        ['rollback', { channel: 'beta' }, /^No earlier version on channel beta$/],
    ];
    for (const [path, body, error] of BAD)
        test(`400: ${path} ${error}`, async () => {
            const reply = await post(`releases/${path}`, body);
            assert.equal(reply.status, 400);
            assert.match(reply.body.error, error);
        });
});

describe('strategy', () => {
    test('the status and the config have the keys that the frontend reads', async () => {
        assert.deepEqual(Object.keys((await get('strategy/status')).body), ['enabled', 'tick_interval_secs', 'last_tick', 'monthly_spend_usd', 'monthly_budget_usd', 'max_concurrent_projects']);
        assert.deepEqual(Object.keys((await get('strategy/config')).body), ['id', 'enabled', 'max_concurrent_projects', 'max_monthly_budget_usd', 'max_per_project_budget_usd',
            'preferred_forms', 'excluded_forms', 'min_idle_workers_to_create', 'record_proximity_threshold', 'tick_interval_secs', 'updated_at']);
    });

    test('a PUT changes what it names', async () => {
        const { body: before } = await get('strategy/config');
        const { status, body } = await put('strategy/config', { enabled: true, preferred_forms: ['kbn', 'twin'], max_monthly_budget_usd: 12.5, id: 7 });
        assert.equal(status, 200);
        assert.deepEqual({ ...body, updated_at: 0 }, { ...before, enabled: true, preferred_forms: ['kbn', 'twin'], max_monthly_budget_usd: 12.5, updated_at: 0 });
        assert.deepEqual((await get('strategy/config')).body, body);
    });

    for (const [body, error] of [[{ enabled: 'yes' }, /^enabled must be/], [{ tick_interval_secs: 1 }, /^tick_interval_secs/], [{ record_proximity_threshold: 2 }, /^record_proximity/], [{ max_concurrent_projects: -1 }, /^max_concurrent/]])
        test(`400: ${JSON.stringify(body)}`, async () => {
            const reply = await put('strategy/config', body);
            assert.equal(reply.status, 400);
            assert.match(reply.body.error, error);
        });

    test('decisions, and one that is overridden', async () => {
        await query(`insert into strategy_decisions (decision_type, form, summary, estimated_cost_usd, action_taken)
            values ('create_job', 'kbn', 'search', 2.5, 'executed'), ('no_action', null, 'wait', null, 'deferred')`);
        const { body } = await get('strategy/decisions');
        assert.deepEqual(Object.keys(body[0]), ['id', 'decision_type', 'form', 'summary', 'reasoning', 'params', 'estimated_cost_usd', 'action_taken', 'override_reason', 'project_id', 'search_job_id', 'scores', 'created_at']);
        assert.deepEqual(body.map((row) => row.summary), ['wait', 'search']);
        assert.equal((await get('strategy/status')).body.monthly_spend_usd, 2.5);
        assert.deepEqual((await post(`strategy/decisions/${body[1].id}/override`, { action_taken: 'overridden', reason: 'too dear' })).body, { ok: true });
        const [, changed] = (await get('strategy/decisions')).body;
        assert.deepEqual([changed.action_taken, changed.override_reason], ['overridden', 'too dear']);
        assert.deepEqual((await post('strategy/decisions/99999/override', { reason: 'x' })).body, { error: 'Decision not found' });
        assert.equal((await post('strategy/decisions/1/override', {})).status, 400);
    });

    test('scores lie between 0 and 1, the best first', async () => {
        await query(`insert into records (form, expression, digits) values ('kbn', '3*2^1+1', 1000) on conflict do nothing`);
        const { body } = await get('strategy/scores');
        assert.deepEqual(Object.keys(body[0]), ['form', 'record_gap', 'yield_rate', 'cost_efficiency', 'coverage_gap', 'fleet_fit', 'total']);
        for (const { form, ...parts } of body) for (const part of Object.values(parts)) assert.ok(part >= 0 && part <= 1, `${form} ${part}`);
        assert.deepEqual(body.map((row) => row.total), body.map((row) => row.total).sort((a, b) => b - a));
    });

    test('a tick is a command for the engine', async () => {
        const { status, body } = await post('strategy/tick');
        assert.equal(status, 202);
        const command = await api(body.href.replace('/api/', ''), { token: admin.token });
        assert.deepEqual([command.body.kind, command.body.status], ['strategy.tick', 'queued']);
    });
});

describe('audit', () => {
    const entries = async (query) => (await get(`audit?${query}`)).body.data;
    test('who changed what', async () => {
        const { entries: all, total } = await entries('limit=500');
        assert.equal(all.length, total);
        assert.deepEqual(Object.keys(all[0]), ['id', 'user_id', 'user_email', 'action', 'resource', 'method', 'status_code', 'ip_address', 'user_agent', 'payload', 'created_at', 'role', 'tenant_id', 'request_id']);
        assert.deepEqual(all.map((entry) => entry.action).reverse(), [...Array(3).fill('releases.publish'), ...Array(4).fill('releases.channel'), 'strategy.config', 'strategy.override']);
        assert.ok(all.every((entry) => entry.user_id === admin.id && entry.user_email === admin.email));
    });
    test('filters and pages', async () => {
        assert.equal((await entries('action=releases.channel')).total, 4);
        assert.equal((await entries(`user_id=${userA.id}`)).total, 0);
        assert.equal((await entries('since=2999-01-01')).total, 0);
        const page = await entries('action=releases.channel&limit=3&offset=2');
        assert.deepEqual([page.entries.length, page.total], [2, 4]);
        assert.deepEqual((await entries('offset=100')).entries, []);
        for (const bad of ['limit=0', 'limit=501', 'offset=-1', 'user_id=me', 'since=now']) assert.equal((await get(`audit?${bad}`)).status, 400);
    });
});

describe('notifications', () => {
    test('are what the snapshot of /ws says', async () => {
        const { status, body } = await get('notifications', null);
        assert.equal(status, 200);
        assert.ok(body.notifications.length > 0);
        assert.deepEqual(Object.keys(body.notifications[0]), ['id', 'kind', 'title', 'details', 'count', 'timestamp_ms']);
        assert.deepEqual(body.notifications, (await get('ws-snapshot', null)).body.notifications);
        assert.equal((await get('notifications?limit=1', null)).body.notifications.length, 1);
        assert.equal((await get('notifications?limit=51', null)).status, 400);
    });
});
