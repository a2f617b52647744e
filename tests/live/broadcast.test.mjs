// Broadcasts by plain HTTP, and signs of life.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { createClient as createOld } from 'supabase-js-2-45';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as, userA } from '../support/tokens.mjs';

let stand, client;
before(async () => {
    stand = await startStand();
    client = createClient(stand.url, anonKey, { realtime: { transport: WebSocket } });
});
after(async () => {
    await client?.realtime.disconnect();
    await stand?.stop();
});

const post = async (path, body, headers = as(anonKey)) => {
    const reply = await fetch(`${stand.url}/realtime/v1/api/${path}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
    return { status: reply.status, text: await reply.text() };
};

/** A channel that keeps the messages of an event in .got. */
const hear = (from, name, event) => new Promise((done, fail) => {
    const channel = from.channel(name);
    channel.got = [];
    channel.on('broadcast', { event }, (message) => channel.got.push(message));
    channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? done(channel) : status === 'CLOSED' || fail(error ?? new Error(status))));
});

test('a batch reaches the topics it names, the id comes along', async () => {
    const [one, two] = await Promise.all([hear(client, 'batch-1', 'news'), hear(client, 'batch-2', 'news')]);
    const { status, text } = await post('broadcast', { messages: [
        { topic: 'batch-1', event: 'news', payload: { n: 1 }, id: 'one' }, { topic: 'batch-2', event: 'news', payload: { n: 2 } }, { topic: 'batch-2', event: 'other', payload: {} },
    ] });
    assert.deepEqual([status, text], [202, '']);
    await until(() => one.got.length + two.got.length === 2, () => JSON.stringify([one.got, two.got]));
    assert.deepEqual([one.got[0].payload, one.got[0].meta, two.got[0].payload], [{ n: 1 }, { id: 'one' }, { n: 2 }]);
});

test('one message is its body, JSON or bytes', async () => {
    const channel = await hear(client, 'single', '*');
    assert.equal((await post('broadcast/single/events/said', { text: 'é' })).status, 202);
    assert.equal((await post('broadcast/single/events/raw', '\x01\x02', { ...as(userA.token), 'content-type': 'application/octet-stream' })).status, 202);
    await until(() => channel.got.length === 2, () => JSON.stringify(channel.got));
    assert.deepEqual(channel.got[0].payload, { text: 'é' });
    assert.deepEqual([...new Uint8Array(channel.got[1].payload)], [1, 2]);
});

test('both client versions send before they have joined', async () => {
    const channel = await hear(client, 'early', 'hello');
    const old = createOld(stand.url, anonKey, { auth: { persistSession: false } });
    const fresh = createClient(stand.url, anonKey, { realtime: { transport: WebSocket } });
    assert.equal(await old.channel('early').send({ type: 'broadcast', event: 'hello', payload: { from: 'old' } }), 'ok');
    assert.deepEqual(await fresh.channel('early').httpSend('hello', { from: 'new' }), { success: true });
    await until(() => channel.got.length === 2, () => JSON.stringify(channel.got));
    assert.deepEqual(channel.got.map(({ payload }) => payload.from).sort(), ['new', 'old']);
});

test('what is wrong is said in the shapes the clients know', async () => {
    const good = { topic: 't', event: 'e', payload: {} };
    for (const [path, body, headers, status, text] of [
        ['broadcast', { messages: [good] }, {}, 401, '{"message":"Unauthorized"}'],
        ['broadcast', { messages: [good] }, { authorization: 'Bearer x.y.z' }, 401, '{"message":"Unauthorized"}'],
        ['broadcast', { messages: [good, { topic: 't', event: 'e' }] }, undefined, 422, '{"errors":{"messages":[{},{"payload":["can\'t be blank"]}]}}'],
        ['broadcast', '{', undefined, 422, '{"errors":{"messages":["can\'t be blank"]}}'],
        ['broadcast', { messages: [] }, undefined, 202, ''],
        ['broadcast/t/events/e', 'x', { ...as(anonKey), 'content-type': 'text/plain' }, 415, '{"error":"Unsupported Media Type. Use application/json or application/octet-stream"}'],
        ['broadcast/t/events/e?private=true', '{}', undefined, 403, '{"message":"Unauthorized"}'],
    ]) assert.deepEqual(await post(path, body, headers), { status, text }, path);
});

test('it says that it is alive', async () => {
    const get = async (path) => (await fetch(`${stand.url}/realtime/v1/api/${path}`, { headers: as(anonKey) })).json();
    assert.deepEqual(await get('ping'), { message: 'Success' });
    await until(async () => (await get('tenants/any/health')).data.replication_connected, 'replication');
    assert.equal((await get('tenants/any/health')).data.healthy, true);
});
