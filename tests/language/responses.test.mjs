// The answer as the database wants it: response.headers, response.status, RAISE.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from 'node:http';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'responses.sql' }); });
after(() => stand?.stop());

const call = (name, args, method = 'POST') => stand.ask(`/rpc/${name}`, { method, body: args });

// fetch hides the text behind the status
const statusText = (path) => new Promise((resolve, reject) => {
    request(stand.url + path, (reply) => { reply.resume(); resolve(`${reply.statusCode} ${reply.statusMessage}`); }).on('error', reject).end();
});

test('response.headers are sent, in place of ours of the same name', async () => {
    const reply = await call('say_headers', { list: JSON.stringify([{ 'X-A': '1; x=2' }, { 'content-type': 'text/x-mine' }, { Vary: 'X-Mine' }, { 'Content-Length': '1' }, { 'Set-Cookie': 'a=1' }, { 'Set-Cookie': 'b=2' }]) });
    assert.equal(reply.status, 200);
    assert.equal(reply.text, '"said"');
    assert.equal(reply.headers.get('x-a'), '1; x=2');
    assert.equal(reply.headers.get('content-type'), 'text/x-mine');
    assert.equal(reply.headers.get('vary'), 'X-Mine');
    assert.deepEqual(reply.headers.getSetCookie(), ['a=1', 'b=2']);
});

test('headers that are none are 500 PGRST111', async () => {
    for (const list of ['{"X":"y"}', '[{"X":1}]', '[{"X":"y","Z":"y"}]', '["X"]', 'nothing', '[{"X":"a\\r\\nSet-Cookie: b"}]', '[{"a b":"c"}]']) {
        const reply = await call('say_headers', { list });
        assert.deepEqual([reply.status, reply.json.code], [500, 'PGRST111'], list);
    }
});

test('response.status is the status, of reads too', async () => {
    assert.deepEqual([(await call('say_status', { code: '418' })).status, (await stand.ask('/rpc/say_status?code=403')).status], [418, 403]);
    assert.deepEqual((await stand.ask('/rpc/say_status?code=403')).json, { it: 'is' });
    for (const code of ['x', '20', '1000', '403x']) {
        const reply = await call('say_status', { code });
        assert.deepEqual([reply.status, reply.json.code, reply.json.message], [500, 'PGRST112', 'response.status guc must be a valid status code'], code);
    }
});

test('what one request sets is not in the next one', async () => {
    for (let i = 0; i < 5; i++) {
        await call('say_headers', { list: '[{"X-A":"1"}]' });
        await call('say_status', { code: '299' });
        const reply = await call('say_nothing', {});
        assert.deepEqual([reply.status, reply.headers.get('x-a')], [200, null]);
    }
});

test('a trigger may choose status and headers of a write', async () => {
    const made = await stand.ask('/things', { method: 'POST', body: { id: 7 }, headers: { Prefer: 'return=headers-only' } });
    assert.deepEqual([made.status, made.headers.get('location'), made.headers.get('x-seen')], [201, '/elsewhere', 'yes']);
    assert.equal((await stand.ask('/things', { method: 'POST', body: { id: 8 } })).status, 202);
});

test('RAISE with PTxyz: the code is the status, the message its text', async () => {
    const reply = await call('raise_status', { code: 'PT402' });
    assert.deepEqual([reply.status, reply.json], [402, { code: 'PT402', message: 'Pay first', details: 'quota', hint: 'upgrade' }]);
    assert.equal(await statusText('/rpc/raise_status?code=PT402'), '402 Pay first');
    assert.equal((await call('raise_status', { code: 'PT4XX' })).status, 500);
});

test('RAISE with PGRST: everything is chosen', async () => {
    const message = '{"code":"mine","message":"No","details":"d","hint":"h"}';
    const reply = await call('raise_all', { message, detail: '{"status":432,"status_text":"Mine","headers":{"X-Why":"because"}}' });
    assert.deepEqual([reply.status, reply.json, reply.headers.get('x-why')], [432, JSON.parse(message), 'because']);
    const detail = encodeURIComponent('{"status":432,"status_text":"Mine","headers":{}}');
    assert.equal(await statusText(`/rpc/raise_all?message=${encodeURIComponent(message)}&detail=${detail}`), '432 Mine');
});

test('RAISE with PGRST that cannot be read is 500 PGRST121', async () => {
    const good = '{"code":"mine","message":"No"}';
    const cases = [
        [{ message: 'no', detail: '{}' }, "Invalid JSON value for MESSAGE: 'no'"],
        [{ message: good, detail: 'no' }, "Invalid JSON value for DETAIL: 'no'"],
        [{ message: good, detail: '{"status":400,"headers":{"X":"a\\nb"}}' }, `Invalid JSON value for DETAIL: '{"status":400,"headers":{"X":"a\\nb"}}'`],
        [{ message: good }, 'DETAIL is missing in the RAISE statement'],
    ];
    for (const [args, details] of cases) {
        const reply = await call('raise_all', args);
        assert.deepEqual([reply.status, reply.json.code, reply.json.details], [500, 'PGRST121', details]);
        assert.equal(reply.json.message, "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error");
    }
});
