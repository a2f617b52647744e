// PostgreSQL restarts, stops, loses backends, is locked; clients leave; the pool runs dry. What may
// fail, fails as it should; afterwards everything is as before.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';
import { startLoad } from './load.mjs';

const POOL = 3;
const ENV = { POSTERN_DB_SCHEMAS: 'load', POSTERN_DB_MAX_CONNECTIONS: String(POOL), POSTERN_WORKERS: '1', POSTERN_ACCESS_LOG: 'off' };
const JSON_TYPE = { 'content-type': 'application/json' };
let stand, calm;

before(async () => {
    stand = await startStand({ fixtures: ['people.sql', 'faults.sql'], settings: { synchronous_commit: 'on' }, env: ENV });
    calm = { fds: stand.postern.fds(), rss: stand.postern.rss() };
});
after(() => stand?.stop());
afterEach(asBefore);

const ask = async (server, path, { headers = {}, ...more } = {}) => {
    const start = Date.now();
    const reply = await fetch(`${server.url}${path}`, { signal: AbortSignal.timeout(15000), ...more, headers: { apikey: anonKey, ...headers } });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, text, ms: Date.now() - start };
};

/** A second server on the same database, for one test. */
async function another(t, env) {
    const server = await startPostern({ databaseUrl: stand.cluster.url('app', 'authenticator'), env });
    t.after(() => server.kill());
    return server;
}
/** Locks tables against everybody until the returned function is called, or the test ends. */
async function lock(t, tables) {
    const admin = await stand.cluster.client(stand.db);
    t.after(() => admin.end());
    await admin.query(`begin; lock table ${tables} in access exclusive mode`);
    return () => admin.query('commit');
}

const read = (server = stand.postern, table = 'items') => ask(server, `/rest/v1/${table}?select=id&id=eq.1`);
const nap = (seconds, { server = stand.postern, signal } = {}) => ask(server, '/rest/v1/rpc/nap', { method: 'POST', body: JSON.stringify({ seconds }), headers: JSON_TYPE, ...(signal && { signal }) });
const readyIn = async (server, status, ms) => until(async () => (await ask(server, '/ready')).status === status, `/ready ${status}`, ms, 20);
const backends = () => stand.query("select pid, state, query, application_name as name from pg_stat_activity where usename = 'authenticator'");
const napping = async () => (await stand.query("select count(*)::int as count from pg_stat_activity where state = 'active' and query like '%nap%' and usename = 'authenticator'"))[0].count;

/** After each fault: the server lives, its pool is within bounds and idle, its descriptors are back. */
async function asBefore() {
    stand.postern.check();
    await readyIn(stand.postern, 200, 5000);
    assert.equal((await read()).status, 200);
    await until(async () => (await backends()).every(({ state }) => state === 'idle'), 'idle backends');
    const all = await backends();
    assert.ok(all.length <= POOL, `${all.length} backends: ${JSON.stringify(all)}`);
    await until(() => stand.postern.fds() <= calm.fds + POOL + 8, () => `descriptors: ${stand.postern.fds()}, at first ${calm.fds}`, 12000); /* idle clients of the test are let go after 10 s */
    if (!stand.postern.sanitized()) assert.ok(stand.postern.rss() < calm.rss * 1.5 + 30000, `memory: ${stand.postern.rss()} KiB, at first ${calm.rss}`);
}

/** What the writers were told is true: what was acknowledged is there, once. */
async function assertKept(books) {
    const rows = await stand.query('select id::int from load.log');
    const there = new Set(rows.map(({ id }) => id));
    assert.deepEqual(books.acknowledged.filter((id) => !there.has(id)), [], 'acknowledged and lost');
}
const tell = (t, books) => t.diagnostic(`${books.reads} reads, ${books.writes} writes, failures ${JSON.stringify(books.failures)}, slowest ${Math.round(books.slowest)} ms`);

/** Writes may fail when nobody knows whether they happened; they say so with 503. */
function assertOnlyWritesInFlightFailed(books, most) {
    assert.deepEqual(books.failures.read, {}, 'no read failed');
    const codes = Object.keys(books.failures.write);
    assert.ok(codes.every((what) => what.startsWith('503 ')), `writes failed with ${codes}`);
    const failed = Object.values(books.failures.write).reduce((sum, count) => sum + count, 0);
    assert.ok(failed <= most, `${failed} writes failed`);
    assert.ok(books.reads > 100 && books.acknowledged.length > 20, 'there was load');
}

