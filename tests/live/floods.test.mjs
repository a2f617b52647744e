// Clients that break the protocol or send without end: each is closed with a code or held back, and
// the others hear what they would have heard, in time, from a server that does not grow.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';
import { closeAll, connect, listen } from './clients.mjs';

const FIXTURE = `
create table events (n int primary key, pad text);
grant select on events to anon;
alter publication supabase_realtime add table events;
`;

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_LIVE_MESSAGES: '100' } });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    await closeAll();
    await stand?.stop();
});

const TEXT = 0x81, FIRST_PIECE = 0x01, PIECE = 0x00, LAST_PIECE = 0x80, PING = 0x89;

/** A frame as bytes: masked with zeros unless told otherwise. */
function frame(first, text, masked = true) {
    const payload = Buffer.from(text), head = [first, masked ? 0x80 : 0];
    if (payload.length < 126) head[1] |= payload.length;
    else if (payload.length < 65536) head.push(payload.length >> 8, payload.length & 0xff), (head[1] |= 126);
    else head.push(0, 0, 0, 0, ...[24, 16, 8, 0].map((bits) => (payload.length >> bits) & 0xff)), (head[1] |= 127);
    return Buffer.concat([Buffer.from(head), Buffer.alloc(masked ? 4 : 0), payload]);
}

/** A socket behind its handshake; .got are the bytes since then, .closed the code of a close frame. */
async function open() {
    const socket = dial(new URL(stand.url).port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /realtime/v1/websocket?vsn=2.0.0&apikey=${anonKey} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    const [head] = await once(socket, 'data');
    assert.match(String(head), /^HTTP\/1.1 101/);
    socket.got = '';
    socket.on('data', (data) => { socket.got += data.toString('latin1'); });
    socket.ended = new Promise((done) => socket.on('close', done));
    return socket;
}
/** The code that the socket is closed with; 0: it ends without. */
async function codeOf(socket) {
    await Promise.race([socket.ended, until(() => /\x88[\x02-\x7d]/.test(socket.got), 'the end', 20000)]);
    const at = socket.got.search(/\x88[\x02-\x7d]/);
    socket.destroy();
    return at < 0 ? 0 : socket.got.charCodeAt(at + 2) << 8 | socket.got.charCodeAt(at + 3);
}
const join = (topic) => frame(TEXT, JSON.stringify(['1', '1', `realtime:${topic}`, 'phx_join', { config: {} }]));
const say = (topic, n) => frame(TEXT, JSON.stringify(['1', null, `realtime:${topic}`, 'broadcast', { type: 'broadcast', event: 'x', payload: { n } }]));

for (const [what, bytes, code] of [
    ['a ping of 126 bytes', frame(PING, 'x'.repeat(126)), 1002],
    ['a close frame of 126 bytes', frame(0x88, `\x03\xe8${'x'.repeat(124)}`), 1002],
    ['a frame without a mask', frame(TEXT, '{}', false), 1002],
    ['a reserved bit', frame(0xc1, '{}'), 1002],
    ['another reserved bit', frame(0x91, '{}'), 1002],
    ['a kind that there is not', frame(0x83, '{}'), 1002],
    ['a control frame in pieces', frame(0x09, 'x'), 1002],
    ['a piece of nothing', frame(LAST_PIECE, '{}'), 1002],
    ['a message inside of a message', Buffer.concat([frame(FIRST_PIECE, '{'), frame(TEXT, '{}')]), 1002],
    ['text that is not UTF-8', frame(TEXT, Buffer.from([0xc3, 0x28])), 1007],
    ['text that ends in the middle of a character', frame(TEXT, Buffer.from([0xe2, 0x82])), 1007],
    ['a surrogate', frame(TEXT, Buffer.from([0xed, 0xa0, 0x80])), 1007],
    ['10 MB in one frame', frame(TEXT, 'x'.repeat(10_000_000)), 1009],
    ['a million pieces of one byte', Buffer.concat([frame(FIRST_PIECE, 'x'), Buffer.concat(Array(1000000).fill(frame(PIECE, 'x')))]), 1008],
]) test(`${what} is ${code}`, async () => {
    const socket = await open();
    socket.write(bytes);
    assert.equal(await codeOf(socket), code);
});

test('frames without end are held back, and others hear the changes meanwhile', async () => {
    const quick = await listen(await connect(stand), 'beside-the-flood', { event: 'INSERT', table: 'events' });
    const flood = await open();
    flood.write(join('flood'));
    await until(() => flood.got.includes('phx_reply'), 'the join');
    const burst = Buffer.concat(Array.from({ length: 1000 }, (_, n) => say('flood', n)));
    for (let i = 0; i < 10; i++) flood.write(burst);
    await stand.query('insert into events select i from generate_series(1, 50) i');
    await until(() => quick.heard.length === 50, () => `50 changes, there are ${quick.heard.length}`);
    await until(() => flood.got.includes('Too many messages per second'), 'the refusal');
    flood.destroy();
});

test('a slow reader of 10,000 events costs a bounded queue, and nobody else waits', async () => {
    const quick = await listen(await connect(stand), 'beside-the-slow', { event: 'INSERT', table: 'events' });
    const slow = await Promise.all(Array.from({ length: 8 }, async () => {
        const socket = await open();
        const bindings = [{ event: 'INSERT', schema: 'public', table: 'events' }];
        socket.write(frame(TEXT, JSON.stringify(['1', '1', 'realtime:slow', 'phx_join', { config: { postgres_changes: bindings } }])));
        await until(() => socket.got.includes('phx_reply'), 'the join');
        return socket.pause();
    }));
    const before = stand.postern.rss();
    for (let i = 1; i <= 10; i++) await stand.query(`insert into events select i, repeat('x', 2000) from generate_series(${i * 1000}, ${i * 1000 + 999}) i`);
    await until(() => quick.heard.length === 10000, () => `10,000 changes, there are ${quick.heard.length}`, 60000);
    assert.deepEqual(quick.heard.map((change) => change.new.n), Array.from({ length: 10000 }, (_, i) => 1000 + i), 'in order, none twice');
    if (!stand.postern.sanitized()) assert.ok(stand.postern.rss() - before < 64 * 1024, `${stand.postern.rss() - before} KB more: 20 MB of changes, kept once`);
    for (const socket of slow) socket.resume();
    await until(() => slow.every(({ got }) => got.includes('phx_error') || got.includes('"n":10999')), 'all to be told, or to have it all', 30000);
    for (const socket of slow) socket.destroy();
});
