// The HTTP envelope: connections, bodies, caps, timeouts, request ids, CORS, health, metrics, the
// log, and how the process starts and stops.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { posternCommand, startPostern } from '../support/postern.mjs';
import { freePort, sleep, until } from '../support/process.mjs';
import { exchange, Line, requestText } from '../support/raw.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as, SECRET, userA } from '../support/tokens.mjs';

const BODY_MAX = 65536;
const TIMEOUT_MS = 1000;
const ORIGIN = { origin: 'http://localhost:3000' };
const KEYS = { apikey: anonKey };

let stand, port;
before(async () => {
    stand = await startStand({ env: { POSTERN_BODY_MAX: String(BODY_MAX), POSTERN_HEADER_TIMEOUT: `${TIMEOUT_MS}ms`, POSTERN_DB_POOL_TIMEOUT: '2s' } });
    port = stand.postern.port;
    stand.cluster.psql('create function test_nap(seconds float) returns text language plpgsql volatile as $$ begin perform pg_sleep(seconds); return \'rested\'; end $$', stand.db);
    await until(async () => (await get('/rest/v1/rpc/test_nap', { method: 'POST', body: '{"seconds":0}', headers: { 'content-type': 'application/json' } })).status === 200, 'the schema to be reloaded');
});
after(() => stand?.stop());

const get = async (path, { headers = {}, ...more } = {}) => {
    const reply = await fetch(stand.url + path, { ...more, headers: { ...KEYS, ...headers } });
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
};
const rpcText = (body, headers = {}) => requestText('POST', '/rest/v1/rpc/get_discovery_timeline', { ...KEYS, 'Content-Type': 'application/json', ...headers }, body);

