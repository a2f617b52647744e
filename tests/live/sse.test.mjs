// A table's changes as server-sent events: GET /rest/v1/<table> with Accept: text/event-stream, under
// the caller's role, resumed by Last-Event-ID. Two workers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startCable } from '../support/cable.mjs';
import { startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mintUser, userA, userB } from '../support/tokens.mjs';
import { closeStreams, listen, source } from './streams.mjs';

const FIXTURE = `
create table ticks (n int primary key, kind text, note json);
create table owned (n int primary key, owner uuid, secret text);
create table touchy (n int primary key);
create table quiet (n int primary key);
create table locked (n int primary key);
create view seen as select * from ticks;
create schema other;
create table other.ticks (n int primary key, place text);
alter table owned enable row level security;
alter table owned replica identity full;
alter table touchy enable row level security;
create policy own on owned for select to authenticated using (owner = auth.uid());
create policy breaks on touchy for select to anon using (1 / (n - 13) <> 0);
grant usage on schema other to anon;
grant select on ticks, touchy, quiet, seen, other.ticks to anon, authenticated;
grant select (n, owner) on owned to authenticated;
revoke all on locked from anon, authenticated;
alter publication supabase_realtime add table ticks, owned, touchy, locked, other.ticks;
create function public.look() returns void language plpgsql as $$ begin
    if current_setting('request.headers', true)::json ->> 'x-no' = 'yes' then raise sqlstate 'PT418' using message = 'not for you'; end if;
end $$;
`;
let stand;
const env = (more = {}) => ({ POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(stand.db), POSTERN_DB_SCHEMAS: 'public,other', ...more });
const another = async (more) => {
    const postern = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: env(more) });
    await until(() => /changes stream/.test(postern.logs()), 'the stream of changes');
    return postern;
};
const at = (path, url = stand.url) => `${url}/rest/v1/${path}`;
const insert = (from, to) => stand.query(`insert into ticks select i, 'k' || i % 10 from generate_series(${from}, ${to}) i`);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const has = (stream, n) => until(() => stream.rows().includes(n), () => `${n}: ${JSON.stringify(stream.events).slice(-1500)}`, 20000);

before(async () => {
    stand = await startStand({ sql: FIXTURE, env: { POSTERN_DB_SCHEMAS: 'public,other' } });
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    closeStreams();
    await stand?.stop();
});

