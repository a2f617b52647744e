// The stream of log lines: server-sent events that begin with the last minute, go on where a client
// left off, and end when the caller may not listen any more.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/process.mjs';
import { admin, anonKey, mintUser, serviceKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

const PATH = '/api/v1/observability/logs/stream';
let stand, query;
before(async () => {
    stand = await startApi();
    ({ query } = stand);
    await query("delete from system_logs");
});
after(() => stand?.stop());

const log = (message, level = 'info', source = 'test') =>
    query("insert into system_logs (ts, level, source, component, message) values (now() - interval '2 seconds', $1, $2, 'c', $3) returning id::int", [level, source, message]);

/** Listens; events are gathered as { id, event, data }. */
async function listen(path, { token = admin.token, headers = {} } = {}) {
    const leave = new AbortController();
    const reply = await fetch(stand.postern.url + path, { signal: leave.signal, headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers } });
    const events = [];
    const stream = { status: reply.status, headers: reply.headers, events, ended: false, leave: () => leave.abort() };
    const read = async () => {
        let text = '';
        for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
            text += piece;
            for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
                const fields = text.slice(0, at).split('\n').filter((line) => !line.startsWith(':')).map((line) => line.split(/: (.*)/s));
                const event = Object.fromEntries(fields);
                if (event.data !== undefined) events.push(event); // a retry alone is none
            }
        }
        stream.ended = true;
    };
    if (reply.status === 200) read().catch(() => { stream.ended = true; });
    return stream;
}
const messages = (stream) => stream.events.map(({ data }) => JSON.parse(data).message);
const has = (stream, count) => until(() => stream.events.length >= count, () => JSON.stringify(stream.events));

describe('the stream of log lines', () => {
    for (const [who, token, status] of [['nobody', null, 401], ['the anon key', anonKey, 401], ['a user', userA.token, 403], ['the service', serviceKey, 200]])
        test(`${who}: ${status}`, async () => {
            const stream = await listen(PATH, { token });
            assert.equal(stream.status, status);
            stream.leave();
        });

    test('the last minute, then what comes, each once and in order', async () => {
        await query("insert into system_logs (ts, level, source, component, message) values (now() - interval '2 minutes', 'info', 'test', 'c', 'old')");
        await log('one');
        const stream = await listen(PATH);
        assert.deepEqual([stream.headers.get('content-type'), stream.headers.get('cache-control')], ['text/event-stream', 'no-store']);
        await has(stream, 1);
        for (const message of ['two\nlines', 'three']) await log(message);
        await has(stream, 3);
        await log('four');
        await has(stream, 4);
        assert.deepEqual(messages(stream), ['one', 'two\nlines', 'three', 'four']);
        const row = JSON.parse(stream.events[0].data);
        assert.deepEqual(Object.keys(row), ['id', 'ts', 'level', 'source', 'component', 'message', 'worker_id', 'search_job_id', 'search_id', 'context']);
        assert.equal(stream.events[0].id, String(row.id));
        stream.leave();
    });

    test('a client who comes back misses nothing', async () => {
        const [{ id }] = await log('last seen');
        await log('missed');
        const back = await listen(PATH, { headers: { 'last-event-id': String(id) } });
        await has(back, 1);
        await log('new');
        await has(back, 2);
        assert.deepEqual(messages(back), ['missed', 'new']);
        back.leave();
        assert.equal((await listen(PATH, { headers: { 'last-event-id': 'x' } })).status, 400);
    });

    test('filters hold for all of it', async () => {
        const [{ id }] = await log('from here');
        await log('an error', 'error', 'disk');
        const stream = await listen(`${PATH}?level=error&source=disk&last_event_id=${id}`);
        await has(stream, 1);
        await log('info', 'info', 'disk');
        await log('elsewhere', 'error', 'net');
        await log('again', 'error', 'disk');
        await has(stream, 2);
        assert.deepEqual(messages(stream), ['an error', 'again']);
        stream.leave();
        assert.equal((await listen(`${PATH}?level=loud`)).status, 400);
    });

    test('it ends when the token does, and when the caller is no administrator any more', async () => {
        const soon = Math.floor(Date.now() / 1000) + 3;
        const short = await listen(PATH, { token: await mintUser(admin.id, admin.email, { exp: soon }) });
        const long = await listen(PATH);
        await query("update user_profiles set role = 'operator' where id = $1", [admin.id]);
        for (const stream of [short, long]) await until(() => stream.ended, () => JSON.stringify(stream.events));
        await query("update user_profiles set role = 'admin' where id = $1", [admin.id]);
        assert.deepEqual(long.events.at(-1), { event: 'error', data: '{"error":"Admin access required"}' });
        assert.equal(short.events.at(-1).event, 'error');
    });

    test('a database that restarts is waited for', async () => {
        const [{ id }] = await log('before');
        const stream = await listen(PATH, { headers: { 'last-event-id': String(id) } });
        await stand.cluster.restart();
        await until(() => log('after').catch(() => null), 'the database is back');
        await has(stream, 1);
        assert.deepEqual(messages(stream), ['after']);
        stream.leave();
    });
});
