// The curated routes of observability: metrics, logs, the report, the fastest workers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, serviceKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

const LOG = ['id', 'ts', 'level', 'source', 'component', 'message', 'worker_id', 'search_job_id', 'search_id', 'context'];
const HOUR = 3600e3;
const ago = (hours) => new Date(Date.now() - hours * HOUR).toISOString();

// The server samples workers that are alive itself: not now, and then there are none. Two workers, one sample a minute for three hours; 30 log lines, one every six minutes.
const SQL = `
select pg_advisory_xact_lock(hashtext('postern.sample_metrics'));
update workers set last_heartbeat = now() - interval '1 hour';
delete from metric_samples;
insert into metric_samples (ts, scope, metric, value, labels)
select now() - make_interval(mins => n), 'worker', 'worker.tested', (200 - n) * 60 * worker,
    jsonb_build_object('worker_id', 'w' || worker, 'hostname', 'host' || worker, 'search_type', 'kbn')
from generate_series(1, 180) as n, generate_series(1, 2) as worker;
insert into metric_samples (ts, scope, metric, value)
select now() - make_interval(mins => n), 'fleet', 'fleet.workers_connected', n % 5
from generate_series(1, 180) as n;
insert into system_logs (ts, level, source, component, message, worker_id, context)
select now() - make_interval(mins => 6 * n), (array['error', 'warn', 'info', 'debug'])[n % 4 + 1], 'worker', 'sieve',
    'line ' || n || case when n % 10 = 0 then ' disk full' else '' end, 'w' || n % 2 + 1, jsonb_build_object('n', n)
from generate_series(1, 30) as n;
`;

let stand, api;
const get = (path, token = admin.token) => api(`observability/${path}`, { token });
before(async () => {
    stand = await startApi();
    ({ api } = stand);
    await stand.query(SQL);
});
after(() => stand?.stop());

describe('who may read', () => {
    for (const path of ['metrics?metrics=a', 'logs', 'logs/search?q=a', 'logs/stats', 'report', 'workers/top', 'database'])
        test(path, async () => {
            for (const [token, status] of [[undefined, 401], [anonKey, 401], [userA.token, 403], [admin.token, 200], [serviceKey, 200]]) {
                assert.equal((await get(path, token ?? null)).status, status);
                assert.equal((await api(`v1/observability/${path}`, { token })).status, status);
            }
        });
});

describe('metrics', () => {
    test('a series per worker, its points in order of time', async () => {
        const { body } = await get(`metrics?metrics=worker.tested,fleet.workers_connected&from=${ago(1)}&to=${ago(0)}`);
        assert.equal(body.rollup, 'raw');
        assert.deepEqual(body.series.map(({ metric, scope, worker_id }) => [metric, scope, worker_id]), [
            ['fleet.workers_connected', 'fleet', null], ['worker.tested', 'worker', 'w1'], ['worker.tested', 'worker', 'w2'],
        ]);
        const points = body.series[1].points;
        assert.ok(points.length >= 58 && points.length <= 60, `${points.length}`);
        assert.deepEqual(Object.keys(points[0]), ['ts', 'value']);
        assert.deepEqual(points.map((point) => point.value), points.map((point) => point.value).sort((a, b) => a - b));
    });

    const COUNTS = {
        'metrics=worker.tested&worker_id=w1': 1, 'metrics=worker.tested&label_key=hostname&label_value=host2': 1,
        'metrics=worker.tested&scope=fleet': 0, 'metrics=nothing': 0, 'metrics=worker.tested,nothing': 2,
    };
    for (const [query, count] of Object.entries(COUNTS))
        test(query, async () => assert.equal((await get(`metrics?${query}`)).body.series.length, count));

    test('a long window is read from hours and days, once they are summed', async () => {
        await stand.query('select postern.roll_up_metrics()');
        await stand.query('select postern.roll_up_metrics()');
        for (const [days, rollup] of [[7, 'raw'], [8, 'hour'], [91, 'day']])
            assert.equal((await get(`metrics?metrics=worker.tested&from=${ago(24 * days - 1)}`)).body.rollup, rollup);
        const [{ mean }] = await stand.query(`select avg(value) as mean from metric_samples
            where labels ->> 'worker_id' = 'w1' and date_trunc('hour', ts) = date_trunc('hour', now() - interval '1 hour')`);
        const { body } = await get('metrics?metrics=worker.tested&worker_id=w1&rollup=hour&from=' + ago(2));
        assert.ok(body.series[0].points.some((point) => Math.abs(point.value - mean) < 1e-6));
        assert.ok((await get('metrics?metrics=worker.tested&rollup=day&from=' + ago(48))).body.series.length === 2);
    });

    test('as CSV', async () => {
        const { body, headers } = await get('metrics?metrics=worker.tested&format=csv&label_key=hostname');
        const lines = body.trim().split('\r\n');
        assert.equal(lines[0], 'metric,ts,value,scope,worker_id,label_key,label_value');
        assert.equal(lines.length, 361);
        assert.match(lines[1], /^worker\.tested,20.*,worker,w\d,hostname,host\d$/);
        assert.match(headers.get('content-disposition'), /darkreach-metrics-\d{8}\.csv/);
    });
});