describe('connections', () => {
    test('one connection carries many requests', async () => {
        const line = new Line(port);
        for (let i = 0; i < 200; i++) assert.equal((await line.request(requestText('GET', `/rest/v1/records?select=id&limit=${i % 3}`, KEYS))).status, 200);
        assert.ok(line.socket, 'still open');
        line.leave();
    });
    test('requests sent at once are answered in their order', async () => {
        const asked = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? ['GET', `/rest/v1/projects?select=id&id=eq.${1 + (i % 2)}`] : i % 3 === 1 ? ['HEAD', '/live'] : ['GET', `/rest/v1/nothing_${i}`]));
        const { replies } = await exchange(port, asked.map(([method, path]) => requestText(method, path, KEYS)).join(''), { count: 30, methods: asked.map(([method]) => method) });
        assert.equal(replies.length, 30);
        replies.forEach((reply, i) => {
            assert.equal(reply.status, i % 3 === 2 ? 404 : 200);
            if (i % 3 === 0) assert.deepEqual(JSON.parse(reply.text), [{ id: 1 + (i % 2) }]);
            if (i % 3 === 2) assert.match(reply.text, new RegExp(`nothing_${i}\\b`));
        });
    });
    test('requests that wait for the database and bodies may follow each other at once', async () => {
        const pieces = ['day', 'week', 'month'].map((type) => rpcText(JSON.stringify({ bucket_type: type })));
        const { replies } = await exchange(port, pieces.join(''), { count: 3 });
        const counts = replies.map(({ text }) => JSON.parse(text).length);
        assert.ok(counts[0] > counts[1] && counts[1] > counts[2], String(counts));
    });
    test('Connection: close is kept to, and HTTP/1.0 closes', async () => {
        for (const text of [requestText('GET', '/live', { Connection: 'close' }), 'GET /live HTTP/1.0\r\n\r\n']) {
            const { replies, closed } = await exchange(port, text, { count: 2 });
            assert.equal(replies.length, 1);
            assert.equal(replies[0].status, 200);
            assert.ok(closed);
        }
    });
    test('HEAD is GET without the body', async () => {
        for (const path of ['/rest/v1/records?select=*', '/live', '/health', '/metrics', '/rest/v1/no_such_table', '/']) {
            const { replies } = await exchange(port, requestText('HEAD', path, KEYS) + requestText('GET', path, KEYS), { count: 2, methods: ['HEAD', 'GET'] });
            assert.equal(replies.length, 2, path);
            assert.equal(replies[0].status, replies[1].status, path);
            assert.equal(replies[0].headers.get('content-type'), replies[1].headers.get('content-type'), path);
            assert.equal(replies[0].headers.get('content-range'), replies[1].headers.get('content-range'), path);
            assert.ok(replies[1].body.length > 0, path);
        }
    });
    test('the target may be an absolute URL', async () => {
        const { replies } = await exchange(port, requestText('GET', `http://127.0.0.1:${port}/live`));
        assert.equal(replies[0].status, 200);
    });
    test('HTTP/2 is refused: by its preface without a word, by Upgrade with plain HTTP/1.1', async () => {
        const preface = await exchange(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', { timeout: 3000 });
        assert.equal(preface.replies.length, 0);
        assert.equal(preface.rest, '');
        assert.ok(preface.closed);
        const upgrade = await exchange(port, requestText('GET', '/live', { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' }));
        assert.equal(upgrade.replies[0].status, 200);
    });
    test('a WebSocket is let in or refused the same way at the door and on a used connection', async () => {
        const upgrade = (path) => requestText('GET', path, { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' });
        for (const [path, status] of [[`/realtime/v1/websocket?apikey=${anonKey}&vsn=2.0.0`, 101], ['/realtime/v1/websocket?apikey=x', 401]]) {
            const { replies } = await exchange(port, upgrade(path));
            assert.equal(replies[0].status, status, path);
            const used = await exchange(port, requestText('GET', '/live') + upgrade(path), { count: 2 });
            assert.deepEqual(used.replies.map((reply) => reply.status), [200, status], path);
        }
    });
});

describe('bodies', () => {
    test('Expect: 100-continue is answered before the body comes', async () => {
        const body = '{"bucket_type":"month"}';
        const [head] = rpcText(body, { Expect: '100-continue' }).split('\r\n\r\n');
        const { replies } = await exchange(port, [`${head}\r\n\r\n`, 150, body], { count: 2 });
        assert.deepEqual(replies.map(({ status }) => status), [100, 200]);
        assert.ok(JSON.parse(replies[1].text).length > 0);
    });
    test('another expectation is 417', async () => {
        const { replies } = await exchange(port, rpcText('{}', { Expect: 'a miracle' }));
        assert.equal(replies[0].status, 417);
    });
    test('a body in chunks, with extensions and trailers', async () => {
        const head = requestText('POST', '/rest/v1/rpc/get_discovery_timeline', { ...KEYS, 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
        for (const chunks of [['17\r\n{"bucket_type":"month"}\r\n0\r\n\r\n'], ['c\r\n{"bucket_typ', '\r\nB;x=y\r\ne":"month"}\r\n', 20, '0\r\nX-Trailer: yes\r\n\r\n']]) {
            const { replies } = await exchange(port, [head, ...chunks, requestText('GET', '/live')], { count: 2 });
            assert.deepEqual(replies.map(({ status }) => status), [200, 200], JSON.stringify(replies[0]?.text));
            assert.ok(JSON.parse(replies[0].text).length > 0);
        }
    });
    test('a body of exactly the cap is read, one byte more is 413', async () => {
        const bodyOf = (size) => JSON.stringify({ bucket_type: 'x'.repeat(size - '{"bucket_type":""}'.length) });
        assert.equal((await exchange(port, rpcText(bodyOf(BODY_MAX)))).replies[0].status, 200);
        const { replies } = await exchange(port, rpcText(bodyOf(BODY_MAX + 1), ORIGIN));
        assert.equal(replies[0].status, 413);
        assert.equal(replies[0].headers.get('access-control-allow-origin'), '*');
        assert.match(JSON.parse(replies[0].text).hint, /65536/);
    });
    test('413 is said without waiting for a body that is announced too large, or grows too large in chunks', async () => {
        const announced = await exchange(port, requestText('POST', '/rest/v1/rpc/get_stats', { ...KEYS, 'Content-Length': '999999999999' }), { timeout: 3000 });
        assert.equal(announced.replies[0]?.status, 413);
        const sent = await get('/rest/v1/rpc/get_stats', { method: 'POST', body: JSON.stringify({ a: 'x'.repeat(4 << 20) }), headers: { ...ORIGIN, 'content-type': 'application/json' } });
        assert.equal(sent.status, 413, 'a client that sends on hears it as well');
        assert.equal(sent.headers.get('access-control-allow-origin'), '*');
        const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
        const grown = await exchange(port, [requestText('POST', '/rest/v1/rpc/get_stats', { ...KEYS, 'Transfer-Encoding': 'chunked' }), ...Array(6).fill(chunk)], { timeout: 3000 });
        assert.equal(grown.replies[0]?.status, 413);
    });
    test('headers over 64 KiB are 431', async () => {
        const { replies } = await exchange(port, requestText('GET', '/live', { 'X-Large': 'x'.repeat(70000), ...ORIGIN }));
        assert.equal(replies[0]?.status, 431);
        assert.equal(replies[0].headers.get('access-control-allow-origin'), '*');
        assert.equal((await exchange(port, requestText('GET', '/live', { 'X-Large': 'x'.repeat(60000) }))).replies[0].status, 200);
    });
    test('headers without end do not get far', async () => {
        const { replies, closed } = await exchange(port, `GET /live HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(2 << 20)}`, { count: 2, timeout: 5000 });
        assert.ok(closed);
        if (replies.length) assert.match(String(replies[0].status), /^4/);
    });
});

describe('patience', () => {
    const closedIn = async (pieces, label, { min = TIMEOUT_MS * 0.5, max = TIMEOUT_MS * 3 } = {}) => {
        const { closed, ms, replies } = await exchange(port, pieces, { count: 9, timeout: max + 500 });
        assert.ok(closed && ms >= min && ms <= max, `${label}: closed ${closed} after ${ms} ms`);
        return replies;
    };
    test('a silent client is sent away', () => closedIn([], 'silent'));
    test('so is one who stops in the request line', () => closedIn('GET /li', 'request line'));
    test('so is one who stops in the headers', () => closedIn('GET /live HTTP/1.1\r\nHost: x\r\nX-Sl', 'headers'));
    test('so is one who stops in the body', () => closedIn(requestText('POST', '/rest/v1/rpc/get_stats', { ...KEYS, 'Content-Length': '100' }), 'body'));
    test('so is one who stops between two requests', async () => {
        const replies = await closedIn(requestText('GET', '/live'), 'idle');
        assert.equal(replies[0].status, 200);
    });
    test('headers that trickle byte by byte are no reason to wait longer', () =>
        closedIn(Array.from({ length: 100 }, (_, i) => ['GET /live HTTP/1.1\r\nHost: x\r\nX-Slow: '[i] ?? 'x', 60]).flat(), 'trickle'));
    test('a client who takes a little time is served', async () => {
        const { replies } = await exchange(port, ['GET /li', 100, 've HTTP', 100, '/1.1\r\nHo', 100, 'st: x\r\n', 100, '\r\n']);
        assert.equal(replies[0].status, 200);
    });
});

describe('request ids and the log', () => {
    test('an id is taken and given back, else made', async () => {
        assert.equal((await get('/live', { headers: { 'x-request-id': 'mine-1' } })).headers.get('x-request-id'), 'mine-1');
        const made = await Promise.all(Array.from({ length: 20 }, async () => (await get('/live')).headers.get('x-request-id')));
        assert.equal(new Set(made).size, 20);
        for (const id of made) assert.match(id, /^[0-9a-f]{16}$/);
    });
    test('errors carry it as well', async () => {
        for (const path of ['/rest/v1/nothing', '/api/nothing', '/nowhere.txt'])
            assert.equal((await get(path, { headers: { 'x-request-id': 'mine-2' } })).headers.get('x-request-id'), 'mine-2', path);
    });
    test('one that could forge a log line is replaced', async () => {
        for (const id of ['a"b', 'x'.repeat(200), 'a b', '\\n']) {
            const got = (await get('/live', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
            assert.match(got, /^[0-9a-f]{16}$/, id);
        }
    });
    test('each request is one line: id, method, path without the query, status, time, role', async () => {
        await get('/rest/v1/records?select=id&holder=eq.a-private-value', { headers: { 'x-request-id': 'line-1' } });
        await get('/rest/v1/nothing', { headers: { ...as(userA.token), 'x-request-id': 'line-2' } });
        const lineOf = (id) => until(() => stand.postern.logs().split('\n').find((line) => line.includes(`id=${id} `)), `a line for ${id}`);
        const good = await lineOf('line-1');
        for (const part of ['method=GET', 'path=/rest/v1/records', 'status=200', 'role=anon', 'us=']) assert.ok(good.includes(part), `${part} in ${good}`);
        const bad = await lineOf('line-2');
        for (const part of ['status=404', 'role=authenticated', 'code=']) assert.ok(bad.includes(part), `${part} in ${bad}`);
        assert.doesNotMatch(stand.postern.logs(), /a-private-value/);
    });
    test('no secret is ever in it', () => {
        for (const secret of [SECRET, anonKey, userA.token]) assert.ok(!stand.postern.logs().includes(secret));
    });
});

describe('CORS', () => {
    test('every status carries it', async () => {
        const json = { 'content-type': 'application/json' };
        const cases = [
            [200, '/rest/v1/records'], [200, '/live'], [200, '/metrics'], [200, '/health'], [404, '/rest/v1/nothing'], [404, '/api/nothing'], [404, '/nowhere.txt'],
            [400, '/rest/v1/records?id=eq.x'], [406, '/rest/v1/records?id=eq.99', { headers: { accept: 'application/vnd.pgrst.object+json' } }],
            [401, '/rest/v1/records', { method: 'POST', body: '{"form":"x"}', headers: json }], [401, '/rest/v1/records', { headers: { authorization: 'Bearer x.y.z' } }],
            [400, '/rest/v1/rpc/get_stats', { method: 'POST', body: '{', headers: json }], [406, '/rest/v1/records', { headers: { 'accept-profile': 'nowhere' } }],
            [405, '/live', { method: 'DELETE' }], [426, '/ws'],
        ];
        for (const [status, path, init = {}] of cases) {
            const reply = await get(path, { ...init, headers: { ...ORIGIN, ...init.headers } });
            assert.equal(reply.status, status, `${init.method ?? 'GET'} ${path}: ${reply.text}`);
            assert.equal(reply.headers.get('access-control-allow-origin'), '*', `${status} ${path}`);
            assert.match(reply.headers.get('access-control-expose-headers') ?? '', /Content-Range/i, `${status} ${path}`);
        }
    });
    test('a preflight allows what supabase-js sends, and may be kept', async () => {
        for (const path of ['/rest/v1/records', '/rest/v1/rpc/get_stats', '/api/stats', '/anything']) {
            const reply = await get(path, { method: 'OPTIONS', headers: { ...ORIGIN, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'accept-profile,apikey,authorization,content-profile,content-type,prefer,x-client-info,x-supabase-api-version,x-mine' } });
            assert.ok([200, 204].includes(reply.status), `${path} ${reply.status}`);
            assert.equal(reply.headers.get('access-control-allow-origin'), '*');
            for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) assert.ok(reply.headers.get('access-control-allow-methods').includes(method), method);
            const allowed = reply.headers.get('access-control-allow-headers').toLowerCase();
            for (const name of ['accept-profile', 'apikey', 'authorization', 'content-profile', 'content-type', 'prefer', 'x-client-info', 'x-supabase-api-version', 'x-mine']) assert.ok(allowed.includes(name), name);
            assert.ok(Number(reply.headers.get('access-control-max-age')) >= 600);
        }
    });
    test('a list of origins lets these in and no other', async () => {
        const server = await startPostern({ databaseUrl: stand.cluster.url('app', 'authenticator'), env: { POSTERN_CORS_ORIGINS: 'https://app.example.org, http://localhost:3000' } });
        for (const [origin, want] of [['https://app.example.org', 'https://app.example.org'], ['http://localhost:3000', 'http://localhost:3000'], ['https://evil.example.org', null], ['https://app.example.org.evil.org', null]]) {
            const reply = await fetch(`${server.url}/live`, { headers: { origin } });
            assert.equal(reply.headers.get('access-control-allow-origin'), want, origin);
            assert.match(reply.headers.get('vary'), /origin/i);
        }
        await server.stop();
    });
});

describe('health and metrics', () => {
    test('every health path is 200 while all is well', async () => {
        for (const path of ['/live', '/ready', '/health', '/health/database', '/api/health']) {
            const reply = await get(path);
            assert.equal(reply.status, 200, path);
            assert.equal(reply.headers.get('cache-control'), 'no-store', path);
            assert.match(reply.headers.get('content-type'), /^application\/json/);
            JSON.parse(reply.text);
        }
        assert.deepEqual(JSON.parse((await get('/health/database')).text), { status: 'healthy', database_type: 'postgresql' });
    });
    test('a token that does not hold does not matter to them', async () => {
        assert.equal((await get('/ready', { headers: { authorization: 'Bearer broken' } })).status, 200);
    });
    test('/metrics is what a strict reader accepts, and counts', async () => {
        const first = await get('/metrics');
        assert.match(first.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
        const was = readMetrics(first.text);
        for (let i = 0; i < 10; i++) await get('/rest/v1/records?select=id');
        for (let i = 0; i < 5; i++) await get('/rest/v1/nothing');
        const is = readMetrics((await get('/metrics')).text);
        const grown = (name) => is.get(name) - was.get(name);
        assert.ok(grown('postern_http_requests_total{class="2xx"}') >= 10);
        assert.ok(grown('postern_http_requests_total{class="4xx"}') >= 5);
        assert.ok(grown('postern_http_request_seconds_count') >= 15);
        for (const name of ['database_connections', 'database_size_bytes', 'database_active_queries']) assert.ok(is.get(name) > 0, name);
    });
    test('the first page is there', async () => {
        const reply = await get('/');
        assert.equal(reply.status, 200);
        assert.match(reply.headers.get('content-type'), /^text\/html/);
    });
});

/** Reads text exposition format 0.0.4 as strictly as it is defined; returns name{labels} -> value. */
function readMetrics(text) {
    assert.ok(text.endsWith('\n'));
    const samples = new Map(), types = new Map(), finished = new Set();
    let family = null;
    for (const line of text.slice(0, -1).split('\n')) {
        const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
        const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (-?[0-9.eE+-]+|[+-]Inf|NaN)$/.exec(line);
        assert.ok(comment || sample, `a line of another kind: ${line}`);
        const name = comment?.[2] ?? familyOf(sample[1], types);
        if (name !== family) {
            assert.ok(!finished.has(name), `${name} is in one piece`);
            if (family) finished.add(family);
            family = name;
        }
        if (comment?.[1] === 'TYPE') {
            assert.ok(!types.has(name), `${name} has one type`);
            types.set(name, comment[3]);
        }
        if (!sample) continue;
        assert.ok(types.has(name), `${name} has a type before its samples`);
        const key = sample[1] + (sample[2] ?? '');
        assert.ok(!samples.has(key), `${key} is there once`);
        samples.set(key, Number(sample[3]));
        if (types.get(name) === 'counter') assert.match(name, /_total$/);
    }
    for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, samples);
    return samples;
}

const familyOf = (name, types) => {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    return types.get(base) === 'histogram' ? base : name;
};

function checkHistogram(name, samples) {
    const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket`)).map(([, value]) => value);
    assert.deepEqual(buckets, [...buckets].sort((a, b) => a - b), `${name} grows`);
    assert.equal(samples.get(`${name}_bucket{le="+Inf"}`), samples.get(`${name}_count`));
    assert.ok(samples.has(`${name}_sum`));
}

describe('the process', () => {
    const url = () => stand.cluster.url('app', 'authenticator');
    const nap = (server, seconds) => fetch(`${server.url}/rest/v1/rpc/test_nap`, { method: 'POST', body: JSON.stringify({ seconds }), headers: { ...KEYS, 'content-type': 'application/json' } });

    test('SIGTERM: what runs is finished, nothing new is taken, idle clients are let go, exit 0', async () => {
        const server = await startPostern({ databaseUrl: url() });
        const idle = new Line(server.port);
        await idle.request(requestText('GET', '/live'));
        const asked = nap(server, 1);
        await sleep(200);
        const start = Date.now();
        server.signal('SIGTERM');
        await sleep(300);
        await assert.rejects(fetch(`${server.url}/live`), 'no new connection');
        const reply = await asked;
        assert.equal(reply.status, 200);
        assert.equal(await reply.text(), '"rested"');
        assert.deepEqual(await server.exited, { code: 0, signal: null }, server.logs());
        assert.ok(Date.now() - start < 15000, 'does not wait for idle clients');
        assert.equal(idle.socket, null, 'the idle connection was closed');
        server.kill();
    });
    test('SIGINT stops as well; what does not end is given up after the drain time', async () => {
        /* what is cut off is not freed: the process ends */
        const server = await startPostern({ databaseUrl: url(), env: { POSTERN_DRAIN: '500ms', ASAN_OPTIONS: 'detect_leaks=0' } });
        const asked = nap(server, 9).catch((error) => error);
        await sleep(200);
        const start = Date.now();
        server.signal('SIGINT');
        assert.equal((await server.exited).code, 0, server.logs());
        assert.ok(Date.now() - start < 7000, `${Date.now() - start} ms`);
        await asked;
        server.kill();
    });
    test('SIGUSR1 reloads the schema', async () => {
        const server = await startPostern({ databaseUrl: url(), env: { POSTERN_DB_CHANNEL_ENABLED: 'false' } });
        const ask = async () => (await fetch(`${server.url}/rest/v1/rpc/test_new`, { method: 'POST', body: '{}', headers: { ...KEYS, 'content-type': 'application/json' } })).status;
        stand.cluster.psql('create function test_new() returns int language sql as \'select 1\'', stand.db);
        assert.equal(await ask(), 404);
        server.signal('SIGUSR1');
        await until(async () => (await ask()) === 200, 'the new function');
        stand.cluster.psql('drop function test_new', stand.db);
        await server.stop();
    });
    test('the settings of PostgREST are understood', async () => {
        const own = await freePort();
        const server = await startPostern({
            databaseUrl: undefined, env: { DATABASE_URL: undefined, POSTERN_JWT_SECRET: undefined, PGRST_DB_URI: url(), PGRST_DB_SCHEMAS: 'public', PGRST_DB_ANON_ROLE: 'anon', PGRST_JWT_SECRET: SECRET, PGRST_SERVER_PORT: String(own), POSTERN_PORT: String(own), POSTERN_REST_PATH: '/' },
        });
        const reply = await fetch(`${server.url}/records?select=id`, { headers: as(userA.token) });
        assert.deepEqual(await reply.json(), [{ id: 1 }, { id: 2 }]);
        await server.stop();
    });
    test('a setting that is wrong ends the start with one sentence that names it', async () => {
        const base = { DATABASE_URL: url(), POSTERN_JWT_SECRET: SECRET, POSTERN_PORT: String(await freePort()) };
        const cases = [
            [{ POSTERN_PORT: 'x' }, /PORT/], [{ POSTERN_PORT: '70000' }, /PORT/], [{ POSTERN_DB_MAX_CONNECTIONS: '0' }, /DB_MAX_CONNECTIONS/], [{ DB_MAX_CONNECTIONS: 'many' }, /DB_MAX_CONNECTIONS/],
            [{ POSTERN_JWT_SECRET: 'short' }, /JWT_SECRET/], [{ POSTERN_LOG_LEVEL: 'loud' }, /LOG_LEVEL/], [{ POSTERN_BODY_MAX: '-1' }, /BODY_MAX/], [{ POSTERN_HEADER_TIMEOUT: 'soon' }, /HEADER_TIMEOUT/],
            [{ POSTERN_WORKERS: '1000' }, /WORKERS/], [{ POSTERN_REST_PATH: 'rest' }, /REST_PATH/], [{ DATABASE_URL: undefined }, /DATABASE_URL/], [{ PGRST_DB_TX_END: 'f' }, /TX_END/],
            [{ DATABASE_URL: stand.cluster.url('nothing_here', 'authenticator') }, /nothing_here/], [{ DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' }, /127\.0\.0\.1/],
            [{ DATABASE_URL: 'postgresql://authenticator:a-password@127.0.0.1:1/x' }, /127\.0\.0\.1/], [{ POSTERN_PORT: String(port) }, new RegExp(`${port}`)],
        ];
        for (const [env, named] of cases) {
            const { code, stdout, stderr } = await posternCommand(['serve'], { ...base, ...env });
            const label = JSON.stringify(env) + stderr;
            assert.ok(typeof code === 'number' && code !== 0, label);
            assert.equal(stdout, '', label);
            const sentences = stderr.split('\n').filter((line) => line.startsWith('postern: ')); /* the others are log lines */
            assert.match(sentences.at(-1), named, label);
            assert.equal(sentences.length, 1, label);
            assert.ok(!stderr.includes('a-password'), label);
        }
    });
    test('an unknown command is named', async () => {
        const { code, stderr } = await posternCommand(['dance']);
        assert.notEqual(code, 0);
        assert.match(stderr, /dance.*--help/);
    });
});
