// Nothing of one request reaches the next on the same connection: one connection, a request that
// misbehaves, then everybody looks at what a request can see.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as, mint, serviceKey, userA, userB } from '../support/tokens.mjs';

const PEOPLE = { ada: userA.token, bo: userB.token, anon: anonKey, service: serviceKey };
let stand, clean;

before(async () => {
    stand = await startStand({
        fixtures: ['people.sql', 'isolation.sql'],
        env: { POSTERN_DB_SCHEMAS: 'iso', POSTERN_DB_MAX_CONNECTIONS: '1', POSTERN_DB_POOL_MIN: '1', POSTERN_WORKERS: '1' },
    });
    clean = await everybody();
    for (const [name, user] of [['ada', 'authenticated'], ['bo', 'authenticated'], ['anon', 'anon'], ['service', 'service_role']])
        for (const view of [clean[name].write, clean[name].read]) assert.equal(view.user, user);
    assert.equal(clean.ada.write.uid, userA.id);
    assert.equal(clean.bo.read.uid, userB.id);
    assert.equal(clean.anon.write.uid, null);
});
after(() => stand?.stop());

async function rest(token, method, path, { body, headers = {}, signal } = {}) {
    const reply = await fetch(`${stand.url}/rest/v1/${path}`, {
        method, signal, headers: { ...as(token), ...(body && { 'content-type': 'application/json' }), ...headers }, body: body && JSON.stringify(body),
    });
    const text = await reply.text();
    return { status: reply.status, body: text ? JSON.parse(text) : null };
}
const call = (token, name, body = {}, more = {}) => rest(token, 'POST', `rpc/${name}`, { body, ...more });

async function good(promise) {
    const reply = await promise;
    assert.ok(reply.status < 300, JSON.stringify(reply));
    return reply.body;
}
async function bad(promise, status, code) {
    const reply = await promise;
    assert.equal(reply.body?.code, code, JSON.stringify(reply));
    assert.equal(reply.status, status);
}

/** What a writing and a reading request of each person sees, without the backend's number. */
async function everybody() {
    const views = {};
    for (const [name, token] of Object.entries(PEOPLE)) {
        const { pid: writer, ...write } = await good(call(token, 'probe'));
        const { pid: reader, ...read } = await good(call(token, 'probe_read'));
        views[name] = { write, read };
        views.pids = new Set([...(views.pids ?? []), writer, reader]);
    }
    return views;
}

const backends = () => stand.query("select pid, state, query from pg_stat_activity where usename = 'authenticator'");

/** Everybody sees what they saw at first, and no transaction is open. */
async function stillClean() {
    const now = await everybody();
    for (const name of Object.keys(PEOPLE)) assert.deepEqual(now[name], clean[name], name);
    for (const { state, query } of await backends()) assert.ok(!/idle in transaction/.test(state), `${state}: ${query}`);
    return now.pids;
}

/** A case: misbehave, then look. sameBackend: the connection must have survived it. */
function isolated(name, act, { sameBackend = true } = {}) {
    test(name, async () => {
        const before = await stillClean();
        await act();
        const now = await stillClean();
        if (sameBackend) assert.ok([...now].every((pid) => before.has(pid)), 'the connection survived');
        else assert.ok([...now].some((pid) => !before.has(pid)), 'a fresh connection');
    });
}

/** Waits until a statement with this text runs; returns its backend. */
const running = (text) => until(async () => (await stand.query("select pid from pg_stat_activity where usename = 'authenticator' and state = 'active' and query like $1", [`%${text}%`]))[0]?.pid, `a running ${text}`, 3000);

