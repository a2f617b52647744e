// What the live feed puts up with, each limit with the refusal that realtime's clients know.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as } from '../support/tokens.mjs';
import { closeAll, connect, heard, listen, subscribe } from './clients.mjs';

const LIMITS = {
    POSTERN_LIVE_CHANNELS: '3', POSTERN_LIVE_MESSAGES: '2', POSTERN_LIVE_PRESENCE_CALLS: '4', POSTERN_LIVE_PRESENCES: '1', POSTERN_LIVE_JOINS: '20',
    POSTERN_LIVE_BROADCAST_MAX: '1KiB', POSTERN_LIVE_CHANGE_MAX: '1KiB', POSTERN_LIVE_EMPTY: '1s',
};
const FIXTURE = `
create table words (id int primary key, body text);
grant select on words to anon;
alter publication supabase_realtime add table words;
`;

let stand, strict;
before(async () => {
    stand = await startStand({ env: LIMITS });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
    strict = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_LIVE_CONNECTIONS: '2', POSTERN_LIVE_IDLE: '1s', POSTERN_CHANGES: 'off' } });
});
after(async () => {
    await closeAll();
    await strict?.stop();
    await stand?.stop();
});

const address = (url) => `${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=2.0.0`;

/** A socket that speaks version 2 by hand: .frames holds what it hears, .closed resolves to [code, reason]. */
async function raw(url) {
    const socket = new WebSocket(address(url));
    socket.frames = [];
    socket.on('message', (data, binary) => binary || socket.frames.push(JSON.parse(data)));
    socket.on('error', () => {});
    socket.closed = new Promise((done) => socket.on('close', (code, reason) => done([code, String(reason)])));
    await new Promise((done) => socket.on('open', done));
    socket.say = (topic, event, payload = {}, ref = '1') => socket.send(JSON.stringify(['1', ref, `realtime:${topic}`, event, payload]));
    socket.replies = () => socket.frames.filter((frame) => frame[3] === 'phx_reply');
    return socket;
}
/** The answer to a handshake that is refused: [status, body]. */
const refusal = (url) => new Promise((done) => {
    const socket = new WebSocket(address(url));
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => response.on('data', (data) => done([response.statusCode, JSON.parse(data)])));
});

test('who says too much is told, and joins again', async () => {
    const [talker, listener] = await Promise.all([connect(stand), connect(stand)]);
    const channel = await listen(talker, 'talk');
    const hearing = await listen(listener, 'talk');
    for (let i = 0; i < 25; i++) channel.send({ type: 'broadcast', event: 'x', payload: { i } });
    await until(() => channel.systems.length > 0, 'the system message');
    assert.equal(channel.systems[0].message, 'Too many messages per second');
    await until(() => channel.statuses.at(-1) === 'SUBSCRIBED' && channel.statuses.includes('CHANNEL_ERROR'), () => JSON.stringify(channel.statuses));
    assert.deepEqual(hearing.statuses, ['SUBSCRIBED'], 'the others are not disturbed');
});

test('presence has limits of a socket and of all', async () => {
    const said = async (count) => {
        const channel = await listen(await connect(stand), 'here');
        for (let i = 0; i < count; i++) channel.track({ i }).catch(() => {});
        return channel;
    };
    const hasty = await said(5);
    await until(() => hasty.systems.length > 0, 'the limit of a socket');
    assert.equal(hasty.systems[0].message, 'Client presence rate limit exceeded');
    const others = [await said(4), await said(4)];
    await until(() => others.some((channel) => channel.systems.length > 0), 'the limit of all');
    assert.equal(others.flatMap((channel) => channel.systems)[0].message, 'Too many presence messages per second');
    await closeAll();
});

