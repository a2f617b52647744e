// /auth/v1 handed on: to a second server that signs in (an unmodified supabase-js does not see the
// difference), and to one that shows what arrives and answers as badly as servers do.
import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { posternCommand, startPostern } from '../support/postern.mjs';
import { freePort } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';

const MEBIBYTE = 1 << 20;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** fetch() would tidy the path up. */
const statusOf = (path) => new Promise((done, fail) => get(`${broken.url}`, { path }, (reply) => { reply.resume(); done(reply.statusCode); }).on('error', fail));

let stand, there, broken, upstream, answer;
before(async () => {
    stand = await startStand({ env: { POSTERN_AUTH: 'builtin' }, fixtures: [] });
    await stand.query('select postern.create_user($1, $2)', ['ada@example.org', 'a password']);
    const databaseUrl = stand.cluster.url(stand.db, 'authenticator');
    there = await startPostern({ databaseUrl, env: { SUPABASE_URL: `${stand.url}/`, POSTERN_STATE_DIR: 'off' } });
    upstream = createServer((request, response) => {
        const body = [];
        request.on('data', (piece) => body.push(piece));
        request.on('end', () => answer(request, response, Buffer.concat(body)));
    });
    await new Promise((done) => upstream.listen(0, '127.0.0.1', done));
    broken = await startPostern({
        databaseUrl,
        env: { SUPABASE_AUTH_URL: `http://127.0.0.1:${upstream.address().port}/gotrue`, POSTERN_AUTH_TIMEOUT: '700ms', POSTERN_CORS_ORIGINS: 'http://page' },
    });
});
after(async () => {
    upstream?.closeAllConnections();
    upstream?.close();
    await broken?.stop();
    await there?.stop();
    await stand?.stop();
});

describe('to a server that signs in', () => {
    test('supabase-js signs in, is somebody, refreshes and signs out', async () => {
        const db = createClient(there.url, anonKey, { auth: { persistSession: false, autoRefreshToken: false } });
        const { data, error } = await db.auth.signInWithPassword({ email: 'ada@example.org', password: 'a password' });
        assert.equal(error, null);
        assert.deepEqual((await db.from('user_profiles').select('display_name')).data, [{ display_name: 'ada' }]);
        assert.equal((await db.auth.getUser()).data.user.id, data.user.id);
        assert.equal((await db.auth.refreshSession()).error, null);
        assert.equal((await db.auth.signOut()).error, null);
        const wrong = await db.auth.signInWithPassword({ email: 'ada@example.org', password: 'wrong' });
        assert.deepEqual([wrong.error.code, wrong.error.status], ['invalid_credentials', 400]);
    });

    test('CORS is said once', async () => {
        const { headers } = await fetch(`${there.url}/auth/v1/settings`, { headers: { origin: 'http://page' } });
        assert.equal(headers.get('access-control-allow-origin'), '*');
        assert.match(headers.get('x-request-id'), /^[0-9a-f]{16}$/);
    });

    test('fifty at once', async () => {
        const all = await Promise.all(Array.from({ length: 50 }, () => fetch(`${there.url}/auth/v1/health`).then((reply) => reply.json())));
        assert.deepEqual([...new Set(all.map(({ name }) => name))], ['Postern']);
    });
});

describe('what arrives and what comes back', () => {
    const show = (request, response, body) => response.setHeader('content-type', 'application/json')
        .end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: body.toString() }));

    test('method, path, query, body and headers arrive; what is the connection\'s does not', async () => {
        answer = show;
        const reply = await fetch(`${broken.url}/auth/v1/verify/x%20y?a=1&b=%2F`, {
            method: 'PUT', body: '{"a": "ä"}',
            headers: { apikey: 'k', authorization: 'Bearer t', 'content-type': 'application/json', 'x-forwarded-for': '6.6.6.6', 'x-request-id': 'mine', te: 'trailers' },
        });
        const seen = await reply.json();
        assert.deepEqual([seen.method, seen.url, seen.body], ['PUT', '/gotrue/verify/x%20y?a=1&b=%2F', '{"a": "ä"}']);
        const { apikey, authorization, host, te } = seen.headers;
        assert.deepEqual([apikey, authorization, seen.headers['content-type'], te], ['k', 'Bearer t', 'application/json', undefined]);
        assert.equal(host, `127.0.0.1:${upstream.address().port}`);
        assert.deepEqual(['for', 'host', 'proto'].map((name) => seen.headers[`x-forwarded-${name}`]), ['127.0.0.1', `127.0.0.1:${broken.port}`, 'http']);
        assert.equal(seen.headers['x-request-id'], 'mine');
        assert.equal(reply.headers.get('x-request-id'), 'mine');
    });

    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'PATCH'])
        test(`${method} without a body`, async () => {
            answer = (request, response) => response.setHeader('x-seen', `${request.method} ${request.headers['content-length'] ?? 0}`).end('text');
            const reply = await fetch(`${broken.url}/auth/v1/x`, { method });
            assert.match(reply.headers.get('x-seen'), new RegExp(`^${method} 0$`));
            assert.equal(await reply.text(), method === 'HEAD' ? '' : 'text');
        });

    test('redirects, cookies and errors are handed back as they are', async () => {
        answer = (request, response) => response.writeHead(302, [['location', 'https://elsewhere/?x=1'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2'],
            ['access-control-allow-origin', '*'], ['server', 'other'], ['connection', 'close'], ['vary', 'x']].flat()).end();
        const reply = await fetch(`${broken.url}/auth/v1/authorize?provider=x`, { redirect: 'manual', headers: { origin: 'http://page' } });
        assert.deepEqual([reply.status, reply.headers.get('location'), reply.headers.getSetCookie()], [302, 'https://elsewhere/?x=1', ['a=1', 'b=2']]);
        assert.equal(reply.headers.get('access-control-allow-origin'), 'http://page');
        assert.match(reply.headers.get('server'), /^postern/);
        assert.equal(reply.headers.get('vary'), 'Origin');
        answer = (request, response) => response.writeHead(422, { 'content-type': 'application/json' }).end('{"code":422,"error_code":"weak_password","msg":"x"}');
        const wrong = await fetch(`${broken.url}/auth/v1/signup`, { method: 'POST', body: '{}' });
        assert.deepEqual([wrong.status, (await wrong.json()).error_code], [422, 'weak_password']);
    });

    test('no path leads out of the folder', async () => {
        const seen = [];
        answer = (request, response) => { seen.push(request.url); response.end('{}'); };
        for (const path of ['a/../../b', '%2e%2e/x', 'a/%2E./b', 'a%2fb', 'a%5Cb', 'a\\b'])
            assert.equal(await statusOf(`/auth/v1/${path}`), 404, path);
        assert.deepEqual(seen, []);
    });
});

