// The live feed's figures: memory of idle sockets, broadcasts flat out beside other servers, and
// changes of a table with and without row level security. Prints markdown; figures depend on the
// machine.
//
//     tests/bench/live [--quick]
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { sleep } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mintUser } from '../support/tokens.mjs';
import { allPeers } from './live_peers.mjs';

const QUICK = process.argv.includes('--quick');
const SOCKETS = QUICK ? 2000 : 9000;
const SUBSCRIBERS = QUICK ? 200 : 1000;
const SECONDS = QUICK ? 2 : 5;
const ROUNDS = QUICK ? 1 : 3;
const IN_FLIGHT = 8;
const BODY = 'x'.repeat(200);

const SCHEMA = `
create table bench_open (id bigint generated always as identity primary key, at double precision, body text);
create table bench_own (id bigint generated always as identity primary key, owner uuid, at double precision, body text);
alter table bench_own enable row level security;
create policy own on bench_own for select to authenticated using (owner = (select auth.uid()));
grant select on bench_open, bench_own to anon, authenticated;
alter publication supabase_realtime add table bench_open, bench_own;
`;
const person = (i) => `aaaaaaaa-0000-4000-8000-${String(i).padStart(12, '0')}`;

/* ---- the subscribers, in a process of their own ---- */

const socketUrl = (base, key) => `${base.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${key}`;

function open(base, key) {
    return new Promise((done, fail) => {
        const socket = new WebSocket(socketUrl(base, key), { perMessageDeflate: false });
        socket.on('open', () => done(socket)).on('error', fail);
    });
}

async function join(base, key, topic, config, onMessage) {
    const socket = await open(base, key);
    await new Promise((done) => {
        socket.on('message', (data, binary) => {
            if (!binary && data.length < 4000 && data.includes('"phx_reply"')) done();
            else onMessage(data, binary);
        });
        socket.send(JSON.stringify(['1', '1', topic, 'phx_join', { config }]));
    });
    return socket;
}

async function subscribers({ base, keys, table }) {
    let count = 0, lags = [];
    const now = () => performance.timeOrigin + performance.now();
    const hear = (data, binary) => {
        if (!binary && !data.includes('"postgres_changes",{') && !data.includes('"broadcast",{')) return;
        count++;
        if (count % 16 !== 0) return;
        const at = /"at": ?"?([\d.]+)/.exec(data.toString('latin1'));
        if (at) lags.push(now() - Number(at[1]));
    };
    const config = table ? { postgres_changes: [{ event: 'INSERT', schema: 'public', table }] } : {};
    await Promise.all(keys.map((key) => join(base, key, 'realtime:bench', config, hear)));
    process.on('message', () => {
        lags.sort((a, b) => a - b);
        process.send({ count, p50: lags[lags.length >> 1] ?? 0, p99: lags[Math.floor(lags.length * 0.99)] ?? 0 });
        count = 0;
        lags = [];
    });
    process.send('ready');
}

/* ---- the measuring ---- */

function start(task, file = fileURLToPath(import.meta.url)) {
    const child = fork(file, ['--subscribers']);
    child.send(task);
    return new Promise((done) => child.once('message', () => done(child)));
}
const startCrowd = (task) => start(task, fileURLToPath(new URL('live_crowd.mjs', import.meta.url)));
const figures = (child) => new Promise((done) => { child.once('message', done); child.send('figures'); });

async function idle(stand) {
    const before = stand.postern.rss();
    const sockets = [];
    while (sockets.length < SOCKETS) sockets.push(...await Promise.all(Array.from({ length: 100 }, () => open(stand.url, anonKey))));
    await sleep(500);
    const each = (stand.postern.rss() - before) / SOCKETS;
    for (const socket of sockets) socket.terminate();
    console.log(`| ${SOCKETS} idle sockets | ${each.toFixed(2)} KB each |`);
}

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
    await figures(crowd);
    const cpu = cpuOf(peer.pid), begun = performance.now();
    while (performance.now() - begun < SECONDS * 1000) {
        talker.send(peer.talk({ body: BODY, at: performance.timeOrigin + performance.now() }));
        if (++waiting >= IN_FLIGHT) await new Promise((done) => wake.push(done));
    }
    const seconds = (performance.now() - begun) / 1000, count = await figures(crowd) / size;
    const used = cpuOf(peer.pid) - cpu;
    probe.terminate();
    talker.terminate();
    await sleep(300);
    return { rate: count / seconds, cpu: used / count * 1e6 };
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

