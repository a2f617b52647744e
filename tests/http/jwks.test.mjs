// Keys that an issuer publishes: fetched at the start, again and again, and when a token names one
// that is not there; what an issuer in trouble does, and what of its keys outlives it.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startCluster } from '../support/cluster.mjs';
import { migrate, posternCommand, startPostern } from '../support/postern.mjs';
import { freePort, until } from '../support/process.mjs';
import { fixture } from '../support/stand.mjs';
import { mint, userA } from '../support/tokens.mjs';

const DB = 'app', MEBIBYTE = 1 << 20;
const CLAIMS = { role: 'authenticated', sub: userA.id };

/** A key pair with its published half, and a token signed by it. */
async function makeKey(kid, alg, options) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
    const sign = (more = {}) => new SignJWT({ ...CLAIMS, ...more }).setProtectedHeader({ alg, kid }).setExpirationTime('1h').sign(privateKey);
    return { jwk, sign, token: await sign() };
}

/** An issuer that does what `answer` says: a real HTTP server that counts who asks. */
async function startIssuer(port = 0) {
    const issuer = { asked: [], answer: null, sockets: new Set() };
    const server = createServer((request, response) => {
        issuer.asked.push(request.url);
        issuer.answer(response, request);
    });
    server.on('connection', (socket) => { issuer.sockets.add(socket); socket.on('close', () => issuer.sockets.delete(socket)); });
    await new Promise((done) => server.listen(port, '127.0.0.1', done));
    issuer.port = server.address().port;
    issuer.origin = `http://127.0.0.1:${issuer.port}`;
    issuer.publish = (...keys) => { issuer.answer = (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: keys.map((key) => key.jwk ?? key) })); };
    issuer.close = () => new Promise((done) => { for (const socket of issuer.sockets) socket.destroy(); server.close(done); });
    return issuer;
}

let cluster, dir, es, rs, ed, other;
before(async () => {
    dir = mkdtempSync('/tmp/pt-jwks-');
    [es, rs, ed, other] = await Promise.all([makeKey('es', 'ES256'), makeKey('rs', 'RS256'), makeKey('ed', 'EdDSA', { crv: 'Ed25519' }), makeKey('other', 'ES256')]);
    cluster = await startCluster();
    await cluster.createDatabase(DB);
    await migrate(cluster.url(DB));
    cluster.psql(fixture('people.sql'), DB);
});
after(async () => {
    await cluster?.close();
    rmSync(dir, { recursive: true, force: true });
});

/** A server with these settings, and an issuer of its own unless there is one, for the time of `use`. */
async function withIssuer(env, use, { issuer, publish = [es] } = {}) {
    const own = issuer ?? (await startIssuer());
    if (!issuer) own.publish(...publish);
    const server = await startPostern({
        databaseUrl: cluster.url(DB, 'authenticator'),
        env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url(DB), POSTERN_JWKS_URL: `${own.origin}/keys`, POSTERN_STATE_DIR: 'off', ...env },
    });
    try {
        await use(server, own);
    } finally {
        if (server.running()) await server.stop();
        await own.close();
    }
}

const ask = (server, token) => fetch(`${server.url}/rest/v1/primes?select=id&limit=1`, { headers: { authorization: `Bearer ${token}` } });
const status = async (server, token) => { const reply = await ask(server, token); await reply.text(); return reply.status; };
const becomes = (server, token, wanted) => until(async () => (await status(server, token)) === wanted, `${wanted}`, 10000, 50);
const failures = async (server) => Number(/postern_jwks_loads_total\{result="failed"\} (\d+)/.exec(await (await fetch(`${server.url}/metrics`)).text())[1]);

