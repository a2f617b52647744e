// When something goes wrong: PostgreSQL restarts, the slot is lost, the publication changes, a
// client does not read, a client breaks the protocol. Nothing is lost silently. Two workers.
import assert from 'node:assert/strict';
import { connect as dial } from 'node:net';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';
import { closeAll, connect, heard, listen } from './clients.mjs';

const FIXTURE = `
create table ticks (n int primary key, pad text);
create table later (n int primary key);
grant select on ticks, later to anon;
alter publication supabase_realtime add table ticks;
`;

async function start(env = {}) {
    const stand = await startStand({ env: { POSTERN_WORKERS: '2', ...env } });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
    return stand;
}

let stand;
before(async () => { stand = await start(); });
after(async () => {
    await closeAll();
    await stand?.stop();
});

const ticks = { event: 'INSERT', table: 'ticks' };
const insert = (from, to, on = stand) => on.query(`insert into ticks select i from generate_series(${from}, ${to}) i`);
const numbers = (channel) => channel.heard.map((change) => change.new.n);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A socket that speaks version 1 by hand, joined to a channel; its frames are kept in .frames. */
async function raw(name, bindings = []) {
    const socket = new WebSocket(`${stand.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=1.0.0`);
    socket.frames = [];
    socket.on('message', (data) => socket.frames.push(JSON.parse(data)));
    socket.on('error', () => {});
    socket.closed = new Promise((done) => socket.on('close', (code) => done(code)));
    await new Promise((done) => socket.on('open', done));
    socket.send(JSON.stringify({ topic: `realtime:${name}`, event: 'phx_join', ref: '1', payload: { config: { postgres_changes: bindings } } }));
    await until(() => socket.frames.some((frame) => frame.event === 'phx_reply'), 'the join');
    return socket;
}

test('a table added to the publication is heard from then on', async () => {
    const channel = await listen(await connect(stand), 'later', { event: '*', table: 'later' });
    await until(() => channel.systems.length === 1, 'the refusal');
    stand.cluster.psql('alter publication supabase_realtime add table later', stand.db);
    await until(async () => {
        const again = await listen(await connect(stand), `later-${Date.now()}`, { event: '*', table: 'later' });
        await sleep(100);
        return again.systems.length === 0;
    }, 'the table to be published', 15000, 300);
});

test('a client that does not read disturbs nobody, and is told when it reads again', async () => {
    const slow = await raw('slow', [{ event: 'INSERT', schema: 'public', table: 'ticks' }]);
    const quick = await listen(await connect(stand), 'quick', ticks);
    slow._socket.pause();
    await stand.query("insert into ticks select i, repeat('x', 20000) from generate_series(10001, 10600) i");
    await until(() => quick.heard.length === 600, () => `600 changes, there are ${quick.heard.length}`);
    assert.deepEqual(numbers(quick), range(10001, 10600));
    await sleep(5000);
    slow._socket.resume();
    await until(() => slow.frames.some((frame) => frame.event === 'phx_error'), 'phx_error');
    assert.ok(slow.frames.some((frame) => frame.event === 'system' && /gap/.test(frame.payload.message)));
    assert.ok(slow.frames.filter((frame) => frame.event === 'postgres_changes').length < 600);
    slow.close();
});

test('clients that ask without end and never read are cut off, and are told when they read again', async () => {
    const greedy = await Promise.all(range(1, 4).map((i) => raw(`greedy-${i}`)));
    const quick = await listen(await connect(stand), 'beside-the-greedy', ticks);
    const beat = JSON.stringify({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: 'x'.repeat(4000) });
    for (const socket of greedy) socket._socket.pause();
    for (let i = 0; i < 2500; i++) for (const socket of greedy) socket.send(beat);
    await insert(30001, 30010);
    await until(() => numbers(quick).includes(30010), 'the changes of another client', 10000);
    await until(() => greedy.every((socket) => socket.bufferedAmount === 0), 'all to be sent', 20000);
    await sleep(4500);
    for (const socket of greedy) socket._socket.resume();
    await until(() => greedy.every((socket) => socket.frames.some((frame) => frame.event === 'phx_error')), 'all to be told');
    for (const socket of greedy) socket.close();
});

test('frames that break the protocol end the connection with a code', async () => {
    const frame = (first, payload, masked = true) => {
        const head = Buffer.from([first, (masked ? 0x80 : 0) | payload.length]);
        return Buffer.concat(masked ? [head, Buffer.alloc(4), payload] : [head, payload]);
    };
    const codeAfter = (bytes) => new Promise((done, fail) => {
        const socket = dial(new URL(stand.url).port, '127.0.0.1');
        let got = Buffer.alloc(0), sent = false;
        socket.on('error', fail);
        socket.on('data', (data) => {
            got = Buffer.concat([got, data]);
            const end = got.indexOf('\r\n\r\n');
            if (end < 0) return;
            if (!sent) socket.write(bytes);
            sent = true;
            if (got.length >= end + 8) done([got[end + 4], got.readUInt16BE(end + 6)]);
        });
        socket.on('close', () => done([0, 0]));
        socket.write(`GET /realtime/v1/websocket?apikey=${anonKey} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    });
    assert.deepEqual(await codeAfter(frame(0x81, Buffer.from([0xff, 0xfe]))), [0x88, 1007], 'not UTF-8');
    assert.deepEqual(await codeAfter(frame(0x83, Buffer.from('x'))), [0x88, 1002], 'no such kind');
});

test('a message over the limit is 1009', async () => {
    const socket = await raw('large');
    socket.send('x'.repeat(5_000_001));
    assert.equal(await socket.closed, 1009);
});

test('PostgreSQL restarts under changes: the stream is back, everybody is told and joins again', async () => {
    const channels = await Promise.all(range(1, 6).map(async (i) => listen(await connect(stand), `restart-${i}`, ticks)));
    const writing = (async () => {
        for (let n = 1; n <= 10000; n += 100) await insert(n, n + 99).catch(() => sleep(50));
    })();
    await sleep(100);
    await stand.cluster.restart();
    await until(() => (stand.postern.logs().match(/changes stream/g) ?? []).length === 2, 'the stream to be back', 30000);
    await writing;
    await until(() => channels.every((channel) => channel.statuses.at(-1) === 'SUBSCRIBED' && channel.statuses.includes('CHANNEL_ERROR')),
        () => JSON.stringify(channels.map((channel) => channel.statuses)));
    await insert(20001, 20010);
    for (const channel of channels) {
        await until(() => numbers(channel).includes(20010), 'the last change');
        assert.deepEqual(numbers(channel).filter((n) => n > 20000), range(20001, 20010));
    }
});

test('with a named slot a restart loses nothing and repeats nothing; a dropped slot is a gap', async () => {
    const kept = await start({ POSTERN_REPLICATION_SLOT: 'kept' });
    try {
        const channel = await listen(await connect(kept), 'kept', ticks);
        await insert(1, 500, kept);
        await kept.cluster.restart();
        await until(() => insert(501, 1000, kept).then(() => true, () => false), 'PostgreSQL to be back');
        await heard(channel, 1000);
        assert.deepEqual(numbers(channel), range(1, 1000));
        assert.deepEqual(channel.statuses, ['SUBSCRIBED']);
        await kept.query("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'kept'");
        await until(() => kept.query("select pg_drop_replication_slot('kept')").then(() => true, () => false), 'the slot to be dropped', 5000, 1);
        await until(() => channel.statuses.includes('CHANNEL_ERROR') && channel.statuses.at(-1) === 'SUBSCRIBED', () => JSON.stringify(channel.statuses));
    } finally {
        await closeAll();
        await kept.stop();
    }
});
