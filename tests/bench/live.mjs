// The live feed's figures: memory of idle sockets, broadcasts flat out beside other servers, and
// changes of a table with and without row level security. Prints markdown, with PASS or MISS for each
// goal; figures depend on the machine.
//
//     tests/bench/live [--quick] [--only idle,broadcast,open,own]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mintUser } from '../support/tokens.mjs';
import { startCrowd } from './live_crowd.mjs';
import { allPeers } from './live_peers.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: 'idle,broadcast,open,own' } } });
const QUICK = options.quick;
const SOCKETS = QUICK ? 2000 : 9000;
const SUBSCRIBERS = QUICK ? 200 : 1000;
const SECONDS = QUICK ? 2 : 5;
const ROUNDS = QUICK ? 1 : 3;
const IN_FLIGHT = 8;
const BODY = 'x'.repeat(200);
const ENV = { POSTERN_ACCESS_LOG: 'off', POSTERN_LIVE_MESSAGES: '0', POSTERN_LIVE_JOINS: '0', POSTERN_LIVE_CONNECTIONS: '0' };
/* As a database is run: with synchronous_commit off its log is written every 200 ms, and what is
 * not in the log is not told. */
const SETTINGS = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '512MB', max_wal_size: '4GB' };
const GOALS = { idleKb: 3, overNchan: 3, overBun: 0.9, open: 5000, own: 1000, p99Ms: 50 };

const SCHEMA = `
create table bench_open (id bigint generated always as identity primary key, at double precision, body text);
create table bench_own (id bigint generated always as identity primary key, owner uuid, at double precision, body text);
alter table bench_own enable row level security;
create policy own on bench_own for select to authenticated using (owner = (select auth.uid()));
grant select on bench_open, bench_own to anon, authenticated;
alter publication supabase_realtime add table bench_open, bench_own;
`;
const person = (i) => `aaaaaaaa-0000-4000-8000-${String(i).padStart(12, '0')}`;
const portOf = (stand) => Number(new URL(stand.url).port);
const pathOf = (key) => `/realtime/v1/websocket?vsn=2.0.0&apikey=${key}`;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const part = (lags, of) => lags[Math.floor((lags.length - 1) * of)] ?? NaN;

/** A row of the page; no goal: it is there to compare. */
function row(what, figure, goal = '', good = undefined) {
    console.log(`| ${what} | ${figure} | ${goal} | ${good === undefined ? '' : good ? 'PASS' : 'MISS'} |`);
}

/* ---- idle sockets ---- */

async function idle(stand) {
    const before = stand.postern.rss();
    const crowd = await startCrowd({ port: portOf(stand), paths: Array(SOCKETS).fill(pathOf(anonKey)) });
    await sleep(500);
    const each = (stand.postern.rss() - before) / SOCKETS;
    crowd.kill();
    row(`${SOCKETS} idle sockets`, `${each.toFixed(2)} KB each`, `< ${GOALS.idleKb} KB`, each < GOALS.idleKb);
}

/* ---- broadcasts ---- */

const cpuOf = (pid) => { /* seconds, from ticks of 10 ms */
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
};

function dial(port, path, hello) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
    return new Promise((done, fail) => socket.on('open', () => { if (hello) socket.send(hello); done(socket); }).on('error', fail));
}

/** One message after the other to a crowd, some in flight: { rate, cpu } of one server. */
async function flatOut(peer, crowd) {
    const probe = await dial(peer.listen.port, peer.listen.path, peer.listen.hello);
    const talker = await dial(peer.listen.port, peer.talkPath, peer.talkHello);
    let waiting = 0, size = 0;
    const wake = [];
    talker.on('message', () => {});
    await sleep(300);
    probe.on('message', (data) => { size = data.length + 4; waiting--; wake.shift()?.(); });
    await crowd.figures();
    const cpu = cpuOf(peer.pid), begun = performance.now();
    while (performance.now() - begun < SECONDS * 1000) {
        talker.send(peer.talk({ body: BODY, at: performance.timeOrigin + performance.now() }));
        if (++waiting >= IN_FLIGHT) await new Promise((done) => wake.push(done));
    }
    const seconds = (performance.now() - begun) / 1000, count = (await crowd.figures()).bytes / size;
    const used = cpuOf(peer.pid) - cpu;
    probe.terminate();
    talker.terminate();
    await sleep(300);
    return { rate: count / seconds, cpu: used / count * 1e6 };
}

const GOAL_OF = { Bun: GOALS.overBun, nchan: GOALS.overNchan };