describe('a published set', () => {
    test('verifies ES256, RS256 and EdDSA from the first request on, beside the secret', () => withIssuer({}, async (server, issuer) => {
        for (const key of [es, rs, ed]) assert.equal(await status(server, key.token), 200, key.jwk.alg);
        assert.equal(await status(server, await mint(CLAIMS)), 200);
        assert.equal(await status(server, other.token), 401);
        assert.deepEqual(issuer.asked, ['/keys']);
    }, { publish: [es, rs, ed] }));

    test('is below SUPABASE_URL when that is all there is', async () => {
        const issuer = await startIssuer();
        issuer.publish(es);
        await withIssuer({ SUPABASE_URL: `${issuer.origin}/`, POSTERN_JWKS_URL: '' }, async (server) => {
            assert.equal(await status(server, es.token), 200);
            assert.deepEqual(issuer.asked, ['/auth/v1/.well-known/jwks.json']);
        }, { issuer });
    });

    test('with a shared secret in it makes nobody able to sign', async () => {
        const secret = 'k'.repeat(40);
        const jwk = { kty: 'oct', kid: 'oct', alg: 'HS256', k: Buffer.from(secret).toString('base64url') };
        await withIssuer({}, async (server) => {
            const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', kid: 'oct' }).setExpirationTime('1h').sign(new TextEncoder().encode(secret));
            assert.equal(await status(server, token), 401);
            assert.equal(await status(server, es.token), 200);
        }, { publish: [jwk, es] });
    });

    test('a key that is not known here is passed over', () => withIssuer({}, async (server) => {
        assert.equal(await status(server, es.token), 200);
    }, { publish: [{ kty: 'AKP', kid: 'x', alg: 'ML-DSA-44', pub: 'AAAA' }, es] }));
});

describe('rotation', () => {
    test('a new key is fetched when a token names it; a removed one stops at once, remembered or not', () =>
        withIssuer({ POSTERN_JWKS_COOLDOWN: '300ms' }, async (server, issuer) => {
            assert.equal(await status(server, es.token), 200);
            issuer.publish(es, other);
            assert.equal(await status(server, other.token), 401); /* no request waits for the fetch */
            await becomes(server, other.token, 200);
            assert.equal(await status(server, es.token), 200);
            issuer.publish(other);
            await ask(server, ed.token); /* names a key that is not there */
            await becomes(server, es.token, 401);
            assert.equal(await status(server, other.token), 200);
        }));

    test('the set is read again by the clock', () => withIssuer({ POSTERN_JWKS_INTERVAL: '1s', POSTERN_JWKS_COOLDOWN: '500ms' }, async (server, issuer) => {
        issuer.publish();
        await becomes(server, es.token, 401);
        issuer.publish(es);
        await becomes(server, es.token, 200);
    }));

    test('made-up key ids cost the issuer one request in the cooldown', () => withIssuer({ POSTERN_JWKS_COOLDOWN: '2s' }, async (server, issuer) => {
        const started = Date.now();
        for (let i = 0; i < 200; i++) {
            const kid = `made-up-${i}`;
            const token = es.token.replace(/^[^.]*/, Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url'));
            assert.equal(await status(server, token), 401);
        }
        assert.ok(issuer.asked.length <= 2 + (Date.now() - started) / 2000, `${issuer.asked.length}`);
    }));
});

/* what | how the issuer answers */
const FAULTS = [
    ['500', (response) => response.writeHead(500).end('{"keys":[]}')],
    ['a page', (response) => response.setHeader('content-type', 'text/html').end('<html>Sign in</html>')],
    ['nothing', (response) => response.end()],
    ['half a set', (response) => response.end('{"keys":[{"kty":"EC"')],
    ['another document', (response) => response.end('{"error":"not found"}')],
    ['keys that are none', (response) => response.end('{"keys":[{}]}')],
    ['keys twice', (response) => response.end('{"keys":[],"keys":[]}')],
    ['too many keys', (response) => response.end(JSON.stringify({ keys: Array.from({ length: 65 }, () => other.jwk) }))],
    ['10 MB', (response) => response.end(`{"keys":[],"x":"${'x'.repeat(10 * MEBIBYTE)}"}`)],
    ['bytes', (response) => response.end(Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 31) & 255)))],
    ['a redirect', (response, request) => (request.url === '/keys' ? response.writeHead(302, { location: '/elsewhere' }).end() : response.end('{"keys":[]}'))],
    ['a connection that breaks', (response) => response.socket.destroy()],
];

