// Who has missed changes gets them, none missing and none twice, or is told of the gap: /ws with
// commands, over cut connections, restarts of PostgreSQL and of the server. Two workers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, userA, userB } from '../support/tokens.mjs';

const FIXTURE = `
create table ticks (n int primary key, kind text, pad text);
create table owned (n int primary key, owner uuid, secret text);
create table touchy (n int primary key);
create table quiet (n int primary key);
alter table owned enable row level security;
alter table touchy enable row level security;
create policy own on owned for select to authenticated using (owner = auth.uid());
create policy breaks on touchy for select to anon using (1 / (n - 13) <> 0);
grant select on ticks, touchy, quiet to anon, authenticated;
grant select (n, owner) on owned to authenticated;
alter publication supabase_realtime add table ticks, owned, touchy;
`;
const SLOT = { POSTERN_REPLICATION_SLOT: 'resume', POSTERN_CORS_ORIGINS: '*' };

let stand;
const sockets = [];
const streams = (postern) => until(() => /changes stream/.test(postern.logs()), 'the stream of changes');
before(async () => {
    stand = await startStand({ env: SLOT });
    stand.cluster.psql(FIXTURE, stand.db);
    await streams(stand.postern);
});
after(async () => {
    for (const socket of sockets) socket.terminate();
    await stand?.postern.stop(); // perhaps another one than the stand's first
    await stand?.cluster.close();
});