test('inserts, updates and deletes come as realtime-js gets them, each with its id', async () => {
    const stream = await listen(at('ticks'));
    assert.deepEqual([stream.status, stream.headers['content-type'], stream.headers['cache-control']], [200, 'text/event-stream', 'no-store']);
    await stream.hears('ready');
    assert.match(stream.events[0].id, /^[0-9A-F]+\/[0-9A-F]+/);
    await stand.query("insert into ticks values (1, 'a', '{\"two\":\n\"lines\"}'), (2, 'b', null)");
    await stand.query("update ticks set kind = 'c' where n = 2");
    await stand.query('delete from ticks');
    await stream.hears('message', 5);
    assert.deepEqual(stream.of('message').map(({ data }) => [data.type, data.schema, data.table, data.record, data.old_record]), [
        ['INSERT', 'public', 'ticks', { n: 1, kind: 'a', note: { two: 'lines' } }, undefined], ['INSERT', 'public', 'ticks', { n: 2, kind: 'b', note: null }, undefined],
        ['UPDATE', 'public', 'ticks', { n: 2, kind: 'c', note: null }, { n: 2 }],
        ['DELETE', 'public', 'ticks', undefined, { n: 1 }], ['DELETE', 'public', 'ticks', undefined, { n: 2 }],
    ].map(([type, schema, table, record, old]) => [type, schema, table, record, type === 'UPDATE' ? stream.of('message')[2].data.old_record : old]));
    assert.equal(new Set(stream.events.map(({ id }) => id)).size, 6, 'every event has its own id');
    assert.match(stream.bytes, /^retry: \d+\n\nid: .*\nevent: ready\ndata: \{\}\n\nid: .*\ndata: \{/);
    stream.close();
});

test('filters and columns of the query', async () => {
    for (const [query, kinds, keys] of [
        ['kind=eq.b', ['b']], ['kind=in.(a,"c,d")', ['a', 'c,d']], ['kind=like.*x*', ['axb']], ['n=gt.2&n=lte.4', ['c,d', 'axb']], ['and=(n.gt.2,kind.eq.axb)', ['axb']],
        ['kind=not.in.(a,b)', ['c,d', 'axb']], ['kind=is.not_null&n=lt.2', ['a']], ['kind=not.is.not_null', [null]], ['kind=match.%5Ea', ['a', 'axb']], ['kind=isdistinct.a&n=gt.3', ['axb', null]],
        ['kind=eq.c,d', ['c,d']], ['select=n,kind&kind=eq.a', ['a'], ['n', 'kind']], ['select=kind', ['a', 'b', 'c,d', 'axb', null], ['n', 'kind']],
    ]) {
        const stream = await listen(at(`ticks?${query}`));
        assert.equal(stream.status, 200, `${query} ${JSON.stringify(stream.body)}`);
        const all = await listen(at('ticks'));
        await stand.query("insert into ticks values (1, 'a'), (2, 'b'), (3, 'c,d'), (4, 'axb'), (5, null)");
        const inserts = (one) => one.of('message').filter(({ data }) => data.type === 'INSERT').map(({ data }) => data.record);
        await until(() => inserts(all).length === 5 && inserts(stream).length === kinds.length, () => `${query} ${JSON.stringify(stream.events)}`);
        assert.deepEqual(inserts(stream).map(({ kind }) => kind), kinds, query);
        if (keys) assert.deepEqual(Object.keys(inserts(stream)[0]), keys);
        await stand.query('delete from ticks');
        for (const one of [stream, all]) one.close();
    }
});

test('what cannot be streamed is refused, with a hint', async () => {
    for (const [path, status, code, message, options] of [
        ['nowhere', 404, 'PGRST205', /Could not find the table/], ['ticks?nix=eq.1', 400, '42703', /nix/], ['ticks?select=nix', 400, '42703', /nix/],
        ['ticks?order=n', 400, 'PGRST100', /order/], ['ticks?limit=3', 400, 'PGRST100', /limit/], ['ticks?offset=3', 400, 'PGRST100', /limit/],
        ['ticks?or=(n.eq.1,n.eq.2)', 400, 'PGRST100', /\bor\b/], ['ticks?not.and=(n.eq.1,n.eq.2)', 400, 'PGRST100', /not\.and/], ['ticks?note->>two=eq.x', 400, 'PGRST100', /JSON/],
        ['ticks?select=n,a:kind', 400, 'PGRST100', /alias/], ['ticks?select=n::text', 400, 'PGRST100', /cast/], ['ticks?kind=fts.a', 400, 'PGRST100', /operator fts/],
        ['ticks?kind=eq(any).{a}', 400, 'PGRST100', /any/], ['ticks?n=eq.x', 400, 'PGRST100', /invalid input syntax/], ['ticks?n=in.()', 400, 'PGRST100', /empty/],
        ['ticks?n=~1', 400, 'PGRST100', /parse/], ['quiet', 406, 'PGRST107', /publication/], ['seen', 406, 'PGRST107', /view/],
        ['locked', 401, '42501', /permission denied for table locked/], ['locked', 403, '42501', /permission denied/, { token: userA.token }],
        ['ticks', 400, 'PGRST100', /Last-Event-ID/, { headers: { 'last-event-id': 'yesterday' } }], ['ticks', 406, 'PGRST106', /schema/, { headers: { 'accept-profile': 'private' } }],
        ['ticks', 401, 'PGRST303', /expired/, { token: await mintUser(userA.id, userA.email, { exp: 1000 }) }],
    ]) {
        const stream = await listen(at(path), options);
        assert.deepEqual([stream.status, stream.body?.code], [status, code], `${path} ${JSON.stringify(stream.body)}`);
        assert.match(stream.body.message, message, path);
        if (/PGRST10[07]/.test(code) && !/parse/.test(stream.body.message)) assert.ok(stream.body.hint, path);
    }
});

test('two users hear what their policies show them, of the columns that they may read', async () => {
    const [ada, bo, anon] = await Promise.all([listen(at('owned'), { token: userA.token }), listen(at('owned?n=gt.2'), { token: userB.token }), listen(at('owned'))]);
    assert.equal(anon.status, 401);
    await Promise.all([ada.hears('ready'), bo.hears('ready')]);
    await stand.query(`insert into owned select i, case when i % 2 = 0 then '${userA.id}' else '${userB.id}' end::uuid, 's' from generate_series(1, 6) i`);
    await stand.query('delete from owned where n = 4');
    await stand.query(`update owned set owner = '${userA.id}' where n = 3`);
    await has(ada, 3);
    await bo.hears('message', 2);
    assert.deepEqual(ada.of('message').map(({ data }) => [data.type, (data.record ?? data.old_record).n]), [['INSERT', 2], ['INSERT', 4], ['INSERT', 6], ['DELETE', 4], ['UPDATE', 3]]);
    assert.deepEqual(bo.rows(), [3, 5]);
    assert.ok(ada.of('message').every(({ data }) => !JSON.stringify(data).includes('secret":"s"')));
    assert.deepEqual(Object.keys(ada.of('message')[0].data.record), ['n', 'owner']);
    for (const one of [ada, bo]) one.close();
});

test('a profile names the schema', async () => {
    const stream = await listen(at('ticks'), { headers: { 'accept-profile': 'other' } });
    await stream.hears('ready');
    await insert(70, 70);
    await stand.query("insert into other.ticks values (7, 'here')");
    await stream.hears('message');
    assert.deepEqual(stream.of('message').map(({ data }) => [data.schema, data.record]), [['other', { n: 7, place: 'here' }]]);
    stream.close();
});

test('an EventSource whose connection breaks goes on: none missing, none twice', async () => {
    const cable = await startCable(stand.postern.port);
    const stream = source(at('ticks?n=gte.1000&select=n', cable.url), { token: anonKey });
    await stream.hears('ready');
    let written = 0, cutting = true;
    const writing = (async () => {
        for (; cutting; written += 50) await insert(1000 + written, 1049 + written);
    })();
    for (let cut = 1; cut <= 3; cut++) {
        const before = stream.rows().length;
        await until(() => stream.rows().length > before + 60, 'some changes');
        cable.cut();
        await stream.hears('ready', cut + 1);
    }
    cutting = false;
    await writing;
    await has(stream, 999 + written);
    assert.deepEqual(stream.rows(), range(1000, 999 + written));
    assert.equal(stream.of('gap').length, 0);
    assert.ok(stream.of('resumed').length >= 1);
    stream.close();
    cable.close();
});

test('what is not kept is a gap with its range, and so is a position of another log', async () => {
    const small = await another({ POSTERN_RESUME_BYTES: '16KiB', POSTERN_WORKERS: '1' });
    try {
        const live = await listen(at('ticks', small.url));
        await live.hears('ready');
        await insert(200001, 201000);
        await live.hears('message', 1000);
        const first = live.events[0].id;
        const back = await listen(at('ticks', small.url), { headers: { 'last-event-id': first } });
        await back.hears('resumed');
        const [gap] = back.of('gap');
        assert.equal(gap.data.from, first);
        assert.equal(gap.id, gap.data.to);
        const kept = live.rows().slice(-back.rows().length);
        assert.ok(kept.length > 10 && kept.length < 1000);
        assert.deepEqual(back.rows(), kept);
        assert.equal(gap.data.to, live.events.at(-1 - kept.length).id, 'the gap ends where the rest begins');

        const lost = await listen(at('ticks', small.url), { headers: { 'last-event-id': 'FFFFFFFF/FFFFFFFF' } });
        await lost.hears('resumed');
        assert.deepEqual(lost.of('gap').map(({ data }) => data), [{ from: 'FFFFFFFF/FFFFFFFF', to: live.lastId() }]);
        await insert(201001, 201001);
        await has(lost, 201001);
        assert.deepEqual(lost.rows(), [201001]);
        for (const one of [live, back, lost]) one.close();
    } finally {
        await small.stop();
    }
});

test('a policy that fails is said of the change it fails for, and the others come', async () => {
    const stream = await listen(at('touchy'));
    await stream.hears('ready');
    for (const n of [12, 13, 14]) await stand.query('insert into touchy values ($1)', [n]);
    await has(stream, 14);
    assert.deepEqual([stream.rows(), stream.of('problem').map(({ data }) => data.message), stream.of('gap').length], [[12, 14], ['division by zero'], 1]);
    stream.close();
});

test('the stream ends with its token, and says so', async () => {
    const token = await mintUser(userA.id, userA.email, { exp: Math.floor(Date.now() / 1000) + 3 });
    const stream = await listen(at('ticks'), { token });
    await stream.hears('ready');
    await until(() => stream.ended, 'the end', 20000);
    assert.deepEqual(stream.events.at(-1), { event: 'expired', data: { message: 'The token has expired' } });
});

test('the pre-request function is asked first; without changes there is no stream', async () => {
    const [off, careful] = await Promise.all([
        startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: env({ POSTERN_CHANGES: 'off', POSTERN_WORKERS: '1' }) }),
        another({ PGRST_DB_PRE_REQUEST: 'public.look', POSTERN_WORKERS: '1' }),
    ]);
    try {
        const refused = await listen(at('ticks', off.url));
        assert.deepEqual([refused.status, refused.body.code, refused.body.hint], [406, 'PGRST107', 'POSTERN_CHANGES=wal turns them on']);
        assert.equal((await listen(at('ticks', careful.url), { headers: { 'x-no': 'yes' } })).status, 418);
        const stream = await listen(at('ticks', careful.url));
        await stream.hears('ready');
        await insert(300001, 300001);
        await has(stream, 300001);
        stream.close();
    } finally {
        await Promise.all([off.stop(), careful.stop()]);
    }
});

