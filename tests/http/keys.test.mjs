// API keys in Supabase's newer form: made, listed and revoked by the command, sent as supabase-js
// sends them over every door; what a revoked one can still do (nothing).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import WebSocket from 'ws';
import { posternCommand, startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mint, serviceKey, userA } from '../support/tokens.mjs';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

let stand, page, server, custom;
const sockets = [];
before(async () => {
    stand = await startStand({ env: { POSTERN_DB_POOL_TIMEOUT: '1s' } });
    stand.cluster.psql('create function whoami() returns text stable language sql as $$ select current_user::text $$;'
        + ' grant execute on function whoami() to anon, authenticated, service_role', stand.db);
    await until(async () => (await whoami({})).status !== 404, 'the function');
});
after(async () => {
    for (const socket of sockets) socket.terminate();
    await stand?.stop();
});

const command = (...args) => posternCommand(['key', ...args], { DATABASE_URL: stand.cluster.url(stand.db) });
const made = async (...args) => {
    const { code, stdout, stderr } = await command('create', ...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
};
async function whoami(headers, url = stand.url) {
    const reply = await fetch(`${url}/rest/v1/rpc/whoami`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
    const body = await reply.json();
    return { status: reply.status, is: reply.ok ? body : body.message, body, headers: reply.headers };
}
const is = async (headers) => (await whoami(headers)).is;

/** A WebSocket's fate: 'open', or the status of the refusal. */
function visit(path, headers = {}) {
    const socket = new WebSocket(stand.url.replace('http', 'ws') + path, { headers });
    sockets.push(socket);
    return new Promise((done) => {
        socket.on('open', () => done({ socket, is: 'open' }));
        socket.on('error', () => {});
        socket.on('unexpected-response', (_, reply) => { socket.terminate(); done({ is: reply.statusCode }); });
    });
}

describe('before the first key', () => {
    test("the frontend's own publishable key is anonymous, a secret one is nobody", async () => {
        assert.equal(await is({ apikey: 'sb_publishable_theirs' }), 'anon');
        assert.equal(await is({ apikey: 'sb_secret_theirs' }), 'Invalid API key');
        assert.match((await command('list')).stderr, /no API keys/);
    });
});

describe('keys', () => {
    test('are made by the command, shown once, kept as a hash', async () => {
        [page, server, custom] = [await made('publishable', '--name', 'site'), await made('secret', '--name', 'backend'), await made('secret', '--name', 'job', '--role', 'authenticated')];
        assert.match(page, /^sb_publishable_[\w-]{22}_[\w-]{8}$/);
        assert.match(server, /^sb_secret_[\w-]{22}_[\w-]{8}$/);
        const rows = await stand.query('select to_json(keys)::text as row from postern.api_keys as keys');
        for (const { row } of rows) for (const key of [page, server, custom]) assert.ok(!row.includes(key.slice(20)));
        const { stdout } = await command('list');
        assert.match(stdout, /^KEY +ROLE +NAME +TENANT +SCOPES +PLAN +MADE +LAST USED +EXPIRES +STATE\n/);
        assert.match(stdout, /sb_secret_[\w-]{6}\.\.\. +service_role +backend +- +all +- +\d{4}-\d\d-\d\d \d\d:\d\d +never +never +good\n/);
    });

    /* what | role or refusal | headers */
    const WAYS = [
        ['publishable', 'anon', () => ({ apikey: page })],
        ['publishable from a page', 'anon', () => ({ apikey: page, 'user-agent': BROWSER })],
        ['publishable repeated as Bearer', 'anon', () => ({ apikey: page, authorization: `Bearer ${page}` })],
        ['publishable as Bearer alone', 'anon', () => ({ authorization: `Bearer ${page}` })],
        ['publishable beside a user', 'authenticated', () => ({ apikey: page, authorization: `Bearer ${userA.token}` })],
        ['secret', 'service_role', () => ({ apikey: server })],
        ['secret as Bearer', 'service_role', () => ({ authorization: `Bearer ${server}` })],
        ['secret beside a user', 'authenticated', () => ({ apikey: server, authorization: `Bearer ${userA.token}` })],
        ['secret from a page', 'Forbidden use of secret API key in browser', () => ({ apikey: server, 'user-agent': BROWSER })],
        ['secret from a page, beside a user', 'Forbidden use of secret API key in browser', () => ({ apikey: server, authorization: `Bearer ${userA.token}`, 'user-agent': BROWSER })],
        ['of a role of its own', 'authenticated', () => ({ apikey: custom })],
        ['two that differ', 'Two API keys that are not the same', () => ({ apikey: page, authorization: `Bearer ${server}` })],
        ['unknown', 'Invalid API key', () => ({ apikey: 'sb_publishable_theirs' })],
        ['unknown beside a user', 'Invalid API key', () => ({ apikey: 'sb_publishable_theirs', authorization: `Bearer ${userA.token}` })],
        ['with a letter more', 'Invalid API key', () => ({ apikey: `${server}A` })],
        ['a good one beside a bad token', 'Expected 3 parts in JWT; got 1', () => ({ apikey: server, authorization: 'Bearer x' })],
        ['a legacy one', 'service_role', () => ({ apikey: serviceKey })],
        ['a legacy one beside a user', 'authenticated', () => ({ apikey: anonKey, authorization: `Bearer ${userA.token}` })],
    ];
    for (const [what, want, headers] of WAYS)
        test(what, async () => {
            const reply = await until(async () => { const got = await whoami(headers()); return got.is === want && got; }, async () => JSON.stringify(await whoami(headers())));
            if (reply.status !== 200) assert.deepEqual([reply.status, reply.body.code, /^Bearer error=/.test(reply.headers.get('www-authenticate'))], [401, 'PGRST301', true]);
        });

    test('work over /api', async () => {
        const status = async (path, headers) => (await fetch(stand.url + path, { headers })).status;
        assert.equal(await status('/api/audit', { apikey: server }), 200);
        assert.equal(await status('/api/audit', { apikey: page }), 401);
        assert.equal(await status('/api/stats', { apikey: page }), 200);
        assert.equal(await status('/api/stats', { apikey: 'sb_publishable_theirs' }), 401);
    });

    test('work in an unmodified supabase-js: rows, and a channel', async () => {
        const client = createClient(stand.url, page, { realtime: { transport: WebSocket }, auth: { persistSession: false, autoRefreshToken: false } });
        const { data, error } = await client.rpc('whoami');
        assert.deepEqual([data, error], ['anon', null]);
        const heard = [];
        const channel = client.channel('room').on('broadcast', { event: 'hello' }, ({ payload }) => heard.push(payload));
        await new Promise((done) => channel.subscribe((status) => status === 'SUBSCRIBED' && done()));
        const sent = await fetch(`${stand.url}/realtime/v1/api/broadcast`, { method: 'POST', headers: { apikey: server, 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ topic: 'room', event: 'hello', payload: { n: 1 } }] }) });
        assert.equal(sent.status, 202);
        await until(() => heard.length === 1, 'the broadcast');
        await client.realtime.disconnect();
    });

    test('open WebSockets, a page without a secret one', async () => {
        const fates = ['/realtime/v1/websocket?vsn=2.0.0&apikey=', '/ws?apikey='].flatMap((path) => [
            visit(path + page), visit(path + server), visit(path + page, { 'user-agent': BROWSER }),
            visit(path + server, { 'user-agent': BROWSER }), visit(`${path}sb_publishable_theirs`)]);
        const want = ['open', 'open', 'open', 401, 401];
        assert.deepEqual((await Promise.all(fates)).map((fate) => fate.is), [...want, ...want]);
    });

    test('are never in the log', () => {
        for (const key of [page, server, custom]) assert.ok(!stand.postern.logs().includes(key));
    });
});

