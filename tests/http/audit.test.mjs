// The audit of requests: what is written down, by whom, and what not; nothing is lost when the
// server stops or the database is away for a while, and reads do not notice it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { posternCommand, startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { admin, as, mintUser, serviceKey, userA } from '../support/tokens.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const SQL = `
    create table notes_audit (id int primary key, note text, owner uuid);
    alter table notes_audit enable row level security;
    create policy own on notes_audit to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
    grant all on notes_audit to authenticated;
    create function test_reads() returns int language sql stable as 'select 1';
    create function test_writes() returns int language sql volatile as 'select 2';
    notify pgrst`;

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_AUDIT: 'on', POSTERN_TRUSTED_PROXIES: '127.0.0.1' } });
    stand.cluster.psql(SQL, stand.db);
    await until(async () => (await ask('GET', '/rest/v1/notes_audit')).status === 200, 'the table');
});
after(() => stand?.stop());

async function ask(method, path, { token = userA.token, body, headers = {} } = {}) {
    const reply = await fetch(stand.url + path, { method, headers: { ...as(token), ...JSON_TYPE, ...headers }, body: body && JSON.stringify(body) });
    return { status: reply.status, text: await reply.text(), id: reply.headers.get('x-request-id') };
}
const entries = (where = 'true', values) => stand.query(`select * from audit_log where action = 'request' and ${where} order by id`, values);
const entryOf = (id) => until(async () => (await entries('request_id = $1', [id]))[0], `the entry of ${id}`);
const note = (id) => ({ id, note: 'a secret thought', owner: userA.id });

test('a write is written down: who, as what, what, and what came of it', async () => {
    const reply = await ask('POST', '/rest/v1/notes_audit?select=id', { body: note(1), headers: { 'x-forwarded-for': '198.51.100.7', 'user-agent': 'test/1', 'x-request-id': 'audit-1' } });
    assert.equal(reply.status, 201);
    const { id, created_at: at, ...entry } = await entryOf('audit-1');
    assert.ok(id > 0 && Math.abs(at - Date.now()) < 10000);
    assert.deepEqual(entry, {
        user_id: userA.id, user_email: userA.email, action: 'request', resource: '/rest/v1/notes_audit', method: 'POST', status_code: 201,
        ip_address: '198.51.100.7', user_agent: 'test/1', payload: null, role: 'authenticated', tenant_id: null, request_id: 'audit-1',
    });
});

/* what | method, path, options | is it of interest? */
const CASES = [
    ['a read', ['GET', '/rest/v1/notes_audit'], false],
    ['a HEAD', ['HEAD', '/rest/v1/notes_audit'], false],
    ['an update', ['PATCH', '/rest/v1/notes_audit?id=eq.1', { body: { note: 'x' } }], true],
    ['an upsert', ['POST', '/rest/v1/notes_audit', { body: note(1), headers: { prefer: 'resolution=merge-duplicates' } }], true],
    ['a delete', ['DELETE', '/rest/v1/notes_audit?id=eq.77'], true],
    ['a write that the policy refuses', ['POST', '/rest/v1/notes_audit', { body: { id: 9, owner: admin.id } }], true],
    ['a write that is none', ['POST', '/rest/v1/nowhere', { body: {} }], true],
    ['a function that writes', ['POST', '/rest/v1/rpc/test_writes', { body: {} }], true],
    ['a function that reads', ['POST', '/rest/v1/rpc/test_reads', { body: {} }], false],
    ['a curated read', ['GET', '/api/stats'], false],
    ['a read for administrators', ['GET', '/api/audit', { token: admin.token }], true],
    ['a read for administrators, by another', ['GET', '/api/audit'], true],
    ['a write by the service role', ['POST', '/rest/v1/notes_audit', { token: serviceKey, body: { id: 20 } }], true],
    ['a write with a bad token', ['POST', '/rest/v1/notes_audit', { token: 'x', body: {} }], false],
    ['nothing that is there', ['POST', '/nowhere', { body: {} }], false],
];
test('writes, and what is for administrators, are of interest, nothing else', async () => {
    const asked = [];
    for (const [what, args, want] of CASES) asked.push({ what, want, ...(await ask(...args)) });
    const last = await ask('DELETE', '/rest/v1/notes_audit?id=eq.78');
    await entryOf(last.id);
    for (const { what, want, id, status } of asked) {
        const found = await entries('request_id = $1', [id]);
        assert.equal(found.length, want ? 1 : 0, what);
        if (want) assert.equal(found[0].status_code, status, what);
    }
});

test('API keys, tenants and subjects that are no uuid are named; values of rows and tokens are not', async () => {
    const { stdout } = await posternCommand(['key', 'create', 'secret'], { DATABASE_URL: stand.cluster.url(stand.db) });
    const key = stdout.trim();
    const byKey = await until(async () => {
        const reply = await fetch(`${stand.url}/rest/v1/notes_audit?id=eq.79`, { method: 'DELETE', headers: { apikey: key } });
        return reply.ok && reply.headers.get('x-request-id');
    }, 'the key');
    const [{ id }] = await stand.query('select id from postern.api_keys');
    assert.deepEqual((await entryOf(byKey)).payload, { key_id: id });
    const tenant = await ask('DELETE', '/rest/v1/notes_audit?id=eq.80', { token: await mintUser(userA.id, userA.email, { app_metadata: { tenant_id: 'north' } }) });
    assert.equal((await entryOf(tenant.id)).tenant_id, 'north');
    const odd = await ask('POST', '/rest/v1/rpc/test_writes', { token: await mintUser("x'); drop table audit_log --", 'e@example.org'), body: {} });
    const entry = await entryOf(odd.id);
    assert.deepEqual([entry.user_id, entry.payload], [null, { subject: "x'); drop table audit_log --" }]);
    const all = JSON.stringify(await entries());
    for (const secret of ['a secret thought', userA.token, key, serviceKey]) assert.ok(!all.includes(secret));
});

test('administrators read it at /api/audit', async () => {
    const { data } = JSON.parse((await ask('GET', '/api/audit?action=request&limit=500', { token: admin.token })).text);
    assert.ok(data.total > 8 && data.entries.length === data.total);
    assert.equal((await ask('GET', '/api/audit')).status, 403);
});

test('the database is away for a while, then the server stops: every write is there, once', async () => {
    const server = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_AUDIT: 'on' } });
    const write = async (n) => (await fetch(`${server.url}/rest/v1/notes_audit`, { method: 'POST', headers: { ...as(userA.token), ...JSON_TYPE, 'x-request-id': `many-${n}` }, body: JSON.stringify(note(1000 + n)) })).status;
    const statuses = await Promise.all(Array.from({ length: 600 }, (_, n) => write(n)));
    stand.cluster.psql('alter function postern.write_audit rename to write_audit_away', stand.db);
    statuses.push(...(await Promise.all(Array.from({ length: 100 }, (_, n) => write(600 + n)))));
    await until(() => /audit not written/.test(server.logs()), 'a failure');
    stand.cluster.psql('alter function postern.write_audit_away rename to write_audit', stand.db);
    statuses.push(...(await Promise.all(Array.from({ length: 300 }, (_, n) => write(700 + n)))));
    assert.ok(statuses.every((status) => status === 201));
    await server.stop();
    const [{ all, different }] = await stand.query("select count(*)::int as all, count(distinct request_id)::int as different from audit_log where request_id like 'many-%'");
    assert.deepEqual([all, different], [1000, 1000]);
});

test('it is off unless asked for, or with SUPABASE_URL', async () => {
    for (const [env, want] of [[{}, 0], [{ SUPABASE_URL: 'http://127.0.0.1:9', POSTERN_STATE_DIR: 'off' }, 1], [{ SUPABASE_URL: 'http://127.0.0.1:9', POSTERN_STATE_DIR: 'off', POSTERN_AUDIT: 'off' }, 0]]) {
        const server = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env });
        const id = `off-${Math.random()}`;
        await fetch(`${server.url}/rest/v1/notes_audit?id=eq.1`, { method: 'DELETE', headers: { ...as(userA.token), 'x-request-id': id } });
        await server.stop();
        assert.equal((await entries('request_id = $1', [id])).length, want, JSON.stringify(env));
    }
});

test('all: reads are written down, too, each once, with its tenant', async () => {
    const server = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_AUDIT: 'all' } });
    const token = await mintUser(userA.id, userA.email, { tenant_id: 'ant' });
    const read = (n) => fetch(`${server.url}/rest/v1/notes_audit?limit=1`, { headers: { ...as(token), 'x-request-id': `read-${n}` } }).then((reply) => reply.status);
    let next = 0;
    await Promise.all(Array.from({ length: 8 }, async () => { for (let n = next++; n < 2000; n = next++) assert.equal(await read(n), 200); }));
    await server.stop();
    const [row] = await stand.query("select count(*)::int as all, count(distinct request_id)::int as different, min(tenant_id) as tenant, min(method) as method from audit_log where request_id like 'read-%'");
    assert.deepEqual(row, { all: 2000, different: 2000, tenant: 'ant', method: 'GET' });
});

/** How long the machine takes, at its slowest, for what the server does to write: a connection and a statement. */
async function slowest(isOver) {
    let longest = 0;
    while (!isOver()) {
        const start = Date.now();
        await stand.query('select 1');
        longest = Math.max(longest, Date.now() - start);
        await sleep(20);
    }
    return longest;
}

test('a kill loses no more than a second', async () => {
    const server = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_AUDIT: 'on' } });
    const answered = [];
    let over = false;
    const load = Promise.all(Array.from({ length: 4 }, async (_, lane) => {
        for (let n = 0; !over; n++) {
            const id = `kill-${lane}-${n}`;
            const reply = await fetch(`${server.url}/rest/v1/notes_audit?id=eq.0`, { method: 'DELETE', headers: { ...as(userA.token), 'x-request-id': id } }).catch(() => null);
            if (reply?.ok) answered.push([id, Date.now()]);
        }
    }));
    const statement = slowest(() => over);
    await until(async () => (await entries("request_id like 'kill-%'")).length > 200, 'some entries');
    await sleep(1200); // longer than what may be lost
    server.kill();
    const at = Date.now();
    over = true;
    await load;
    const kept = (await entries("request_id like 'kill-%'")).map((entry) => entry.request_id);
    assert.equal(new Set(kept).size, kept.length, 'none twice');
    const lost = answered.filter(([id]) => !kept.includes(id)).map(([, when]) => at - when);
    const longest = Math.max(0, ...lost), late = await statement;
    console.log(`# ${answered.length} answered, ${lost.length} lost, the oldest ${longest} ms before the kill; the slowest statement took ${late} ms`);
    assert.ok(answered.some(([, when]) => at - when > 1000), 'there are older ones');
    assert.ok(longest < 1000 + 2 * late, `${longest} ms`); // a machine that has no time is not the server's
});