test('who reads slowly costs the others nothing, and misses nothing', async () => {
    const [slow, quick] = await Promise.all([listen(at('ticks?n=gte.400000')), listen(at('ticks?n=gte.400000&select=n'))]);
    await Promise.all([slow.hears('ready'), quick.hears('ready')]);
    slow.reply.pause();
    slow.socket.pause();
    for (let from = 400001; from < 410000; from += 1000) await stand.query(`insert into ticks select i, 'k', to_json(repeat('x', 1500)) from generate_series(${from}, ${from + 999}) i`);
    await until(() => quick.rows().length >= 10000, () => `${quick.rows().length} of 10000`, 60000);
    assert.ok(slow.rows().length < 10000);
    slow.socket.resume();
    slow.reply.resume();
    await until(() => slow.rows().length >= 10000, () => `${slow.rows().length} of 10000`, 60000);
    for (const one of [quick, slow]) {
        assert.deepEqual(one.rows(), range(400001, 410000));
        one.close();
    }
    assert.equal(slow.of('gap').length + slow.of('slow').length, 0);
});

test('a hundred streams hear a change, and more than are allowed are told', async () => {
    const few = await another({ POSTERN_EVENT_STREAMS: '100', POSTERN_WORKERS: '1' });
    try {
        const streams = await Promise.all(range(1, 100).map(() => listen(at('ticks', few.url))));
        await Promise.all(streams.map((one) => one.hears('ready')));
        const refused = await listen(at('ticks', few.url));
        assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '5']);
        assert.match(refused.body.hint, /POSTERN_EVENT_STREAMS/);
        await insert(500001, 500003);
        for (const one of streams) await one.hears('message', 3);
        assert.ok(streams.every((one) => one.rows().join() === '500001,500002,500003'));
        for (const one of streams) one.close();
        await until(async () => (await listen(at('ticks', few.url))).status === 200, 'room again');
        assert.ok(few.running());
    } finally {
        closeStreams();
        await few.stop();
    }
});

