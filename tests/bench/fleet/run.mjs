// The benchmark of the fleet; see README.md beside it.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startStand } from '../../support/stand.mjs';
import { sleep, until } from '../../support/process.mjs';
import { admin } from '../../support/tokens.mjs';
import { client } from './client.mjs';
import { must, percentile, timesOf, watch } from './figures.mjs';
import { fillMonth, questions } from './metrics.mjs';
import { startSearch } from './simulate.mjs';
import { visit } from './visitor.mjs';

const QUICK = process.argv.includes('--quick');
const SECONDS = QUICK ? 8 : 65; // a last-seen flush comes once a minute
const LOADS = QUICK ? 20 : 60;
const PRIMES = 100000;
const BEAT_S = 10, START_MS = 60000, STOP_MS = 10000;
const FORGET_ALL = 'refreshed '; // no relation is named: every cached answer goes
const PAGE = ['/api/stats', '/api/stats/timeline', '/api/stats/distribution', '/api/stats/leaderboard', '/api/primes?limit=50', '/api/stats/tags'];

const rows = [];
const row = (what, goal, value, unit, passed) => {
    rows.push(`| ${what} | ${goal} | ${value.toFixed(value < 10 ? 2 : 0)} ${unit} | ${passed === null ? '' : passed ? 'PASS' : 'MISS'} |`);
    console.error(rows.at(-1));
};
const under = (what, goal, value, unit) => row(what, goal === null ? '' : `under ${goal} ${unit}`, value, unit, goal === null ? null : value < goal);

/** Nodes in a process of their own, behind all others: they stand for machines that would compute elsewhere. */
async function fleetOf(nodes, url, more) {
    const child = spawn(process.execPath, [fileURLToPath(new URL('simulate.mjs', import.meta.url)), '--url', url, '--nodes', String(nodes), '--beat', String(BEAT_S), '--no-search', ...more],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let last = '';
    child.stdout.setEncoding('utf8').on('data', (text) => { last = text.trim().split('\n').at(-1) || last; });
    const over = new Promise((done) => child.on('exit', done));
    await until(() => { if (child.exitCode !== null) throw new Error('the fleet has ended'); return last.includes(`${nodes} nodes`); }, 'the fleet to start', START_MS, 200);
    return {
        async stop() {
            child.kill('SIGINT');
            await Promise.race([over, sleep(STOP_MS)]);
            child.kill('SIGKILL');
            await over;
            const [, beats, blocks, failures] = /(\d+) beats, (\d+) blocks.* (\d+) failures/.exec(last).map(Number);
            if (failures > 0) console.error(last);
            return { beats, blocks, failures };
        },
    };
}

async function dashboard(stand, nodes) {
    const look = (loads) => visit(stand.url, admin.token, PAGE, loads);
    const cold = [];
    for (let i = 0; i < LOADS; i++) {
        await stand.query(`select pg_notify('postern', '${FORGET_ALL}')`).then(() => sleep(30));
        cold.push(...await look(1));
    }
    under(`the dashboard's ${PAGE.length} requests, cold, p95, ${nodes} nodes at work`, 50, percentile(cold, 0.95), 'ms');
    under(`the same, cached, p95, ${nodes} nodes at work`, 5, percentile(await look(LOADS * 5), 0.95), 'ms');
}

async function phase(stand, call, nodes) {
    let fleet = await fleetOf(nodes, stand.url, ['--idle']);
    await sleep(BEAT_S * 1000); // each node has beaten once, and is known
    const beating = await watch(stand.query, call, SECONDS);
    const status = await visit(stand.url, admin.token, ['/api/fleet'], LOADS * 5);
    const { beats, failures } = await fleet.stop();
    const each = nodes / BEAT_S;
    row(`writes to PostgreSQL, ${nodes} nodes that beat (one a beat: ${each}/s)`, 'a tenth', beating.writes, '/s', beating.writes <= each / 10);
    under(`the pool in use meanwhile`, 20, beating.poolUse * 100, '%');
    under(`the status of the fleet, p95, ${nodes} nodes`, 5, percentile(status, 0.95), 'ms');
    under(`heartbeats that failed, of ${beats}`, 1, failures, '');
    fleet = await fleetOf(nodes, stand.url, ['--pause', String(nodes / 25), '--share', '0.3']);
    await dashboard(stand, nodes);
    const working = await watch(stand.query, call, QUICK ? 4 : 15);
    const done = await fleet.stop();
    row(`writes to PostgreSQL, ${nodes} nodes at work (${done.blocks} blocks)`, '', working.writes, '/s', null);
    under(`the pool in use meanwhile`, 70, working.poolUse * 100, '%');
    under(`connections of the server that are active, at most`, 20, working.active, '');
    under(`requests to the server, p95`, 100, working.p95, 'ms');
    row(`statements seen to run for more than a second`, 'none', working.slow, '', working.slow === 0);
    under(`waits for a lock, the longest seen`, 10, working.lockMs, 'ms');
    under(`requests of the fleet that failed`, 1, done.failures, '');
}

async function fillPrimes(query) {
    await query(`insert into primes (form, expression, digits, search_params, found_at)
        select (array['kbn', 'twin', 'gen_fermat', 'factorial'])[n % 4 + 1], 'bench ' || n, n % 5000 + 1, '{}', now() - make_interval(mins => n)
        from generate_series(1, ${PRIMES}) as n`);
    await query('analyze primes');
    await query('select postern.refresh_dashboard()');
}

async function main() {
    const stand = await startStand({ settings: { shared_buffers: '256MB', max_wal_size: '4GB' }, env: { POSTERN_ACCESS_LOG: 'false', POSTERN_MATVIEW_REFRESH: '300s', DB_MAX_CONNECTIONS: '10' } });
    try {
        const call = client(stand.url, 16);
        await fillPrimes(stand.query);
        const started = Date.now(), samples = await fillMonth(stand.query, QUICK ? 10 : 1);
        console.error(`${samples} samples in ${Math.round((Date.now() - started) / 1000)} s`);
        for (const [what, path, goal] of questions()) {
            await must(call, path, { key: admin.token });
            under(`${what}, p95, ${samples.toLocaleString('en')} samples`, goal, percentile(await timesOf(LOADS, () => must(call, path, { key: admin.token })), 0.95), 'ms');
        }
        await startSearch(call, admin.token, { exponent: 8, blocks: 5000 });
        for (const nodes of [50, 1000]) await phase(stand, call, nodes);
        under('memory of the server at the end', 40, stand.postern.rss() / 1024, 'MB');
        call.close();
    } finally {
        await stand.stop();
    }
    console.log(['| figure | goal | measured | |', '|---|---|---:|---|', ...rows].join('\n'));
}

await main();