/** All servers in turns, so that a slow minute of the machine meets each of them. */
async function broadcasts(stand) {
    const peers = await allPeers(stand);
    try {
        for (const peer of peers) Object.assign(peer, { crowd: await startCrowd({ listen: peer.listen, count: SUBSCRIBERS }), runs: [] });
        for (let round = 0; round < ROUNDS; round++)
            for (const peer of peers) peer.runs.push(await flatOut(peer, peer.crowd));
        const own = median(peers[0].runs.map((run) => run.rate));
        for (const peer of peers) {
            const rate = median(peer.runs.map((run) => run.rate)), cpu = median(peer.runs.map((run) => run.cpu));
            console.log(`| broadcast of 256 B to ${SUBSCRIBERS}, flat out: ${peer.name} | ${Math.round(rate)} deliveries/s, ${cpu.toFixed(2)} us of CPU each${peer === peers[0] ? '' : `; Postern ${(own / rate).toFixed(2)}x`} |`);
        }
    } finally {
        for (const peer of peers) {
            peer.crowd?.kill();
            peer.stop();
        }
    }
}

/* Ten rows a statement: PostgreSQL itself takes little of the machine. */
const ROWS = 10;

/** As fast as they are heard, then at half of that: how many, and how long each takes. */
async function changes(stand, table, { keys, matching, insert }) {
    const child = await start({ base: stand.url, keys, table });
    const client = await stand.cluster.client(stand.db);
    const begun = performance.now();
    let made = 0, heard = 0;
    for (; performance.now() - begun < SECONDS * 1000; made += ROWS) await client.query(insert);
    while (heard < made * matching && performance.now() - begun < SECONDS * 1000 + 20000) {
        await sleep(20);
        heard += (await figures(child)).count;
    }
    const seconds = (performance.now() - begun) / 1000, rate = made / seconds;
    const { p50, p99 } = await pace(client, child, insert, rate / 2);
    console.log(`| ${table}, ${keys.length} subscribers | ${Math.round(rate)} changes/s, ${Math.round(heard / seconds)} deliveries/s; at half of that p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms |`);
    await client.end();
    child.kill();
}

async function pace(client, child, insert, rate) {
    const begun = performance.now();
    for (let made = 0; performance.now() - begun < SECONDS * 1000; made += ROWS) {
        await client.query(insert);
        const ahead = made / rate * 1000 - (performance.now() - begun);
        if (ahead > 0) await sleep(ahead);
    }
    await sleep(500);
    return figures(child);
}

async function main() {
    const stand = await startStand({ env: { POSTERN_ACCESS_LOG: 'off', POSTERN_LIVE_MESSAGES: '0', POSTERN_LIVE_JOINS: '0', POSTERN_LIVE_CONNECTIONS: '0', ...(process.env.POSTERN_WORKERS && { POSTERN_WORKERS: process.env.POSTERN_WORKERS }) } });
    try {
        stand.cluster.psql(SCHEMA, stand.db);
        await sleep(1500);
        console.log('| what | figure |\n| --- | --- |');
        await idle(stand);
        await broadcasts(stand);
        const at = 'extract(epoch from clock_timestamp()) * 1000';
        await changes(stand, 'bench_open', { keys: Array(SUBSCRIBERS).fill(anonKey), matching: SUBSCRIBERS, insert: `insert into bench_open (at, body) select ${at}, '${BODY}' from generate_series(1, ${ROWS})` });
        const keys = await Promise.all(Array.from({ length: SUBSCRIBERS }, (_, i) => mintUser(person(i), `p${i}@example.org`)));
        await changes(stand, 'bench_own', { keys, matching: 1, insert: `insert into bench_own (owner, at, body) select '${person(1)}', ${at}, '${BODY}' from generate_series(1, ${ROWS})` });
    } finally {
        await stand.stop();
    }
}

if (process.argv[2] === '--subscribers') process.once('message', subscribers);
else await main();