describe('logs', () => {
    const COUNTS = {
        '': 30, 'limit=7': 7, 'level=error': 7, 'worker_id=w1': 15, 'source=worker&component=sieve': 30, 'component=none': 0,
        [`from=${ago(1.05)}`]: 10, [`to=${ago(1.05)}`]: 20, 'level=': 30,
    };
    for (const [query, count] of Object.entries(COUNTS))
        test(query.replace(/20\d\d.*/, '...') || 'all', async () => assert.equal((await get(`logs?${query}`)).body.logs.length, count));

    test('the newest first, with the columns that the frontend reads', async () => {
        const { logs } = (await get('logs')).body;
        assert.deepEqual(Object.keys(logs[0]), LOG);
        assert.equal(logs[0].message, 'line 1');
        assert.deepEqual(logs[0].context, { n: 1 });
        assert.equal(logs.at(-1).message, 'line 30 disk full');
    });

    test('as CSV', async () => {
        const lines = (await get('logs?format=csv&limit=3')).body.trim().split('\r\n');
        assert.equal(lines[0], 'ts,level,source,component,message,worker_id');
        assert.equal(lines.length, 4);
    });

    test('a search wants all words, and counts what is on other pages', async () => {
        const { body } = await get('logs/search?q=FULL%20disk&limit=2&offset=1');
        assert.deepEqual(Object.keys(body.logs[0]), LOG);
        assert.deepEqual(body.logs.map((log) => log.message), ['line 20 disk full', 'line 30 disk full']);
        assert.deepEqual([body.total, body.limit, body.offset], [3, 2, 1]);
        assert.equal((await get('logs/search?q=disk%20empty')).body.total, 0);
        assert.equal((await get("logs/search?q=%27%3B%20drop%20table%20x%20%26%7C!")).status, 200);
    });

    test('stats count by level', async () => {
        const { buckets } = (await get('logs/stats?bucket=minute')).body;
        assert.equal(buckets.length, 30);
        assert.deepEqual(Object.keys(buckets[0]), ['ts', 'error', 'warn', 'info', 'debug']);
        const sum = (level) => buckets.reduce((all, bucket) => all + bucket[level], 0);
        assert.deepEqual(['error', 'warn', 'info', 'debug'].map(sum), [7, 8, 8, 7]);
    });
});

