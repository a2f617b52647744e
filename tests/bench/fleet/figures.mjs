// What is measured from outside: how long answers take, what PostgreSQL writes, how busy the pool is.
import { performance } from 'node:perf_hooks';
import { sleep } from '../../support/process.mjs';

export const percentile = (times, part) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.ceil(times.length * part) - 1)];

/** Milliseconds of fn, each of count times, one after the other; before(): not counted. */
export async function timesOf(count, fn, before = async () => {}) {
    const times = [];
    for (let i = 0; i < count; i++) {
        await before();
        const start = performance.now();
        await fn(i);
        times.push(performance.now() - start);
    }
    return times;
}

/** What is asked for must come: a quick error is no figure. */
export async function must(call, path, options) {
    const reply = await call('GET', path, { raw: true, ...options });
    if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.body}`);
    return reply;
}

/** Transactions that wrote: only they are given a number. */
const written = async (query) => BigInt((await query('select pg_snapshot_xmax(pg_current_snapshot())::text as n'))[0].n);

/** What /metrics says of now: connections that are busy, how many there may be, and how many requests took how long. */
async function readMetrics(call) {
    const { body } = await call('GET', '/metrics');
    const value = (pattern) => [...body.matchAll(pattern)].reduce((sum, [, n]) => sum + Number(n), 0);
    return {
        busy: value(/^postern_db_connections\{[^}]*state="busy"[^}]*\} (\S+)/gm),
        max: value(/^postern_db_connections_max(?:\{[^}]*\})? (\S+)/gm),
        requests: [...body.matchAll(/^postern_http_request_seconds_bucket\{le="([^"]+)"\} (\d+)/gm)].map(([, le, n]) => ({ ms: le === '+Inf' ? Infinity : Number(le) * 1000, n: Number(n) })),
    };
}

/** The upper end of the histogram's bucket that holds the 95th of a hundred requests since `before`. */
function p95(before, after) {
    const counts = after.requests.map(({ ms, n }, i) => ({ ms, n: n - before.requests[i].n }));
    return counts.find(({ n }) => n >= counts.at(-1).n * 0.95).ms;
}

/** The server's own connections: { active, slow (pids and starts of statements longer than a second), lockMs }. */
const activity = async (query) => (await query(`
    select count(*) filter (where state = 'active')::int as active,
        coalesce(array_agg(pid || ' ' || query_start) filter (where state = 'active' and now() - query_start > interval '1 second'), '{}') as slow,
        coalesce((select max(extract(epoch from clock_timestamp() - waitstart)) * 1000 from pg_locks where not granted), 0)::float8 as lock_ms
    from pg_stat_activity where application_name like 'postern/%' and backend_type = 'client backend' and query not ilike '%start_replication%'`))[0];

/**
 * Watches for some seconds: { writes a second, poolUse (part of the pool's connections, mean), active (connections, the
 * most), p95 (ms of requests), slow (statements of more than a second), lockMs (the longest wait) }.
 */
export async function watch(query, call, seconds) {
    const before = await written(query), first = await readMetrics(call), start = performance.now(), busy = [], slow = new Set();
    let last = first, active = 0, lockMs = 0;
    while (performance.now() - start < seconds * 1000) {
        last = await readMetrics(call);
        busy.push(last.busy);
        const now = await activity(query);
        now.slow.forEach((one) => slow.add(one));
        active = Math.max(active, now.active);
        lockMs = Math.max(lockMs, now.lock_ms);
        await sleep(200);
    }
    const took = (performance.now() - start) / 1000;
    return {
        writes: Number(await written(query) - before) / took, poolUse: busy.reduce((a, b) => a + b, 0) / busy.length / (last.max || 1),
        active, slow: slow.size, lockMs, p95: p95(first, last),
    };
}
