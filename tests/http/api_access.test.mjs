// The curated routes: who may call them, and what they make of bodies.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startPostern } from '../support/postern.mjs';
import { admin, anonKey, mint, serviceKey, userA } from '../support/tokens.mjs';
import { caller, DB, startApi } from './api_stand.mjs';

let stand, postern, api, query;
before(async () => {
    stand = await startApi();
    ({ postern, api, query } = stand);
});
after(() => stand?.stop());

describe('who may call', () => {
    const key = randomBytes(32).toString('hex');
    const use = (hash, more = '') => query(`update private.operators set api_key_hash = $1 ${more} where username = 'ada'`, [hash]);
    before(() => use(createHash('sha256').update(key).digest('hex')));

    const CASES = [
        ['who', 'nobody', undefined, 401, 'Authentication required'],
        ['who', 'the anon key', anonKey, 401, 'Authentication required'],
        ['who', 'the service key (no sub)', serviceKey, 401, 'Authentication required'],
        ['who', 'a machine', key, 401, 'Authentication required'],
        ['who', 'a user', userA.token, 200],
        ['admin', 'nobody', undefined, 401, 'Authentication required'],
        ['admin', 'the anon key', anonKey, 401, 'Authentication required'],
        ['admin', 'a user', userA.token, 403, 'Admin access required'],
        ['admin', 'a machine', key, 403, 'Admin access required'],
        ['admin', 'an administrator', admin.token, 200],
        ['admin', 'the service key', serviceKey, 200],
        ['node', 'nobody', undefined, 401, 'Missing or invalid Authorization header'],
        ['node', 'an administrator', admin.token, 401, 'Missing or invalid Authorization header'],
        ['node', 'a key nobody has', 'f'.repeat(64), 401, 'Invalid or expired API key'],
        ['node', 'a machine', key, 200],
    ];
    for (const [path, who, token, status, error] of CASES)
        test(`${path}: ${who}`, async () => {
            const reply = await api(`test/${path}`, { token });
            assert.equal(reply.status, status, JSON.stringify(reply.body));
            if (error) assert.deepEqual(reply.body, { error });
        });

    test('what is wrong with a question is told to those who may ask it', async () => {
        const wrong = [
            ['audit?limit=x', 'GET', undefined, userA.token, 403, 'Admin access required'],
            ['audit?limit=x', 'GET', undefined, admin.token, 400, 'limit must be an integer between 1 and 500, not "x"'],
            ['agents/tasks', 'POST', '{"title":', userA.token, 403, 'Admin access required'],
            ['agents/tasks', 'POST', '{"title":', undefined, 401, 'Authentication required'],
            ['agents/tasks', 'POST', '{"title":', admin.token, 400, 'The body must be a JSON object'],
            ['v1/nodes/heartbeat', 'POST', '{}', undefined, 401, 'Missing or invalid Authorization header'],
            ['v1/nodes/heartbeat', 'POST', '{}', key, 400, 'node_id is required: text of 1 to 128 characters'],
        ];
        for (const [path, method, body, token, status, error] of wrong) {
            const reply = await fetch(`${postern.url}/api/${path}`, { method, body, headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) } });
            assert.deepEqual([path, reply.status, await reply.json()], [path, status, { error }]);
        }
    });

    test('a route runs as its own role and knows the caller', async () => {
        const { body } = await api('test/who', { token: userA.token });
        assert.equal(body.uid, userA.id);
        assert.equal(body.role, 'postern_api');
    });

    test('what is cached for one caller is not for another', async () => {
        const { body: a } = await api('test/who', { token: userA.token });
        const { body: b, headers } = await api('test/who', { token: admin.token });
        assert.equal(b.uid, admin.id);
        assert.notEqual(a.at, b.at);
        assert.equal(headers.get('cache-control'), 'private, max-age=60');
        assert.match(headers.get('vary') ?? '', /Authorization/);
        assert.equal((await api('test/who', { token: userA.token })).body.at, a.at);
    });

    test('a token cannot claim to be a key', async () => {
        const hash = createHash('sha256').update(key).digest('hex');
        const claims = { aud: 'authenticated', sub: userA.id, key_hash: hash };
        assert.equal((await api('test/node', { token: await mint({ ...claims, role: 'authenticated' }) })).status, 401);
        assert.notEqual((await api('test/node', { token: await mint({ ...claims, role: 'postern_api' }) })).status, 200);
    });

    test('an old, a fenced and an inactive key are refused; below /rest no key counts', async () => {
        const hash = createHash('sha256').update(key).digest('hex');
        await use(hash, ", key_rotated_at = now() - interval '91 days'");
        assert.deepEqual((await api('test/node', { token: key })).body, { error: 'API key expired, please rotate' });
        await use(hash, ", key_rotated_at = now(), allowed_ips = '{10.0.0.1}'");
        const fenced = await api('test/node', { token: key });
        assert.equal(fenced.status, 403);
        assert.deepEqual(fenced.body, { error: 'IP address not in allowlist' });
        for (const [networks, status] of [['127.0.0.1', 200], ['127.0.0.0/8', 200], ['10.0.0.0/8,127.0.0.1/32', 200], ['::1', 403], ['128.0.0.0/1', 403], ['', 403]]) {
            await use(hash, `, allowed_ips = '{${networks}}'`);
            assert.equal((await api('test/node', { token: key })).status, status, networks);
        }
        await assert.rejects(use(hash, ", allowed_ips = '{10.0.0.0/33}'"), /operators_allowed_ips_check/);
        await use(hash, ', allowed_ips = null, is_active = false');
        assert.deepEqual((await api('test/node', { token: key })).body, { error: 'Invalid or expired API key' });
        const rest = await fetch(`${postern.url}/rest/v1/projects`, { headers: { authorization: `Bearer ${key}` } });
        assert.equal(rest.status, 401);
    });

    test('a key that grows old is named in a Warning, for two weeks', async () => {
        const hash = createHash('sha256').update(key).digest('hex');
        for (const [days, warned] of [[75, false], [77, true], [89, true]]) {
            await use(hash, `, allowed_ips = null, is_active = true, key_rotated_at = now() - interval '${days} days'`);
            const { status, headers } = await api('test/node', { token: key });
            assert.equal(status, 200);
            assert.equal(/^299 postern "The API key expires on \d{4}-\d\d-\d\d, please rotate"$/.test(headers.get('warning') ?? ''), warned, `${days}`);
        }
        await use(hash, ', key_rotated_at = now()');
    });

    test('behind a trusted proxy the allow-list is for who is behind it; nobody else can say who he is', async () => {
        const hash = createHash('sha256').update(key).digest('hex');
        await use(hash, ", allowed_ips = '{198.51.100.0/24}'");
        const from = async (server, forwarded) => (await fetch(`${server.url}/api/test/node`, { headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': forwarded } })).status;
        const proxied = await startPostern({ databaseUrl: stand.cluster.url(DB, 'authenticator'), env: { POSTERN_ROUTES_DIR: stand.folder, POSTERN_TRUSTED_PROXIES: '127.0.0.0/8' } });
        assert.equal(await from(proxied, '198.51.100.7'), 200);
        assert.equal(await from(proxied, '198.51.100.7, 203.0.113.9'), 403); /* made up in front */
        assert.equal(await from(proxied, '203.0.113.9, 198.51.100.7'), 200);
        assert.equal(await from(postern, '198.51.100.7'), 403); /* trusts nobody */
        await proxied.stop();
        await use(hash, ', allowed_ips = null');
    });

    test('a bad token is refused even where anyone may call', async () => {
        const { status, body } = await api('stats', { token: 'a.b.c' });
        assert.equal(status, 401);
        assert.equal(typeof body.error, 'string');
    });
});

describe('bodies', () => {
    const token = userA.token;

    test('the top-level keys are parameters, typed', async () => {
        const { status, body } = await api('test/echo/5', { token, method: 'POST', body: { title: "it's ü", cost: 1.5, tags: ['a', 'b,"c'], more: { x: [null] }, id: 9, other: 1 } });
        assert.equal(status, 201);
        assert.deepEqual(body, { id: 5, title: "it's ü", cost: 1.5, tags: ['a', 'b,"c'], more: { x: [null] } });
        assert.deepEqual((await api('test/echo/5', { token, method: 'POST', body: { title: 't', cost: null } })).body, { id: 5, title: 't', cost: null, tags: null, more: null });
    });

    const BAD = [
        [{}, 400, 'title is required: text of 1 to 20 characters'],
        [{ title: '' }, 400, 'title must be text of 1 to 20 characters, not """"'],
        [{ title: 1 }, 400, 'title must be text of 1 to 20 characters, not "1"'],
        [{ title: 't', cost: 'much' }, 400, 'cost must be a number, not ""much""'],
        [{ title: 't', tags: [1] }, 400, 'tags must be a list of text, not "[1]"'],
        [[1], 400, 'The body must be a JSON object'],
    ];
    for (const [body, status, error] of BAD)
        test(`refused: ${JSON.stringify(body)}`, async () => {
            const reply = await api('test/echo/5', { token, method: 'POST', body });
            assert.equal(reply.status, status);
            assert.deepEqual(reply.body, { error });
        });

    test('a body that is no JSON, or says so', async () => {
        const json = { 'content-type': 'application/json' };
        assert.equal((await api('test/echo/5', { token, method: 'POST', raw: '{"title":', headers: json })).status, 400);
        assert.equal((await api('test/echo/5', { token, method: 'POST', raw: '{"title":"\\u0000"}', headers: json })).status, 400);
        assert.equal((await api('test/echo/5', { token, method: 'POST', raw: 'title=t', headers: { 'content-type': 'text/plain' } })).status, 415);
    });

    test('what is only queued is answered 202, and 404 when there is nothing', async () => {
        const later = await api('test/later/5', { token, method: 'POST' });
        assert.equal(later.status, 202);
        assert.equal(later.body, 5);
        assert.deepEqual((await api('test/later/11', { token, method: 'POST' })).body, { error: 'Nothing to do' });
    });

    test('PATCH changes what is given, to null if it says null', async () => {
        assert.deepEqual((await api('test/tasks/1', { token, method: 'PATCH', body: { title: 'new' } })).body, { id: 1, title: 'new', note: 'note' });
        assert.deepEqual((await api('test/tasks/1', { token, method: 'PATCH', body: { note: null } })).body, { id: 1, title: 'new', note: null });
        assert.deepEqual((await api('test/tasks/9', { token, method: 'PATCH', body: { note: 'x' } })).body, { error: 'Task not found' });
    });

    test('DELETE answers nothing, or 404', async () => {
        assert.equal((await api('test/tasks/2', { token, method: 'DELETE' })).status, 403);
        const gone = await api('test/tasks/2', { token: admin.token, method: 'DELETE' });
        assert.equal(gone.status, 204);
        assert.equal(gone.body, '');
        assert.equal((await api('test/tasks/2', { token: admin.token, method: 'DELETE' })).status, 404);
    });

    test('what SQL raises becomes a status and a sentence', async () => {
        for (const [code, status] of [['PT409', 409], ['PT418', 418], ['22012', 400], ['42501', 401]]) {
            const reply = await api(`test/raise?code=${code}`);
            assert.equal(reply.status, status, code);
            assert.equal(typeof reply.body.error, 'string');
        }
    });
});