describe('the command', () => {
    test('refuses what it does not know', async () => {
        for (const [args, code, says] of [
            [['create', 'other'], 2, /usage/], [['create'], 2, /usage/], [['create', 'secret', '--role'], 2, /usage/], [['make'], 2, /usage/],
            [['create', 'secret', '--role', 'postgres'], 1, /the role "postgres" is not allowed/],
            [['create', 'secret', '--expires', '90'], 1, /such as 90d/], [['create', 'secret', '--expires', '0d'], 1, /such as 90d/], [['create', 'secret', '--expires', '-1d'], 1, /such as 90d/],
            [['create', 'secret', '--scopes', 'rest:read,all'], 1, /a comma list of rest:read, rest:write/], [['create', 'secret', '--scopes', ''], 1, /a comma list/], [['revoke', 'nobody'], 1, /no such good key/],
            [['list', 'all'], 2, /usage/],
        ]) {
            const ended = await command(...args);
            assert.deepEqual([ended.code, says.test(ended.stderr)], [code, true], args.join(' ') + ended.stderr);
        }
    });
    test('without a word still makes a secret', async () => {
        assert.match((await command()).stdout, /^SUPABASE_JWT_SECRET=.*\nANON_KEY=.*\nSERVICE_ROLE_KEY=/);
    });
});