/** A client of /ws that keeps all frames but the snapshots'. */
async function visit({ url = stand.url, token } = {}) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws${token ? `?token=${token}` : ''}`);
    sockets.push(socket);
    socket.frames = [];
    socket.of = (type) => socket.frames.filter((frame) => frame.type === type);
    socket.numbers = () => socket.of('change').map(({ change }) => (change.record ?? change.old_record).n);
    socket.say = (command) => socket.send(JSON.stringify(command));
    socket.hears = (type, count = 1) => until(() => socket.of(type).length >= count, () => `${count} ${type}: ${JSON.stringify(socket.frames).slice(-2000)}`, 20000);
    socket.last = () => socket.frames.findLast((frame) => frame.lsn && frame.type !== 'notification')?.lsn;
    socket.on('message', (data) => {
        const frame = JSON.parse(data);
        if (frame.type !== 'update') socket.frames.push(frame);
    });
    socket.on('error', () => {});
    await new Promise((done, fail) => socket.on('open', done).on('close', fail));
    return socket;
}

async function follow(options, ...subscriptions) {
    const socket = await visit(options);
    for (const one of subscriptions) socket.say(one);
    await socket.hears('subscribed', subscriptions.length);
    return socket;
}
const ticks = { subscribe: { table: 'ticks', event: 'INSERT' } };
const insert = (from, to) => stand.query(`insert into ticks select i, 'k' || i % 10 from generate_series(${from}, ${to}) i`);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** What pg_current_wal_lsn() says, from where all that is committed later can be asked for. */
const now = async () => (await stand.query('select pg_current_wal_lsn()::text as at'))[0].at;

test('a client subscribes to several tables, hears what it asked for, and unsubscribes', async () => {
    const socket = await follow({}, ticks, { subscribe: { table: 'ticks', event: '*', filter: 'kind=eq.b' } });
    const [one, two] = socket.of('subscribed');
    assert.deepEqual([one.id, two.id, one.subscribe], [1, 2, ticks.subscribe]);
    assert.match(one.lsn, /^[0-9A-F]+\/[0-9A-F]+/);
    await stand.query("insert into ticks values (1, 'a'), (2, 'b')");
    await stand.query("update ticks set pad = 'x' where n <= 2");
    await stand.query('delete from ticks where n <= 2');
    await stand.query("insert into ticks values (3, 'c')");
    await until(() => socket.numbers().includes(3), () => JSON.stringify(socket.frames));
    assert.deepEqual(socket.of('change').map(({ ids, change }) => [change.type, change.record?.n, ids]), [['INSERT', 1, [1]], ['INSERT', 2, [1, 2]], ['UPDATE', 2, [2]], ['INSERT', 3, [1]]]);
    const [first, second] = socket.of('change');
    assert.match(first.lsn, /:0$/);
    assert.equal(second.lsn, first.lsn.replace(/:0$/, ':1'));
    assert.deepEqual([first.change.schema, first.change.table, first.change.record], ['public', 'ticks', { n: 1, kind: 'a', pad: null }]);
    socket.say({ unsubscribe: 1 });
    await socket.hears('unsubscribed');
    await stand.query("insert into ticks values (4, 'd'), (5, 'b')");
    await until(() => socket.numbers().includes(5), 'the other one');
    assert.deepEqual(socket.numbers().slice(-2), [3, 5]);
    await stand.query('delete from ticks');
    socket.close();
});

test('what is wrong is said, with a hint, and the rest goes on', async () => {
    const socket = await follow({}, ticks);
    for (const [command, message, hint] of [
        ['{', /not understood/, /Send/], ['[]', /not understood/, /Send/], ['{"ping":1}', /not understood/, /Send/],
        [{ subscribe: 'ticks' }, /names a table/, /table/], [{ subscribe: {} }, /names a table/, /table/], [{ subscribe: { table: '' } }, /names a table/, /table/],
        [{ subscribe: { table: 'ticks', event: 'NOTHING' } }, /event must be/, /./], [{ subscribe: { table: 'ticks', filter: 'n~1' } }, /filter/, /operator/],
        [{ subscribe: { table: 'ticks', filter: 'nix=eq.1' } }, /nix/, /operator/], [{ subscribe: { table: 'nowhere' } }, /no such table/, /role/],
        [{ subscribe: { table: 'quiet' } }, /not in the publication/, /alter publication/], [{ subscribe: { table: 'ticks', select: ['nix'] } }, /nix/, /./],
        [{ unsubscribe: 99 }, /no such subscription/, /id/], [{ unsubscribe: 'x' }, /no such subscription/, /id/],
        [{ since: 7 }, /not a position/, /pg_current_wal_lsn/], [{ since: 'x' }, /not a position/, /pg_current_wal_lsn/], [{ ...ticks, since: '0/' }, /not a position/, /pg_current_wal_lsn/],
    ]) {
        const before = socket.of('error').length;
        socket.send(typeof command === 'string' ? command : JSON.stringify(command));
        await socket.hears('error', before + 1);
        const error = socket.of('error').at(-1);
        assert.match(error.message, message, JSON.stringify(command));
        assert.match(error.hint, hint, JSON.stringify(command));
    }
    socket.send(Buffer.from([1, 2]));
    await socket.hears('error', 18);
    await insert(10, 10);
    await until(() => socket.numbers().includes(10), 'a change all the same');
    socket.close();
});

test('after a cut the client goes on in the middle of a transaction: none missing, none twice', async () => {
    const start = await now();
    const heard = [];
    let socket = await follow({}, { ...ticks, since: start });
    let written = 0, cutting = true; /* it writes as long as connections are cut */
    const writing = (async () => {
        for (; cutting; written += 50) await insert(1000 + written, 1049 + written);
    })();
    let last = start;
    for (let cut = 0; cut < 5; cut++) {
        await until(() => socket.of('change').length > 60 + cut, 'some changes');
        socket.terminate();
        heard.push(...socket.numbers());
        last = socket.of('change').at(-1).lsn;
        socket = await visit();
        if (cut % 2 === 0) socket.say({ ...ticks, since: last });
        else { socket.say(ticks); socket.say({ since: last }); }
    }
    cutting = false;
    await writing;
    const all = range(1000, 999 + written);
    await until(() => heard.length + socket.numbers().length >= written, () => `${heard.length} + ${socket.numbers().length} of ${written}`);
    await sleep(300);
    heard.push(...socket.numbers());
    assert.deepEqual(heard, all);
    assert.equal(socket.of('gap').length, 0);
    assert.ok(socket.of('resumed').length > 0);

    socket.say({ since: start }); // what it has not had: what came before it was there
    const before = socket.of('change').length, resumed = socket.of('resumed').length;
    await socket.hears('resumed', resumed + 1);
    assert.deepEqual(socket.numbers().slice(before).toSorted((a, b) => a - b), all.filter((n) => !socket.numbers().slice(0, before).includes(n)));
    socket.close();
});

test('what is replayed is judged as if it were new: policies, columns, filters', async () => {
    const start = await now();
    await (await follow({}, ticks)).close();
    await stand.query(`insert into owned select i, case when i % 2 = 0 then '${userA.id}' else '${userB.id}' end::uuid, 's' from generate_series(1, 20) i`);
    const all = { subscribe: { table: 'owned' }, since: start };
    const [ada, bo, anon] = [await follow({ token: userA.token }, all), await follow({ token: userB.token }, { ...all, subscribe: { table: 'owned', filter: 'n=gt.10' } }), await visit()];
    anon.say(all);
    await until(() => ada.numbers().length >= 10 && bo.numbers().length >= 5, () => JSON.stringify([ada.frames, bo.frames]));
    await anon.hears('error'); // it may read nothing of the table
    await sleep(100);
    assert.deepEqual(ada.numbers(), range(1, 20).filter((n) => n % 2 === 0));
    assert.deepEqual(bo.numbers(), range(11, 20).filter((n) => n % 2 === 1));
    assert.deepEqual(Object.keys(ada.of('change')[0].change.record), ['n', 'owner']);
    assert.deepEqual(anon.numbers(), []);
    for (const socket of [ada, bo, anon]) socket.close();
});

test('a position far behind the end of the log is a gap, and silences nothing', async () => {
    const [fresh, live] = [await follow({}, { ...ticks, since: 'FFFFFFFF/FFFFFFFF' }), await follow({}, ticks)];
    live.say({ since: 'FFFFFFFF/0:7' });
    for (const [socket, from] of [[fresh, 'FFFFFFFF/FFFFFFFF'], [live, 'FFFFFFFF/0:7']]) {
        await socket.hears('resumed');
        assert.deepEqual(socket.of('gap').map((gap) => gap.from), [from]);
        assert.notEqual(socket.of('subscribed')[0].lsn, from);
    }
    await insert(9001, 9001);
    for (const socket of [fresh, live]) {
        await until(() => socket.numbers().includes(9001), () => JSON.stringify(socket.frames));
        assert.deepEqual(socket.numbers(), [9001]);
        socket.close();
    }
});

test('a policy that fails is said of the change it fails for, and the others come', async () => {
    const socket = await follow({}, { subscribe: { table: 'touchy' } });
    await stand.query('insert into touchy values (12)');
    await stand.query('insert into touchy values (13)');
    await stand.query('insert into touchy values (14)');
    await until(() => socket.numbers().includes(14), () => JSON.stringify(socket.frames));
    assert.deepEqual(socket.of('error').map((error) => error.message), ['division by zero']);
    assert.equal(socket.of('gap').length, 1);
    assert.deepEqual(socket.numbers(), [12, 14]);
    socket.close();
});

test('PostgreSQL restarts in the middle of 10,000 changes: with a slot of its own nothing is missing', async () => {
    const start = await now();
    const socket = await follow({}, { ...ticks, since: start });
    const writing = (async () => {
        for (let n = 10001; n <= 20000; n += 100) await until(() => insert(n, n + 99).then(() => true, () => false), 'the insert', 30000, 200);
    })();
    await until(() => socket.numbers().length > 1500, 'some changes');
    await stand.cluster.restart();
    await writing;
    await until(() => socket.numbers().length >= 10000, () => `${socket.numbers().length} of 10000`, 30000);
    await sleep(300);
    assert.deepEqual(socket.numbers(), range(10001, 20000));
    assert.equal(socket.of('gap').length, 0);
    socket.close();
});

test('the server restarts: what was committed meanwhile comes, what is not kept is a gap with its range', async () => {
    let socket = await follow({}, { ...ticks, since: await now() });
    await insert(30001, 30500);
    await until(() => socket.numbers().length === 500, '500 changes');
    const last = socket.last(), first = socket.of('change')[0].lsn;
    await sleep(1500); // PostgreSQL hears once a second how far we are
    await stand.postern.stop();
    await insert(30501, 31000);
    stand.postern = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(stand.db), ...SLOT } });
    stand.url = stand.postern.url;
    await streams(stand.postern);
    await insert(31001, 31100);
    socket = await visit();
    socket.say({ ...ticks, since: last });
    await socket.hears('resumed');
    const lost = socket.of('gap');
    await insert(31101, 31110);
    await until(() => socket.numbers().includes(31110), 'the new ones');
    if (lost.length === 0) assert.deepEqual(socket.numbers(), range(30501, 31110));
    else assert.deepEqual([lost[0].from, socket.numbers().slice(-10)], [last, range(31101, 31110)]);

    const late = await visit();
    late.say({ ...ticks, since: first });
    await late.hears('resumed');
    assert.equal(late.of('gap').length, 1);
    assert.equal(late.of('gap')[0].from, first);
    assert.match(late.of('gap')[0].to, /^[0-9A-F]+\/[0-9A-F]+/);
    for (const one of [socket, late]) one.close();
});

test('without a slot, and without much to keep, gaps are named and what comes behind them is exact', async () => {
    const small = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(stand.db), POSTERN_RESUME_BYTES: '16KiB', POSTERN_WORKERS: '1' } });
    try {
        await streams(small);
        const start = await now();
        const live = await follow({ url: small.url }, ticks);
        await insert(40001, 41000);
        await until(() => live.numbers().length === 1000, '1000 changes');
        const back = await follow({ url: small.url }, { ...ticks, since: start });
        await back.hears('resumed');
        const [gap] = back.of('gap');
        assert.equal(gap.from, start);
        const kept = live.of('change').slice(-back.numbers().length);
        assert.ok(kept.length > 10 && kept.length < 1000);
        assert.deepEqual(back.numbers(), kept.map(({ change }) => change.record.n));
        assert.equal(gap.to, live.of('change').at(-1 - kept.length).lsn, 'the gap ends where the rest begins');

        await stand.cluster.restart();
        await until(() => live.of('gap').length === 1, 'the gap of the restart', 20000);
        assert.equal(live.of('gap')[0].from, live.of('change').at(-1).lsn);
        await insert(42001, 42003);
        await until(() => live.numbers().includes(42003), 'what comes behind it', 20000);
        assert.deepEqual(live.numbers().slice(1000), range(42001, 42003));
        for (const one of [live, back]) one.close();
    } finally {
        await small.stop();
    }
});

test('where a token is required the snapshot is not open either', async () => {
    const strict = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_WS_TOKEN: 'required', POSTERN_CHANGES: 'off', POSTERN_WORKERS: '1' } });
    try {
        for (const [path, headers, status] of [
            ['/api/ws-snapshot', {}, 401], ['/api/v1/ws-snapshot', {}, 401], ['/api/ws-snapshot', { apikey: 'x' }, 401],
            ['/api/ws-snapshot', { apikey: anonKey }, 200], ['/api/v1/ws-snapshot', { authorization: `Bearer ${userA.token}` }, 200], ['/api/stats', {}, 200],
        ]) assert.equal((await fetch(strict.url + path, { headers })).status, status, `${path} ${JSON.stringify(headers)}`);
        const socket = await visit({ url: strict.url, token: userA.token });
        socket.say(ticks);
        await socket.hears('error');
        assert.match(socket.of('error')[0].message, /off|say/);
        socket.close();
    } finally {
        await strict.stop();
    }
});