test('a broadcast that is too large is refused: on a channel with ack, by HTTP always', async () => {
    const client = await connect(stand);
    const channel = await subscribe(client.channel('large', { config: { broadcast: { ack: true } } }));
    const large = { text: 'x'.repeat(1100) };
    assert.equal(await channel.send({ type: 'broadcast', event: 'x', payload: { text: 'x' } }), 'ok');
    assert.equal(await channel.send({ type: 'broadcast', event: 'x', payload: large }), 'error');
    for (const [path, body] of [['broadcast', { messages: [{ topic: 't', event: 'e', payload: large }] }], ['broadcast/t/events/e', large]]) {
        const reply = await fetch(`${stand.url}/realtime/v1/api/${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...as(anonKey) } });
        assert.equal(reply.status, 422, path);
        assert.match(await reply.text(), /Payload size exceeds the limit/);
    }
    await closeAll();
});

test('a change that is too large comes without its large values, and says so', async () => {
    const channel = await listen(await connect(stand), 'words', { event: '*', table: 'words' });
    await stand.query("insert into words values (1, repeat('x', 2000)), (2, 'small')");
    await heard(channel, 2);
    assert.deepEqual(channel.heard.map(({ new: row, errors }) => [row, errors]), [[{ id: 1 }, ['Error 413: Payload Too Large']], [{ id: 2, body: 'small' }, null]]);
    await closeAll();
});

test('a socket without a channel ends', async () => {
    const socket = await raw(stand.url);
    assert.deepEqual(await socket.closed, [1001, 'no channels']);
});

test('joins too many are refused after a while, and the socket ends; a storm of them ends at once', async () => {
    const [hasty, storm] = await Promise.all([raw(stand.url), raw(stand.url)]);
    const begun = Date.now();
    let over = false;
    hasty.closed.then(() => { over = true; });
    for (let i = 0; i < 215; i++) hasty.say('hasty', 'phx_join', { config: {} }, String(i));
    await until(() => hasty.replies().length >= 200, 'the joins that are allowed', 15000, 5);
    for (let i = 0; i < 60; i++) storm.say('storm', 'phx_join', { config: {} }, String(i));
    assert.deepEqual(await storm.closed, [1013, 'too many refused joins']);
    assert.ok(!over);
    assert.deepEqual(await hasty.closed, [1001, 'too many joins']);
    assert.ok(Date.now() - begun > 4500);
    const reasons = new Set(hasty.replies().map((frame) => frame[4].response.reason));
    assert.deepEqual([...reasons], [undefined, 'ClientJoinRateLimitReached: Too many joins per second']);
});

describe('what takes its time', { concurrency: true }, () => {
    test('a channel more than allowed is refused after a while; one that left makes room', async () => {
        const client = await connect(stand);
        const channels = await Promise.all(['a', 'b', 'c'].map((name) => subscribe(client.channel(name))));
        const begun = Date.now();
        await assert.rejects(subscribe(client.channel('d')), /ChannelRateLimitReached: Too many channels/);
        assert.ok(Date.now() - begun > 4500);
        await Promise.all([client.removeChannel(channels[0]), client.removeChannel(client.getChannels().at(-1))]);
        await subscribe(client.channel('e'));
    });
    test('more sockets than allowed get 429 after a while; one that says nothing ends, one with a heartbeat stays', async () => {
        const sockets = [await raw(strict.url), await raw(strict.url)];
        const begun = Date.now();
        assert.deepEqual(await refusal(strict.url), [429, { error: 'Too many connected users' }]);
        assert.ok(Date.now() - begun >= 1900);
        for (const socket of sockets) socket.terminate();
        await sleep(300); /* those of the test before are gone */
        const [idle, alive] = [await raw(strict.url), await raw(strict.url)];
        const beat = setInterval(() => alive.send('[null,"9","phoenix","heartbeat",{}]'), 300);
        assert.deepEqual(await idle.closed, [1001, 'idle']);
        await sleep(500);
        assert.equal(alive.readyState, WebSocket.OPEN);
        clearInterval(beat);
        alive.terminate();
    });
});