describe('a key revoked in use', () => {
    test('stops within a second over every door, on this server and on another; its sockets are closed', async () => {
        const other = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator') });
        const key = await made('publishable', '--name', 'short-lived');
        await until(async () => await is({ apikey: key }) === 'anon' && (await whoami({ apikey: key }, other.url)).is === 'anon', 'the key');
        const open = await Promise.all([visit(`/ws?apikey=${key}`), visit(`/realtime/v1/websocket?vsn=1.0.0&apikey=${key}`)]);
        const closed = open.map(({ socket }) => new Promise((done) => socket.on('close', (code) => done(code))));
        let refused = 0, asked = 0, over = false;
        const load = Promise.all(Array.from({ length: 4 }, async () => {
            while (!over) { const { status } = await whoami({ apikey: key }); asked++; refused += status === 401; }
        }));
        const { code, stdout } = await command('revoke', 'short-lived');
        const since = Date.now();
        assert.deepEqual([code, /^revoked sb_publishable_/.test(stdout)], [0, true]);
        await until(async () => await is({ apikey: key }) === 'Invalid API key' && (await whoami({ apikey: key }, other.url)).status === 401, 'the refusal', 15000, 5);
        const took = Date.now() - since;
        const settled = [refused, asked];
        await until(() => asked > settled[1] + 20, 'more requests');
        over = true;
        await load;
        assert.ok(asked - settled[1] - (refused - settled[0]) <= 4, 'none passes after the first refusal but those on their way');
        assert.ok(took < 1000, `${took} ms`);
        assert.deepEqual(await Promise.all(closed), [3000, 3000]);
        assert.equal((await visit(`/ws?apikey=${key}`)).is, 401);
        assert.equal(await is({ apikey: page }), 'anon');
        await other.stop();
    });

    test('when each was used is written down, some time later', { timeout: 40000 }, async () => {
        await until(async () => (await stand.query("select count(*)::int as n from postern.api_keys where name in ('site', 'backend', 'job') and last_used_at > now() - interval '2 minutes'"))[0].n === 3, 'the times', 25000, 200);
        assert.match((await command('list')).stdout, /backend +- +all +- +\d{4}-[\d-]+ [\d:]+ +\d{4}-[\d-]+ [\d:]+ +never +good\n/);
    });

    test('without the database the keys that are known go on', async () => {
        await stand.cluster.stop();
        assert.equal((await whoami({ apikey: 'sb_secret_unknown' })).status, 401);
        assert.ok([503, 504].includes((await whoami({ apikey: server })).status)); /* let in; then there is no database */
        await stand.cluster.start();
        await until(async () => (await whoami({ apikey: server })).is === 'service_role', 'the database', 20000);
    });

    test('revoking all does not open the door again', async () => {
        for (const name of ['site', 'backend', 'job']) assert.equal((await command('revoke', name)).code, 0);
        await until(async () => (await whoami({ apikey: page })).status === 401, 'the refusal');
        assert.equal(await is({ apikey: 'sb_publishable_theirs' }), 'Invalid API key');
        assert.equal(await is({ apikey: await mint({ role: 'anon' }) }), 'anon');
    });
});
