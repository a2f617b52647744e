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

async function pool(call) {
    const { body } = await call('GET', '/metrics');
    const value = (pattern) => [...body.matchAll(pattern)].reduce((sum, [, n]) => sum + Number(n), 0);
    return { busy: value(/^postern_db_connections\{[^}]*state="busy"[^}]*\} (\S+)/gm), max: value(/^postern_db_connections_max(?:\{[^}]*\})? (\S+)/gm) };
}

/** Watches for some seconds: { writes a second, poolUse (part of the pool's connections, mean) }. */
export async function watch(query, call, seconds) {
    const before = await written(query), start = performance.now(), busy = [];
    let max = 1;
    while (performance.now() - start < seconds * 1000) {
        const now = await pool(call);
        busy.push(now.busy);
        max = now.max || max;
        await sleep(200);
    }
    const took = (performance.now() - start) / 1000;
    return { writes: Number(await written(query) - before) / took, poolUse: busy.reduce((a, b) => a + b, 0) / busy.length / max };
}