describe('an issuer in trouble', () => {
    test('changes nothing: the last good keys go on', () => withIssuer({ POSTERN_JWKS_INTERVAL: '1s', POSTERN_JWKS_COOLDOWN: '100ms' }, async (server, issuer) => {
        assert.equal(await status(server, es.token), 200);
        for (const [what, answer] of FAULTS) {
            issuer.answer = answer;
            const seen = await failures(server), asked = issuer.asked.length;
            await until(async () => issuer.asked.length > asked && (await failures(server)) > seen, what, 8000, 50);
            assert.equal(await status(server, es.token), 200, what);
            assert.equal(await status(server, other.token), 401, what);
        }
        assert.ok(!issuer.asked.includes('/elsewhere'));
        issuer.publish(other);
        await becomes(server, other.token, 200);
        assert.equal(await status(server, es.token), 401);
    }));

    test('that does not answer delays no request, and not the stop', () => withIssuer({ POSTERN_JWKS_INTERVAL: '1s', POSTERN_JWKS_COOLDOWN: '100ms' }, async (server, issuer) => {
        const asked = issuer.asked.length;
        issuer.answer = () => {};
        await until(() => issuer.asked.length > asked, 'a fetch');
        const started = Date.now();
        for (let i = 0; i < 20; i++) assert.equal(await status(server, i % 2 ? es.token : other.token), i % 2 ? 200 : 401);
        assert.ok(Date.now() - started < 8000);
        const stopping = Date.now();
        await server.stop();
        assert.ok(Date.now() - stopping < 9000, `${Date.now() - stopping} ms`);
    }));
});

describe('an issuer that is away at the start', () => {
    test('503 until it comes, not 401: nobody is signed out', async () => {
        const port = await freePort();
        const server = await startPostern({ databaseUrl: cluster.url(DB, 'authenticator'), env: { POSTERN_JWKS_URL: `http://localhost:${port}/keys`, POSTERN_JWKS_COOLDOWN: '200ms', POSTERN_STATE_DIR: 'off' } });
        const reply = await ask(server, es.token);
        assert.deepEqual([reply.status, (await reply.json()).code, reply.headers.get('retry-after')], [503, 'PST503', '1']);
        assert.equal(await status(server, await mint(CLAIMS)), 200); /* the secret is here */
        const issuer = await startIssuer(port);
        issuer.publish(es);
        await becomes(server, es.token, 200);
        await server.stop();
        await issuer.close();
    });

    test('its last good keys were kept, whole and for the owner alone', async () => {
        const state = join(dir, 'deep/state');
        const issuer = await startIssuer(), port = issuer.port;
        issuer.publish(es);
        await withIssuer({ POSTERN_STATE_DIR: state }, async (server) => assert.equal(await status(server, es.token), 200), { issuer });
        const [name, ...more] = readdirSync(state);
        assert.deepEqual(more, []);
        assert.equal(statSync(join(state, name)).mode & 0o777, 0o600);
        assert.equal(JSON.parse(readFileSync(join(state, name), 'utf8')).keys[0].kid, 'es');
        const env = (path) => ({ POSTERN_JWKS_URL: `http://127.0.0.1:${port}/${path}`, POSTERN_STATE_DIR: state });
        for (const [path, want] of [['keys', 200], ['another', 503]]) {
            const server = await startPostern({ databaseUrl: cluster.url(DB, 'authenticator'), env: env(path) });
            assert.equal(await status(server, es.token), want, path);
            await server.stop();
        }
    });
});

describe('settings', () => {
    test('a file is read, and read again', async () => {
        const file = join(dir, 'keys.json');
        writeFileSync(file, JSON.stringify({ keys: [es.jwk] }));
        const server = await startPostern({ databaseUrl: cluster.url(DB, 'authenticator'), env: { POSTERN_JWKS_URL: file, POSTERN_JWKS_INTERVAL: '1s', POSTERN_JWKS_COOLDOWN: '100ms' } });
        assert.equal(await status(server, es.token), 200);
        writeFileSync(file, JSON.stringify({ keys: [other.jwk] }));
        await becomes(server, other.token, 200);
        assert.equal(await status(server, es.token), 401);
        await server.stop();
    });

    for (const url of ['http://example.com/keys', 'http://127.0.0.1@example.com/', 'http://127.0.0.1.example.com/', 'https://user:secret@example.com/', 'ftp://127.0.0.1/', 'keys.json', 'https://'])
        test(`${url} is refused`, async () => {
            const { code, stderr } = await posternCommand(['serve'], { DATABASE_URL: cluster.url(DB, 'authenticator'), POSTERN_JWKS_URL: url });
            assert.deepEqual([code, /POSTERN_JWKS_URL is not valid: it must be https/.test(stderr)], [2, true], stderr);
        });

    test('a project beside us by plain http is not asked, and the log says why', async () => {
        const server = await startPostern({ databaseUrl: cluster.url(DB, 'authenticator'), env: { SUPABASE_URL: 'http://kong:8000' } });
        assert.match(server.logs(), /keys are not fetched.*neither https nor this machine/);
        assert.equal(await status(server, await mint(CLAIMS)), 200);
        assert.equal(await status(server, es.token), 401);
        await server.stop();
    });
});