describe('PostgreSQL', () => {
    for (const mode of ['fast', 'immediate'])
        test(`restarts (${mode}) under load: no read fails, only writes in flight`, async (t) => {
            const load = startLoad(stand.postern, { readers: 12, writers: 4 });
            await sleep(700);
            await stand.cluster.restart(mode);
            await sleep(1500);
            const books = await load.stop();
            tell(t, books);
            assertOnlyWritesInFlightFailed(books, 4 * 2);
            await assertKept(books);
        });

    test('crashes under load: no read fails', async (t) => {
        const load = startLoad(stand.postern, { readers: 12, writers: 4 });
        await sleep(700);
        await stand.cluster.kill();
        await stand.cluster.start();
        await sleep(1500);
        const books = await load.stop();
        tell(t, books);
        assertOnlyWritesInFlightFailed(books, 4 * 2);
    });

    test('is away for five seconds: who may wait, waits; who may not, is told quickly; then all is well', async (t) => {
        const hasty = await another(t, { ...ENV, POSTERN_DB_POOL_TIMEOUT: '1s' });
        const load = startLoad(stand.postern, { readers: 6 });
        await sleep(300);
        await stand.cluster.stop('fast');
        const gone = Date.now();

        const first = await read(hasty);
        assert.ok(first.ms < 2000, `${first.ms} ms`);
        for (let i = 0; i < 5; i++) {
            const reply = await ask(hasty, '/rest/v1/items?select=id', { headers: { origin: 'http://localhost:3000' } });
            assert.equal(reply.status, 503, reply.text);
            assert.match(JSON.parse(reply.text).code, /^PGRST00[01]$/);
            assert.equal(reply.headers.get('access-control-allow-origin'), '*');
            assert.ok(Number(reply.headers.get('retry-after')) > 0);
            assert.ok(reply.ms < 1500, `${reply.ms} ms`);
        }
        for (const [path, status] of [['/live', 200], ['/ready', 503], ['/health', 503], ['/health/database', 503], ['/metrics', 200]]) {
            const reply = await ask(hasty, path);
            assert.equal(reply.status, status, path);
            assert.ok(reply.ms < 2000, `${path} ${reply.ms} ms`);
        }
        await sleep(5000 - (Date.now() - gone));
        const start = Date.now();
        await stand.cluster.start();
        const up = Date.now();
        await readyIn(hasty, 200, 5000);
        t.diagnostic(`PostgreSQL away for ${up - gone} ms, back ${Date.now() - up} ms after it (it took ${up - start} ms to start)`);
        assert.equal((await read(hasty)).status, 200);
        await sleep(300);
        const books = await load.stop();
        tell(t, books);
        assert.deepEqual(books.failures.read, {}, 'those with the usual patience all got their answer');
        assert.ok(books.slowest > 3000, 'they did wait');
        await hasty.stop();
    });

    test('ends backends all the time: no read fails', async (t) => {
        const load = startLoad(stand.postern, { readers: 12, writers: 3 });
        const admin = await stand.cluster.client(stand.db);
        let ended = 0;
        for (const end = Date.now() + 4000; Date.now() < end; await sleep(60))
            ended += (await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator' order by random() limit 1")).rows.length;
        await admin.end();
        const books = await load.stop();
        tell(t, books);
        t.diagnostic(`${ended} backends ended`);
        assert.ok(ended > 20);
        assertOnlyWritesInFlightFailed(books, ended * 3); /* all three writers may be in flight on one connection */
        await assertKept(books);
    });

    test('cancels statements all the time: nobody else is hit', async (t) => {
        const load = startLoad(stand.postern, { readers: 12 });
        for (let i = 0; i < 30; i++) {
            const patience = new AbortController();
            const asked = nap(10, { signal: patience.signal }).catch(() => 'left');
            await sleep(30);
            patience.abort();
            assert.equal(await asked, 'left');
        }
        await until(async () => (await napping()) === 0, 'no nap', 8000);
        const books = await load.stop();
        tell(t, books);
        assert.deepEqual(books.failures.read, {});
    });

    test('holds a lock: who needs the table waits, the others do not', async (t) => {
        const unlock = await lock(t, 'load.items');
        const waiting = [read(), read(), ask(stand.postern, '/rest/v1/items?select=body&id=eq.2')];
        await sleep(400);
        const others = [];
        for (let i = 0; i < 20; i++) others.push(await read(stand.postern, 'calm'));
        const slowest = Math.max(...others.map(({ ms }) => ms));
        await unlock();
        for (const reply of await Promise.all(waiting)) assert.equal(reply.status, 200);
        for (const { status } of others) assert.equal(status, 200);
        t.diagnostic(`the others took ${slowest} ms at most`);
        assert.ok(slowest < 300, `${slowest} ms`);
    });
});

describe('clients', () => {
    test('who leave free their backend at once, and /ready stays true while a connection can be had', async (t) => {
        for (let i = 0; i < 60; i++) await Promise.all([read(), ask(stand.postern, '/ready')]); /* known to be quick again, after the locks */
        await nap(0.1); /* from then on it is known to be slow */
        const patience = new AbortController();
        const asked = Array.from({ length: 8 }, () => nap(10, { signal: patience.signal }).catch(() => 'left'));
        await until(async () => (await napping()) > 0, 'a nap');
        for (let i = 0; i < 5; i++) {
            assert.equal((await ask(stand.postern, '/ready')).status, 200);
            const other = await read();
            assert.equal(other.status, 200);
            assert.ok(other.ms < 2000, `another waits ${other.ms} ms`);
        }
        const left = Date.now();
        patience.abort();
        await until(async () => (await napping()) === 0, 'the backends to be free', 8000, 5);
        const ms = Date.now() - left;
        t.diagnostic(`backends free ${ms} ms after their clients left`);
        assert.ok(ms < 3000, `${ms} ms`);
        await Promise.all(asked);
        await sleep(100);
        assert.equal(await napping(), 0, 'those who had waited never reached PostgreSQL');
    });

    test('with a kind of request never seen before do not wait behind slow ones of others', async (t) => {
        const fresh = await another(t, ENV);
        await nap(0.1, { server: fresh });
        const patience = new AbortController();
        const asked = Array.from({ length: 8 }, () => nap(10, { server: fresh, signal: patience.signal }).catch(() => 'left'));
        await until(async () => (await napping()) > 0, 'a nap');
        for (const path of ['/ready', '/rest/v1/calm?select=id,body&id=gt.98', '/rest/v1/items?select=id,body&id=eq.3']) {
            const reply = await ask(fresh, path);
            t.diagnostic(`${path} ${reply.status} after ${reply.ms} ms`);
            assert.equal(reply.status, 200, path);
            assert.ok(reply.ms < 2000, `${path} waited ${reply.ms} ms`);
        }
        patience.abort();
        await Promise.all(asked);
        await fresh.stop();
    });

    test('who wait for a pool that has run dry are told 504, and /ready is false until it has not', async (t) => {
        const dry = await another(t, { ...ENV, POSTERN_DB_POOL_TIMEOUT: '1s' });
        const write = () => ask(dry, '/rest/v1/log', { method: 'POST', body: `{"id":${-Math.floor(Math.random() * 1e9)}}`, headers: JSON_TYPE });
        for (let i = 0; i < 5; i++) await Promise.all([read(dry), read(dry, 'calm'), write()]); /* quick shapes, as far as anybody knows */
        const unlock = await lock(t, 'load.items, load.calm, load.log');
        const stuck = [];
        for (let i = 0; i < 12; i++) {
            stuck.push(read(dry), write(), nap(0.5 + i / 100, { server: dry }));
            await sleep(30);
        }
        const waits = async () => (await stand.query("select count(*)::int as count from pg_stat_activity where usename = 'authenticator' and application_name like '%:write' and wait_event_type = 'Lock'"))[0].count;
        await until(async () => (await waits()) >= POOL || void stuck.push(ask(dry, `/rest/v1/items?select=id&id=eq.${stuck.length}`)), 'every backend to wait for a lock', 8000, 100);
        assert.equal((await ask(dry, '/live')).status, 200);
        const ready = await ask(dry, '/ready');
        assert.equal(ready.status, 503);
        assert.ok(ready.ms < 2000, `${ready.ms} ms`);
        const late = await read(dry, 'calm'); /* all are stuck: it gets no connection */
        assert.equal(late.status, 504, late.text);
        assert.equal(JSON.parse(late.text).code, 'PGRST003');
        assert.ok(Number(late.headers.get('retry-after')) > 0);
        assert.ok(late.ms >= 900 && late.ms < 2500, `${late.ms} ms`);
        await unlock();
        const freed = Date.now();
        await readyIn(dry, 200, 3000);
        t.diagnostic(`ready ${Date.now() - freed} ms after the locks were gone`);
        assert.equal((await read(dry)).status, 200);
        const said = (await Promise.all(stuck)).map(({ status }) => status);
        t.diagnostic(`those who were stuck: ${JSON.stringify(said.reduce((tally, status) => ({ ...tally, [status]: (tally[status] ?? 0) + 1 }), {}))}`);
        assert.ok(said.every((status) => [200, 201, 504].includes(status)), String(said));
        await dry.stop();
    });

    test('who ask for more slow things than may run at once wait, and are told 504', async (t) => {
        const dry = await another(t, { ...ENV, POSTERN_DB_POOL_TIMEOUT: '1s' });
        await nap(0.1, { server: dry });
        const asked = await Promise.all(Array.from({ length: 2 * POOL }, (_, i) => nap(2.5 + i / 100, { server: dry })));
        const tally = asked.map(({ status }) => status);
        t.diagnostic(String(tally));
        assert.ok(tally.includes(200) && tally.includes(504), String(tally));
        for (const { status, text, ms } of asked) if (status === 504) assert.ok(ms < 2500 && JSON.parse(text).code === 'PGRST003', `${ms} ms ${text}`);
        await dry.stop();
    });

    test('who come all at once are all served', async (t) => {
        const start = Date.now();
        const replies = await Promise.all(Array.from({ length: 400 }, (_, i) => ask(stand.postern, `/rest/v1/items?select=id&id=eq.${1 + i}`)));
        assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
        t.diagnostic(`400 at once in ${Date.now() - start} ms`);
    });

    test('who leave in the middle of everything leave nothing behind', async () => {
        const controllers = Array.from({ length: 200 }, () => new AbortController());
        const asked = controllers.map((controller, i) => (i % 2 ? nap(0.01 * (i % 10), { signal: controller.signal }) : ask(stand.postern, '/rest/v1/items?select=*', { signal: controller.signal })).catch(() => 'left'));
        for (const controller of controllers) {
            await sleep(3);
            controller.abort();
        }
        await Promise.all(asked);
        await until(async () => (await napping()) === 0, 'no nap');
    });
});