describe('the report and the fastest workers', () => {
    test('has the keys that the frontend reads', async () => {
        const { body } = await get(`report?from=${ago(4)}&to=${ago(0)}`);
        assert.deepEqual(Object.keys(body), ['from', 'to', 'duration_hours', 'primes', 'logs', 'budget', 'fleet', 'coordinator']);
        assert.equal(body.duration_hours, 4);
        assert.deepEqual(Object.fromEntries(body.logs.by_level), { error: 7, warn: 8, info: 8, debug: 7 });
        assert.deepEqual(body.budget, { errors_per_hour: 1.75, warnings_per_hour: 2, status: 'healthy' });
        assert.deepEqual(body.fleet, { workers_peak: 4, tested_delta: 0, found_delta: 0 });
        assert.deepEqual(body.coordinator, { avg_cpu_usage_percent: null });
    });

    for (const [errors, status] of [[10, 'risk'], [20, 'breached']])
        test(`${errors} errors more: ${status}`, async () => {
            await stand.query(`insert into system_logs (level, source, component, message) select 'error', 'x', 'x', 'x' from generate_series(1, ${errors})`);
            assert.equal((await get(`report?from=${ago(3)}`)).body.budget.status, status);
        });

    test('counts primes by form', async () => {
        const [{ total }] = await stand.query('select count(*)::int as total from primes');
        const { primes } = (await get('report?from=2000-01-01')).body;
        assert.equal(primes.total, total);
        assert.equal(primes.by_form.reduce((sum, [, count]) => sum + count, 0), total);
    });

    test('as CSV', async () => {
        const [header, line] = (await get('report?format=csv')).body.trim().split('\r\n');
        assert.equal(header, 'from,to,duration_hours,primes,errors_per_hour,warnings_per_hour,status,workers_peak,tested_delta,found_delta,avg_cpu_usage_percent');
        assert.equal(line.split(',').length, 11);
    });

    test('the fastest first, by the last two samples', async () => {
        const { workers } = (await get('workers/top')).body;
        assert.deepEqual(Object.keys(workers[0]), ['worker_id', 'hostname', 'search_type', 'rate', 'tested', 'found']);
        assert.deepEqual(workers.map(({ worker_id, rate }) => [worker_id, rate]), [['w2', 2], ['w1', 1]]);
        assert.equal((await get('workers/top?limit=1')).body.workers.length, 1);
    });
});

describe('the samples of the fleet', () => {
    test('one of each figure, and one per living worker', async () => {
        await stand.query(`insert into workers (worker_id, hostname, search_type, cores, tested, found) values ('live', 'h', 'kbn', 8, 100, 1)`);
        await stand.query('delete from metric_samples');
        await stand.query('select postern.sample_metrics()');
        const rows = await stand.query(`select metric, value, labels ->> 'worker_id' as worker from metric_samples where metric in ('fleet.total_cores', 'worker.tested') and coalesce(labels ->> 'worker_id', 'live') = 'live' order by 1`);
        assert.deepEqual(rows.map(({ metric, worker }) => [metric, worker]), [['fleet.total_cores', null], ['worker.tested', 'live']]);
        assert.equal(rows[1].value, 100);
    });
});

describe('what is wrong is told', () => {
    const BAD = {
        metrics: /^metrics /, 'metrics?metrics=a&rollup=week': /^rollup must be/, 'metrics?metrics=a&from=yesterday': /^from must be a time/, 'logs?limit=2001': /^limit must be/,
        'logs?limit=0': /^limit must be/, 'logs?level=loud': /^level must be/, 'logs/search': /^q /, 'logs/stats?bucket=year': /^bucket must be/,
        'workers/top?limit=51': /^limit must be/, 'workers/top?window_minutes=4': /^window_minutes must be/, 'report?format=xml': /^format must be/,
    };
    for (const [path, error] of Object.entries(BAD))
        test(path, async () => {
            const { status, body } = await get(path);
            assert.equal(status, 400);
            assert.match(body.error, error);
        });
});

describe('the database itself', () => {
    test('connections, cache, size; no statements while nothing counts them', async () => {
        const { status, body } = await get('database');
        assert.equal(status, 200);
        assert.equal(body.statements, null);
        assert.equal(body.is_replica, false);
        assert.equal(body.replay_lag_seconds, null);
        assert.ok(body.size_bytes > 1e6 && body.cache_hit_rate > 0 && body.cache_hit_rate <= 1, JSON.stringify(body));
        assert.ok(body.connections.some(({ role, count }) => role === 'authenticator' && count > 0), JSON.stringify(body.connections));
        assert.match(body.version, /^\d+/);
    });

    test('what runs for more than a second is told, with what it waits for', async () => {
        const slow = stand.query('select pg_sleep(2.5)');
        await new Promise((done) => setTimeout(done, 1500));
        const { body } = await get('database');
        assert.deepEqual(body.long_running.map(({ role, waits_for, query }) => [role, waits_for, query]), [['postgres', 'Timeout', 'select pg_sleep(2.5)']]);
        assert.ok(body.long_running[0].seconds >= 1);
        await slow;
    });

    test('an extension that is there but not preloaded is no error', async () => {
        await stand.query('create extension pg_stat_statements');
        assert.equal((await get('database')).body.statements, null);
    });
});
