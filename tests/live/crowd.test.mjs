// Many at once: a thousand joins in one go, and a crowd of connections that say nothing, beside
// which new ones are served as before.
import assert from 'node:assert/strict';
import { connect as dial } from 'node:net';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';

/* CROWD=5000,10000 for the full size: WebSockets, connections that are kept. It needs 16,000 descriptors. */
const [SOCKETS, KEPT] = (process.env.CROWD ?? '1000,2000').split(',').map(Number);
const JOINS = 1000, PER_SOCKET = 100;
const FIXTURE = `
create table ticks (n int primary key);
grant select on ticks to anon;
alter publication supabase_realtime add table ticks;
`;

let stand, calm;
const sockets = [], kept = [];
before(async () => {
    stand = await startStand({ fixtures: [], env: { POSTERN_WORKERS: '1', POSTERN_LIVE_CONNECTIONS: String(SOCKETS), POSTERN_LIVE_IDLE: '10min', POSTERN_LIVE_EMPTY: '10min', POSTERN_ACCESS_LOG: 'off' } });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
    calm = stand.postern.rss();
});
after(async () => {
    for (const socket of sockets) socket.terminate();
    for (const socket of kept) socket.destroy();
    await stand?.stop();
});

const address = () => `${stand.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=2.0.0`;
const open = () => new Promise((done, fail) => {
    const socket = new WebSocket(address(), { perMessageDeflate: false });
    sockets.push(socket);
    socket.on('open', () => done(socket));
    socket.on('error', fail);
});
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

test('a thousand joins at once are all answered, and every channel hears what is written then', async (t) => {
    const ours = await Promise.all(Array.from({ length: JOINS / PER_SOCKET }, open));
    const joined = new Set(), heard = new Map(), refused = [];
    for (const [s, socket] of ours.entries())
        socket.on('message', (data) => {
            const [, , topic, event, payload] = JSON.parse(data);
            if (event === 'phx_reply' && payload.status === 'ok') joined.add(`${s} ${topic}`);
            else if (event === 'phx_reply') refused.push(payload.response.reason);
            else if (event === 'postgres_changes') heard.set(`${s} ${topic}`, (heard.get(`${s} ${topic}`) ?? 0) + 1);
        });
    const begun = Date.now();
    for (let i = 0; i < PER_SOCKET; i++)
        for (const socket of ours)
            socket.send(JSON.stringify(['1', String(i), `realtime:room-${i}`, 'phx_join', { config: { postgres_changes: [{ event: 'INSERT', schema: 'public', table: 'ticks' }] } }]));
    await until(() => joined.size + refused.length === JOINS, () => `${joined.size} joined`, 30000, 5);
    const took = Date.now() - begun;
    t.diagnostic(`${JOINS} joins in ${took} ms`);
    assert.deepEqual(refused, []);
    await stand.query('insert into ticks values (1), (2)');
    await until(() => heard.size === JOINS && [...heard.values()].every((count) => count === 2), () => `${heard.size} have heard`, 30000);
    for (const socket of ours) socket.terminate();
    sockets.length = 0;
});

/** A connection that has asked once and stays. */
const keep = () => new Promise((done, fail) => {
    const socket = dial(new URL(stand.url).port, '127.0.0.1', () => socket.write('GET /live HTTP/1.1\r\nHost: a\r\n\r\n'));
    kept.push(socket);
    socket.on('error', fail);
    socket.once('data', () => done(socket));
});
/** How long a new connection waits for its first answer, in ms. */
async function wait() {
    const begun = performance.now();
    const socket = await keep();
    socket.destroy();
    kept.pop();
    return performance.now() - begun;
}
/** In portions: a listener's backlog is no test of ours. */
async function crowd(count, make) {
    for (let i = 0; i < count; i += 100) await Promise.all(Array.from({ length: 100 }, make));
}

test('with thousands of connections that say nothing new ones are served as before; one too many is told so', async (t) => {
    await until(async () => {
        const socket = await open().catch(() => null); /* the sockets of the test before are gone */
        sockets.pop()?.terminate();
        return socket;
    }, 'room');
    await crowd(SOCKETS, () => until(() => open().catch(() => { sockets.splice(sockets.findIndex((one) => one.readyState > 1), 1); return null; }), 'a socket', 20000));
    await crowd(KEPT, keep);
    const refusal = await new Promise((done) => {
        const socket = new WebSocket(address());
        socket.on('error', () => {});
        socket.on('unexpected-response', (_request, reply) => done(reply.statusCode));
    });
    assert.equal(refusal, 429);
    let waits;
    await until(async () => {
        waits = [];
        for (let i = 0; i < 21; i++) waits.push(await wait());
        return median(waits) < 25;
    }, () => `new connections to be answered at once, they wait ${median(waits)} ms`, 20000);
    t.diagnostic(`a new connection's first answer: ${median(waits).toFixed(1)} ms; memory ${stand.postern.rss()} KiB, at first ${calm}`);
    if (!stand.postern.sanitized()) assert.ok(stand.postern.rss() < 64 << 10, `${stand.postern.rss()} KiB`);
    assert.equal(sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length, SOCKETS);
});