describe('in trouble', () => {
    const trouble = async (path = 'token', version = false) => {
        const reply = await fetch(`${broken.url}/auth/v1/${path}`, { headers: version ? { 'x-supabase-api-version': '2024-01-01' } : {} });
        return [reply.status, (await reply.json())[version ? 'code' : 'error_code']];
    };

    test('an answer that does not come is a 504, and others do not wait for it', async () => {
        answer = () => {};
        let over = false;
        const slow = trouble().finally(() => { over = true; });
        assert.equal((await fetch(`${broken.url}/live`)).status, 200);
        assert.ok(!over);
        assert.deepEqual(await slow, [504, 'request_timeout']);
        assert.deepEqual(await trouble('token', true), [504, 'request_timeout']);
    });

    test('one that stops in the middle is a 504, one that breaks off a 502', async () => {
        answer = (request, response) => response.writeHead(200, { 'content-length': '100' }).write('half');
        assert.deepEqual(await trouble(), [504, 'request_timeout']);
        answer = (request, response) => { response.writeHead(200, { 'content-length': '100' }).write('half'); setTimeout(() => response.destroy(), 20); };
        assert.deepEqual(await trouble(), [502, 'unexpected_failure']);
    });

    test('garbage and a flood are a 502', async () => {
        answer = (request) => request.socket.end('garbage\r\n\r\n');
        assert.deepEqual(await trouble(), [502, 'unexpected_failure']);
        answer = (request, response) => response.end(Buffer.alloc(2 * MEBIBYTE));
        assert.deepEqual(await trouble(), [502, 'unexpected_failure']);
    });

    test('clients that leave take their requests along', async () => {
        let closed = 0;
        answer = (request) => request.socket.on('close', () => closed++);
        await Promise.allSettled(Array.from({ length: 5 }, () => fetch(`${broken.url}/auth/v1/x`, { signal: AbortSignal.timeout(100) })));
        for (let i = 0; i < 40 && closed < 5; i++) await sleep(25);
        assert.equal(closed, 5);
    });

    test('nobody at the address is a 502', async () => {
        const nowhere = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { SUPABASE_AUTH_URL: `http://127.0.0.1:${await freePort()}` } });
        const reply = await fetch(`${nowhere.url}/auth/v1/health`);
        assert.deepEqual([reply.status, (await reply.json()).msg], [502, 'The authentication service cannot be reached']);
        await nowhere.stop();
    });
});

describe('settings', () => {
    test('without any of them a hint names them', async () => {
        const off = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_AUTH: 'off', SUPABASE_AUTH_URL: stand.url } });
        const reply = await fetch(`${off.url}/auth/v1/token?grant_type=password`, { method: 'POST', body: '{}' });
        assert.equal(reply.status, 404);
        assert.match((await reply.json()).hint, /SUPABASE_AUTH_URL.*POSTERN_AUTH=builtin/);
        await off.stop();
    });

    test('an address that is none stops the start, and so does builtin without a secret', async () => {
        const start = (env) => posternCommand(['serve'], { DATABASE_URL: stand.cluster.url(stand.db, 'authenticator'), POSTERN_PORT: '0', ...env });
        const url = await start({ SUPABASE_AUTH_URL: 'ftp://x', POSTERN_JWT_SECRET: 'x'.repeat(32) });
        assert.deepEqual([url.code, /POSTERN_AUTH_URL is not valid/.test(url.stderr)], [2, true], url.stderr);
        const secret = await start({ POSTERN_AUTH: 'builtin' });
        assert.deepEqual([secret.code, /must hold an HS256 secret/.test(secret.stderr)], [2, true], secret.stderr);
    });
});