describe('isolation of requests that share a connection', () => {
    isolated('1 an ordinary request', async () => {
        assert.equal(await good(call(userA.token, 'whoami')), 'authenticated');
    });
    isolated('2 a statement that fails', async () => {
        await bad(call(userA.token, 'broken'), 400, '22012');
        await bad(call(userA.token, 'raises', { message: 'no' }), 400, 'P0001');
    });
    isolated('3 roles that do not exist, are not granted, or are none', async () => {
        const written = (await stand.query('select count(*) from iso.log'))[0].count;
        for (const role of ['nosuch', 'postgres', 'none', 'authenticator', '']) {
            const token = await mint({ role, sub: userA.id });
            for (const name of ['whoami', 'write_log']) {
                const reply = await call(token, name);
                assert.ok([401, 403].includes(reply.status), `${role} ${JSON.stringify(reply)}`);
            }
        }
        assert.equal((await stand.query('select count(*) from iso.log'))[0].count, written, 'the statement did not run');
    });
    isolated('4 a statement that takes too long', async () => {
        await bad(call(userA.token, 'nap', { seconds: 5 }), 500, '57014');
    });
    isolated('5 a statement that is cancelled', async () => {
        const asked = call(userA.token, 'nap', { seconds: 0.9 });
        await stand.query('select pg_cancel_backend($1)', [await running('nap')]);
        await bad(asked, 500, '57014');
    });
    isolated('5b a cancel with others queued behind', async () => {
        const asked = call(userA.token, 'nap', { seconds: 0.9 });
        const pid = await running('nap');
        const behind = [call(userB.token, 'probe'), call(anonKey, 'probe'), call(userA.token, 'probe_read')];
        await sleep(50);
        await stand.query('select pg_cancel_backend($1)', [pid]);
        await bad(asked, 500, '57014');
        for (const [name, reply] of [['bo', behind[0]], ['anon', behind[1]], ['ada', behind[2]]])
            assert.equal((await good(reply)).uid, clean[name].write.uid, name);
    });
    isolated('5c a client who leaves, with others queued behind', async () => {
        const patience = new AbortController();
        const asked = call(userA.token, 'nap', { seconds: 0.95 }, { signal: patience.signal });
        await running('nap');
        const behind = call(userB.token, 'probe');
        patience.abort();
        await assert.rejects(asked);
        assert.equal((await good(behind)).uid, userB.id);
    });
    isolated('6 a write inside a read', async () => {
        await bad(rest(userA.token, 'GET', 'sneaky'), 405, '25006');
    });
    isolated('7 claims set for the session', async () => {
        assert.equal(await good(call(userA.token, 'evil_claims')), 'set');
        assert.equal((await good(rest(userA.token, 'GET', 'items?select=id'))).length, 900);
        assert.equal((await good(rest(userB.token, 'GET', 'items?select=id'))).length, 100);
    });
    isolated('7b the role set for the session', async () => {
        assert.equal(await good(call(userA.token, 'evil_role')), 'service_role');
        assert.equal(await good(call(userB.token, 'whoami')), 'authenticated');
        await bad(rest(anonKey, 'GET', 'items?select=id'), 401, '42501');
    });
    isolated('7c the search path set for the session', async () => {
        assert.equal(await good(call(userA.token, 'evil_path')), 'set');
    });
    isolated('7d a setting of the transaction stays in it', async () => {
        assert.equal(await good(call(userA.token, 'evil_level')), 'set');
    });
    isolated('7e a temporary table with the name of a real one', async () => {
        assert.equal(await good(call(userA.token, 'evil_table')), 'made');
        assert.deepEqual(await good(rest(userB.token, 'GET', 'items?select=id,body&id=lte.10')), [{ id: 10, body: 'item 10' }]);
        assert.deepEqual(await good(rest(userA.token, 'GET', 'items?select=body&id=eq.1')), [{ body: 'item 1' }]);
    });
    isolated('8 a deferred constraint fails after the result', async () => {
        await bad(rest(userA.token, 'POST', 'deferred', { body: { id: 1, parent: 99 }, headers: { prefer: 'return=representation' } }), 409, '23503');
        await good(rest(userA.token, 'POST', 'deferred', { body: { id: 2, parent: null } }));
        assert.deepEqual(await good(rest(userA.token, 'GET', 'deferred?select=id')), [{ id: 2 }]);
        await good(rest(userA.token, 'DELETE', 'deferred?id=eq.2'));
    });
    isolated('9, 10 failures between innocent writes leave no transaction open', async () => {
        for (let i = 0; i < 20; i++) {
            const asked = [call(userA.token, 'broken'), call(userB.token, 'write_log'), rest(userA.token, 'POST', 'items', { body: { id: 1, owner: userA.id, body: 'again' } })];
            await bad(asked[0], 400, '22012');
            assert.equal(await good(asked[1]), 'written');
            await bad(asked[2], 409, '23505');
        }
    });
    isolated('11, 16 a role that a function takes on for its transaction', async () => {
        assert.equal(await good(call(userA.token, 'evil_local_role')), 1000);
        assert.equal(await good(call(userA.token, 'whoami')), 'authenticated');
    });
    isolated('12 a prepared statement whose execution fails works again', async () => {
        for (let i = 0; i < 3; i++) {
            await bad(rest(userA.token, 'GET', 'items?select=id&id=eq.x'), 400, '22P02');
            assert.deepEqual(await good(rest(userA.token, 'GET', 'items?select=id&id=eq.1')), [{ id: 1 }]);
        }
    });
    isolated('13 a statement that does not parse, asked for twice at once', async () => {
        const asked = [rest(userA.token, 'GET', 'items?select=id&payload=gt.5'), rest(userB.token, 'GET', 'items?select=id&payload=gt.6'), rest(userB.token, 'GET', 'items?select=id&id=eq.10')];
        await bad(asked[0], 404, '42883');
        await bad(asked[1], 404, '42883');
        assert.deepEqual(await good(asked[2]), [{ id: 10 }]);
    });
    isolated('14 one shape, many identities at once', async () => {
        const counts = await Promise.all(Array.from({ length: 120 }, async (_, i) => {
            const name = Object.keys(PEOPLE)[i % 4];
            const reply = await rest(PEOPLE[name], 'GET', `items?select=id&id=gt.${-1 - (i % 3)}`);
            return `${name} ${reply.status === 200 ? reply.body.length : reply.status}`;
        }));
        assert.deepEqual([...new Set(counts)].sort(), ['ada 900', 'anon 401', 'bo 100', 'service 1000']);
    });
    isolated('15 the time of one request is not counted on the next', async () => {
        const asked = [userA, userB, userA].map(({ token }, i) => call(token, 'nap', { seconds: 0.6 + i / 100 }));
        for (const reply of asked) assert.equal(await good(reply), 'authenticated');
    });
    isolated('17 a backend that ends', async () => {
        const reply = await call(userA.token, 'suicide');
        assert.equal(reply.status, 503, JSON.stringify(reply));
    }, { sameBackend: false });
    isolated('18 headers of one request are not the next one\'s', async () => {
        const mine = await good(call(userA.token, 'headers', {}, { headers: { 'x-tenant': 'ada-only' } }));
        assert.equal(JSON.parse(mine)['x-tenant'], 'ada-only');
        for (const token of Object.values(PEOPLE)) {
            const seen = await good(call(token, 'headers'));
            assert.doesNotMatch(seen, /ada-only/);
            assert.doesNotMatch(seen, /bearer/i, 'no secrets');
            assert.ok(!seen.includes(token), 'no secrets');
        }
    });
    test('19 prepared statements dropped behind the server\'s back', async () => {
        await good(rest(userB.token, 'GET', 'items?select=id&id=eq.10'));
        assert.equal(await good(call(userA.token, 'evil_deallocate')), 'gone');
        assert.deepEqual(await good(rest(userB.token, 'GET', 'items?select=id&id=eq.10')), [{ id: 10 }]);
        await stillClean();
    });
    isolated('20 read-only set for the session', async () => {
        assert.equal(await good(call(userA.token, 'evil_read_only')), 'set');
        assert.equal(await good(call(userA.token, 'write_log')), 'written');
    }, { sameBackend: false }); /* the session is given up, the write runs on another */
    test('there was never more than one connection for each pool', async () => {
        const all = await stand.query("select count(*)::int as count from pg_stat_activity where usename = 'authenticator'");
        assert.ok(all[0].count <= 2, `${all[0].count} backends`);
    });
});
