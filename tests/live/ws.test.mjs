// /ws, the plain JSON feed: a snapshot at once and every two seconds, finds at their commit.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, userA } from '../support/tokens.mjs';

let stand;
const sockets = [];
before(async () => {
    stand = await startStand({ fixtures: [], env: { POSTERN_CORS_ORIGINS: 'https://good.example' } });
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    for (const socket of sockets) socket.terminate();
    await stand?.stop();
});

/** A client that keeps its frames in .frames; .refused is the status of a handshake that failed. */
async function visit(path = '/ws', options = {}, url = stand.url) {
    const socket = new WebSocket(url.replace('http', 'ws') + path, options);
    sockets.push(socket);
    socket.frames = [];
    socket.of = (type) => socket.frames.filter((frame) => frame.type === type);
    socket.on('message', (data) => socket.frames.push(JSON.parse(data)));
    return new Promise((done) => {
        socket.on('open', () => done(socket));
        socket.on('error', () => {});
        socket.on('unexpected-response', (_, reply) => { socket.refused = reply.statusCode; socket.terminate(); done(socket); });
    });
}

const PARTS = ['type', 'status', 'fleet', 'search_jobs', 'coordinator', 'notifications', 'agent_tasks', 'agent_budgets', 'running_agents', 'projects', 'records', 'strategy', 'ai_engine'];

test('everything comes at once, then what has changed', async () => {
    let ms, socket;
    for (let n = 0; n < 5 && !(ms < 1500); n++) { // the next would come within two seconds anyway
        const began = Date.now();
        socket = await visit();
        await until(() => socket.frames.length > 0, 'the first frame');
        ms = Date.now() - began;
    }
    assert.ok(ms < 1500, `${ms} ms`);
    const [first] = socket.frames;
    assert.deepEqual(Object.keys(first), PARTS);
    assert.deepEqual([first.status, first.fleet.workers, first.fleet.total_workers], [{ active: false, checkpoint: null }, [], 0]);

    await stand.query("insert into workers (worker_id, hostname, cores, search_type, tested, found) values ('w1', 'box', 8, 'kbn', 10, 2), ('w2', 'box', 4, 'kbn', 5, 1)");
    await stand.query("insert into search_jobs (search_type, params, status, range_start, range_end) values ('kbn', '{\"k\": 3}', 'running', 1, 9)");
    await until(() => socket.frames.some((frame) => frame.search_jobs?.length > 0 && frame !== first), 'the job');
    const changed = socket.frames.find((frame) => frame.search_jobs && frame !== first);
    assert.deepEqual(Object.keys(changed), ['type', 'status', 'fleet', 'search_jobs']);
    assert.equal(changed.status.active, true);
    const [server] = changed.fleet.servers;
    assert.deepEqual([server.hostname, server.role, server.worker_count, server.cores, server.worker_ids, server.total_tested, server.total_found], ['box', 'compute', 2, 12, ['w1', 'w2'], 15, 3]);
    assert.deepEqual(changed.search_jobs[0].params, { k: 3 });
});

test('a second client gets everything, too, and it is what GET says', async () => {
    const [one, two] = [await visit(), await visit()];
    await until(() => one.frames.length > 0 && two.frames.length > 0, 'both first frames');
    const body = await (await fetch(`${stand.url}/api/ws-snapshot`)).json();
    for (const socket of [one, two]) {
        assert.deepEqual(Object.keys(socket.frames[0]), PARTS);
        assert.deepEqual(socket.frames[0].search_jobs, body.search_jobs);
        assert.deepEqual(socket.frames[0].projects, body.projects);
    }
});

test('a find is told at its commit, those of a form that follow are one notification', async () => {
    const socket = await visit();
    await until(() => socket.frames.length > 0, 'the first frame');
    const insert = (form, from, to) => stand.query(`insert into primes (form, expression, digits, search_params, proof_method) select '${form}', '${form}-' || n, 100 + n, '{}', 'deterministic' from generate_series(${from}, ${to}) as n returning id`);
    const began = Date.now();
    await insert('ws"1', 1, 7);
    await until(() => socket.of('notification').length === 1, () => JSON.stringify(socket.frames));
    assert.ok(Date.now() - began < 5000, 'at once');
    const { prime } = socket.of('prime_found')[0];
    assert.deepEqual([prime.form, prime.expression, prime.digits, prime.proof_method], ['ws"1', 'ws"1-1', 101, 'deterministic']);
    assert.ok(Math.abs(prime.timestamp_ms - Date.now()) < 5000);
    assert.equal(socket.of('prime_found').length, 7);
    const [{ notification }] = socket.of('notification');
    assert.deepEqual([notification.kind, notification.title, notification.count], ['prime', '7 ws"1 primes found', 7]);
    assert.deepEqual(notification.details, ['ws"1-1', 'ws"1-2', 'ws"1-3', 'ws"1-4', 'ws"1-5', 'and 2 more']);

    const newest = (await insert('ws"1', 8, 8)).at(-1);
    await insert('other', 1, 1);
    await until(() => socket.of('notification').length === 2, 'another form does not wait');
    assert.equal(socket.of('notification')[1].notification.title, '1 other prime found');
    assert.equal(socket.of('prime_found').length, 9);
    await until(() => socket.of('notification').length === 3, 'the rest, ten seconds after the first', 15000);
    assert.ok(Date.now() - began >= 9500);
    assert.equal(socket.of('notification')[2].notification.id, Number(newest.id));
    assert.ok(socket.of('update').slice(1).every((update) => update.notifications === undefined), 'news come once');

    const late = await visit();
    await until(() => late.frames.length > 0, 'the first frame');
    assert.ok(late.frames[0].notifications.some((one) => one.title === '1 other prime found'));
});

test('a burst is told in part', async () => {
    const socket = await visit();
    await until(() => socket.frames.length > 0, 'the first frame');
    await stand.query("insert into primes (form, expression, digits, search_params) select 'burst', 'b' || n, n, '{}' from generate_series(1, 500) as n");
    await until(() => socket.of('notification').some(({ notification }) => notification.title === '500 burst primes found'), 'the notification');
    assert.equal(socket.of('prime_found').length, 20);
});

test('origins and tokens are checked', async () => {
    for (const [path, options, refused] of [
        ['/ws', { origin: 'https://good.example' }, undefined], ['/ws', { origin: 'https://bad.example' }, 403],
        ['/ws', { origin: stand.url }, undefined], ['/ws', { origin: stand.url.replace('http', 'ftp') }, 403],
        ['/ws?token=x', {}, 401], [`/ws?token=${userA.token}`, {}, undefined], ['/wsx', {}, 404],
    ]) assert.equal((await visit(path, options)).refused, refused, path);
    const strict = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_WS_TOKEN: 'required', POSTERN_CHANGES: 'off' } });
    try {
        for (const [path, options, refused] of [
            ['/ws', {}, 401], [`/ws?apikey=${anonKey}`, {}, undefined], ['/ws', { headers: { authorization: `Bearer ${userA.token}` } }, undefined],
        ]) {
            const socket = await visit(path, options, strict.url);
            assert.equal(socket.refused, refused, path);
            if (refused === undefined) await until(() => socket.frames.length > 0, 'the first frame');
        }
    } finally {
        for (const socket of sockets) socket.terminate();
        await strict.stop();
    }
});
