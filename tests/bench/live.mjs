// The live feed's figures: memory of idle sockets, broadcasts flat out, and changes of a table
// with and without row level security. Prints markdown; figures depend on the machine.
//
//     node tests/bench/live.mjs [sockets] [subscribers]
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { sleep } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mintUser } from '../support/tokens.mjs';

const SOCKETS = Number(process.argv[2] ?? 5000);
const SUBSCRIBERS = Number(process.argv[3] ?? 200);
const SECONDS = 5;
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

function start(task) {
    const child = fork(fileURLToPath(import.meta.url), ['--subscribers']);
    child.send(task);
    return new Promise((done) => child.once('message', () => done(child)));
}
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

async function broadcasts(stand) {
    const child = await start({ base: stand.url, keys: Array(SUBSCRIBERS).fill(anonKey) });
    const sender = await join(stand.url, anonKey, 'realtime:bench', { broadcast: { ack: true } }, () => {});
    let ref = 2, waiting = 0;
    const wake = [];
    sender.on('message', () => { waiting--; wake.shift()?.(); });
    await figures(child);
    const end = Date.now() + SECONDS * 1000;
    while (Date.now() < end) {
        sender.send(JSON.stringify(['1', String(ref++), 'realtime:bench', 'broadcast', { type: 'broadcast', event: 'b', payload: { body: BODY, at: performance.timeOrigin + performance.now() } }]));
        if (++waiting >= 8) await new Promise((done) => wake.push(done));
    }
    await sleep(300);
    const { count, p50, p99 } = await figures(child);
    console.log(`| broadcast of 256 B to ${SUBSCRIBERS}, flat out | ${Math.round(count / SECONDS)} deliveries/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms |`);
    child.kill();
    sender.close();
}

async function changes(stand, table, keys, insert) {
    const child = await start({ base: stand.url, keys, table });
    const client = await stand.cluster.client(stand.db);
    let made = 0;
    const end = Date.now() + SECONDS * 1000;
    while (Date.now() < end) {
        await client.query(insert);
        made++;
    }
    let heard = 0, last;
    let quiet = 0;
    while (quiet < 4) {
        await sleep(500);
        last = await figures(child);
        heard += last.count;
        quiet = last.count === 0 ? quiet + 1 : 0;
    }
    const { p50, p99 } = await pace(client, child, insert);
    console.log(`| ${table}, ${keys.length} subscribers | ${Math.round(made / SECONDS)} changes/s, ${Math.round(heard / SECONDS)} deliveries/s; at 50 changes/s p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms |`);
    await client.end();
    child.kill();
}

/** 50 changes a second for two seconds: what one takes when nothing queues. */
async function pace(client, child, insert) {
    for (let i = 0; i < 100; i++) {
        await client.query(insert);
        await sleep(20);
    }
    await sleep(500);
    return figures(child);
}

async function main() {
    const stand = await startStand({ env: { POSTERN_ACCESS_LOG: 'off' } });
    try {
        stand.cluster.psql(SCHEMA, stand.db);
        await sleep(1500);
        console.log('| what | figure |\n| --- | --- |');
        await idle(stand);
        await broadcasts(stand);
        const at = 'extract(epoch from clock_timestamp()) * 1000';
        await changes(stand, 'bench_open', Array(SUBSCRIBERS).fill(anonKey), `insert into bench_open (at, body) values (${at}, '${BODY}')`);
        const keys = await Promise.all(Array.from({ length: SUBSCRIBERS }, (_, i) => mintUser(person(i), `p${i}@example.org`)));
        await changes(stand, 'bench_own', keys, `insert into bench_own (owner, at, body) values ('${person(1)}', ${at}, '${BODY}')`);
    } finally {
        await stand.stop();
    }
}

if (process.argv[2] === '--subscribers') process.once('message', subscribers);
else await main();