/** All servers in turns, so that a slow minute of the machine meets each of them. */
async function broadcasts(stand) {
    const peers = await allPeers(stand);
    try {
        for (const peer of peers) {
            const { port, path, hello } = peer.listen;
            Object.assign(peer, { crowd: await startCrowd({ port, hello, paths: Array(SUBSCRIBERS).fill(path) }), runs: [] });
        }
        for (let round = 0; round < ROUNDS; round++)
            for (const peer of peers) peer.runs.push(await flatOut(peer, peer.crowd));
        const own = median(peers[0].runs.map((run) => run.rate));
        for (const { name, runs } of peers) {
            const rate = median(runs.map((run) => run.rate)), cpu = median(runs.map((run) => run.cpu)), goal = GOAL_OF[name];
            row(`broadcast of 256 B to ${SUBSCRIBERS}, flat out: ${name}`,
                `${Math.round(rate)} deliveries/s, ${cpu.toFixed(2)} us of CPU each${name === 'Postern' ? '' : `; Postern ${(own / rate).toFixed(2)}x`}`,
                goal ? `${goal}x` : '', goal && own / rate >= goal);
        }
    } finally {
        for (const peer of peers) {
            peer.crowd?.kill();
            peer.stop();
        }
    }
}

/* ---- changes ---- */

/* Where few hear of a row, ten a statement: PostgreSQL itself takes little of the machine. */
const OWN_ROWS = 10;
/* Deliveries on their way: enough that nobody waits for the next statement. */
const WINDOW = 20000;

/** Statements as fast as the crowd hears what they tell, or at a pace (changes a second). */
async function run({ client, crowd, insert, rows, matching, pid }, pace = Infinity) {
    const begun = performance.now(), cpu = cpuOf(pid), lags = [];
    let made = 0, heard = 0;
    const look = async () => {
        const more = await crowd.figures();
        heard += more.count;
        lags.push(...more.lags);
    };
    for (; performance.now() - begun < SECONDS * 1000; made += rows) {
        await client.query(insert);
        const ahead = made / pace * 1000 - (performance.now() - begun);
        if (ahead > 0) await sleep(ahead);
        else if (pace === Infinity && made * matching - heard >= WINDOW) await until(async () => { await look(); return made * matching - heard < WINDOW / 2; }, 'the crowd to hear', 30000, 2);
    }
    await until(async () => { await look(); return heard >= made * matching; }, () => `${made * matching} deliveries, there are ${heard}`, 30000, 10);
    const seconds = (performance.now() - begun) / 1000;
    lags.sort((a, b) => a - b);
    return { cpu: (cpuOf(pid) - cpu) / heard * 1e6, changes: made / seconds, deliveries: heard / seconds, p50: part(lags, 0.5), p99: part(lags, 0.99) };
}

async function changes(stand, { table, keys, matching, rows, insert, goal }) {
    const hello = JSON.stringify(['1', '1', 'realtime:bench', 'phx_join', { config: { postgres_changes: [{ event: 'INSERT', schema: 'public', table }] } }]);
    const crowd = await startCrowd({ port: portOf(stand), paths: keys.map(pathOf), hello, frames: true });
    const client = await stand.cluster.client(stand.db);
    const task = { client, crowd, insert, rows, matching, pid: stand.postern.pid };
    const name = `${table}, ${keys.length} subscribers`;
    try {
        const most = await run(task);
        row(`${name}, flat out`, `${Math.round(most.changes)} changes/s, ${Math.round(most.deliveries)} deliveries/s, ${most.cpu.toFixed(2)} us of CPU each`, `> ${goal} deliveries/s`, most.deliveries > goal);
        for (const [what, pace] of [['half of that', most.changes / 2], ['half of the goal', goal / matching / 2]]) {
            const { deliveries, p50, p99 } = await run(task, pace);
            row(`${name}, ${what}`, `${Math.round(deliveries)} deliveries/s: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`, `p99 < ${GOALS.p99Ms} ms`, p99 < GOALS.p99Ms);
        }
    } finally {
        await client.end();
        crowd.kill();
        await sleep(500);
    }
}

const AT = 'extract(epoch from clock_timestamp()) * 1000';
const PARTS = {
    idle,
    broadcast: broadcasts,
    open: (stand) => changes(stand, {
        table: 'bench_open', matching: SUBSCRIBERS, keys: Array(SUBSCRIBERS).fill(anonKey), goal: GOALS.open,
        rows: 1, insert: `insert into bench_open (at, body) select ${AT}, '${BODY}'`,
    }),
    own: async (stand) => changes(stand, {
        table: 'bench_own', matching: 1, keys: await Promise.all(Array.from({ length: SUBSCRIBERS }, (_, i) => mintUser(person(i), `p${i}@example.org`))), goal: GOALS.own,
        rows: OWN_ROWS, insert: `insert into bench_own (owner, at, body) select ('aaaaaaaa-0000-4000-8000-' || lpad(floor(random() * ${SUBSCRIBERS})::text, 12, '0'))::uuid, ${AT}, '${BODY}' from generate_series(1, ${OWN_ROWS})`,
    }),
};

async function main() {
    const stand = await startStand({ settings: SETTINGS, env: { ...ENV, ...(process.env.POSTERN_WORKERS && { POSTERN_WORKERS: process.env.POSTERN_WORKERS }) } });
    try {
        stand.cluster.psql(SCHEMA, stand.db);
        await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
        console.log('| what | figure | goal | |\n| --- | --- | --- | --- |');
        for (const name of options.only.split(',')) await PARTS[name](stand);
    } finally {
        await stand.stop();
    }
}

await main();