test('a page of another origin may listen; HEAD and a plain GET are what they were', async () => {
    const stream = await listen(at('ticks'), { headers: { origin: 'https://app.example' } });
    assert.deepEqual([stream.status, stream.headers['access-control-allow-origin']], [200, '*']);
    stream.close();
    const asked = await fetch(at('ticks'), { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,last-event-id' } });
    assert.match(asked.headers.get('access-control-allow-headers'), /last-event-id/i);
    assert.match((await fetch(at('ticks?limit=1'), { headers: { accept: 'application/json, text/event-stream' } })).headers.get('content-type'), /json/);
});

test('curl -N shows it', async () => {
    const out = await new Promise((done) => {
        const child = execFile('curl', ['-sN', '--max-time', '20', '-H', 'Accept: text/event-stream', at('ticks?n=eq.600001')], () => {});
        let text = '';
        child.stdout.on('data', (piece) => {
            text += piece;
            if (/event: ready/.test(text) && !/INSERT/.test(text)) insert(600001, 600001).catch(() => {});
            if (/INSERT/.test(text)) { child.kill(); done(text); }
        });
        child.on('close', () => done(text));
    });
    assert.match(out, /\n\nid: [0-9A-F]+\/[0-9A-F]+:0\ndata: \{.*"n":600001/);
});
