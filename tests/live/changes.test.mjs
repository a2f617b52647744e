// Who sees which change, and what of it: policies on every kind of event, privileges of columns,
// values of every type, large values that the log does not repeat. Two workers. notify.test.mjs runs
// all of it with the other source of changes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, serviceKey, userA, userB } from '../support/tokens.mjs';
import { closeAll, connect, heard, listen, settle, subscribe } from './clients.mjs';

const FIXTURE = `
create table key_rows (code char(6) primary key, owner uuid, body text);
create table full_rows (id int primary key, owner uuid, body text);
alter table full_rows replica identity full;
create table narrow (id int primary key, shown text, hidden text);
create table locked (id int primary key);
create table tree (id int primary key, owner uuid, big text, n int);
alter table tree alter big set storage external;
alter table key_rows enable row level security;
alter table full_rows enable row level security;
alter table locked enable row level security;
alter table tree enable row level security;
create policy own on key_rows for select to authenticated using (owner = (select auth.uid()));
create policy own on full_rows for select to authenticated using (owner = (select auth.uid()));
create policy big on tree for select to authenticated using (owner = (select auth.uid()) and length(big) > 10);
grant select on key_rows, full_rows, locked, tree to anon, authenticated, service_role;
grant select (id, shown) on narrow to anon;
create type mood as enum ('ok', 'bad');
create domain small as int check (value < 100);
create type pair as (a int, b text, at timestamptz, raw bytea, tags text[]);
create type nest as (p pair, ps pair[], m mood, j jsonb);
create domain pairs as pair;
create table kinds (
    id int primary key, b bool, i2 int2, i8 int8, f8 float8, num numeric, t text, vc varchar(9), c char(5), bits bit(4), u uuid, d date,
    ts timestamp, tz timestamptz, tm time, iv interval, net inet, r int4range, p point, m mood, s small, j json, jb jsonb,
    ai int[], at text[], aa int[][], aj jsonb[], am mood[], ad timestamptz[], x xml,
    f4 float4, o oid, cd cidr, mac macaddr, mon money, vb varbit(9), tt timetz, tsv tsvector, mr int4multirange, bx bytea[],
    co pair, dc pairs, ac pair[], nc nest, ti tid);
grant select on kinds to anon;
alter publication supabase_realtime add table key_rows, full_rows, narrow, locked, tree, kinds;
`;

const SOURCE = process.env.CHANGES_SOURCE ?? 'wal';

let stand;
before(async () => {
    stand = await startStand({ settings: SOURCE === 'wal' ? {} : { wal_level: 'replica' }, env: { POSTERN_WORKERS: '2', POSTERN_CHANGES: SOURCE } });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    await closeAll();
    await stand?.stop();
});

const people = (table, event = '*') => Promise.all([userA.token, userB.token, anonKey].map(async (token, i) =>
    listen(await connect(stand, token), `${table}-${i}`, { event, table })));
const kinds = (channel) => channel.heard.map((change) => change.eventType);

test('a fixed-length key is whole, and its policy holds', async () => {
    const [a, b, anon] = await people('key_rows');
    await stand.query("insert into key_rows values ('abc', $1, 'one')", [userA.id]);
    await stand.query("update key_rows set body = 'two'");
    await stand.query('delete from key_rows');
    await heard(a, 3);
    await heard(b, 1);
    assert.equal(a.heard[0].new.code, 'abc   ');
    assert.deepEqual(kinds(a), ['INSERT', 'UPDATE', 'DELETE']);
    assert.deepEqual(a.heard[2].old, { code: 'abc   ' });
    assert.deepEqual(kinds(b), ['DELETE'], 'only the key is logged: all who may see rows of the table hear it');
    assert.deepEqual(anon.heard, [], 'no policy shows anything to anon');
});

test('with the whole old row logged its owner alone hears of the end of it', async () => {
    const [a, b, anon] = await people('full_rows');
    await stand.query("insert into full_rows values (1, $1, 'one'), (2, $2, 'other')", [userA.id, userB.id]);
    await stand.query("update full_rows set body = 'two' where id = 1");
    await stand.query('update full_rows set owner = $1 where id = 1', [userB.id]);
    await stand.query('delete from full_rows');
    await heard(a, 2);
    await heard(b, 4);
    assert.deepEqual(kinds(a), ['INSERT', 'UPDATE']);
    assert.deepEqual(a.heard[1].old, { id: 1, owner: userA.id, body: 'one' });
    assert.deepEqual(kinds(b), ['INSERT', 'UPDATE', 'DELETE', 'DELETE']);
    assert.deepEqual(b.heard[1].old, { id: 1 }, 'what was not theirs is not shown');
    assert.deepEqual(b.heard.slice(2).map((change) => change.old.body).sort(), ['other', 'two']);
    assert.deepEqual(anon.heard, []);
});

test('a column the role may not read is neither sent nor a filter', async () => {
    const channel = await listen(await connect(stand, anonKey), 'narrow', { event: '*', table: 'narrow' });
    await stand.query("insert into narrow values (1, 'yes', 'no')");
    await heard(channel, 1);
    assert.deepEqual(channel.heard[0].new, { id: 1, shown: 'yes' });
    const probing = await listen(await connect(stand, anonKey), 'probing', { event: '*', table: 'narrow', filter: 'hidden=eq.no' });
    await until(() => probing.systems.length > 0, 'the refusal');
    assert.match(probing.systems[0].message, /invalid column for filter hidden/);
});

test('a row with a large value that was not written again is looked up', async () => {
    const big = 'x'.repeat(20000);
    await stand.query('insert into tree values (1, $1, $2, 1), (2, $3, $2, 1)', [userA.id, big, userB.id]);
    const [a, b] = await people('tree', 'UPDATE');
    const filtered = await listen(await connect(stand, userA.token), 'by-big', { event: 'UPDATE', table: 'tree', filter: 'big=like.xx%' });
    await stand.query('update tree set n = 2');
    await heard(a, 1);
    await heard(b, 1);
    await heard(filtered, 1);
    const told = SOURCE === 'wal' ? {} : { big };
    assert.ok(a.heard.length === 1 && isDeepStrictEqual(a.heard[0].new, { id: 1, owner: userA.id, ...told, n: 2 }), 'the log leaves the value itself out');
    assert.deepEqual(b.heard.map((change) => change.new.id), [2]);
    assert.deepEqual(filtered.heard.map((change) => change.new.id), [1]);
});

const PAIR = `row(-7, 'a "b", (c) \\ {d}', '2026-01-02 03:04:05.5+00', '\\xdead', '{x,NULL,"y ""z"}')::pair`.replace('"y ""z"', '"y \\"z"');
test('values are what to_jsonb says', async () => {
    const channel = await listen(await connect(stand, anonKey), 'kinds', { event: 'INSERT', table: 'kinds' });
    await stand.query(`insert into kinds values
        (1, true, -2, 9007199254740991, 1e20, 12.340, 'a "q"', 'v', 'ab', '1010', '${userA.id}', '2026-01-02', '2026-01-02 03:04:05.6', '2026-01-02 03:04:05.678+02',
         '03:04', '1 day 2 hours', '10.0.0.1/8', '[1,5)', '(1,2)', 'ok', 7, '{"a": 1}', '{"b": [1, null]}', '{1,NULL}', '{a,"",NULL,"b,c"}', '{{1,2},{3,4}}',
         array['{"k": 1}'::jsonb], '{ok,bad}', '{"2026-01-02 03:04:05+00"}', '<a/>',
         1.5, 1234, '10.1.0.0/16', '08:00:2b:01:02:03', 12.5, '101', '03:04+02', 'a fat cat', '{[1,3),[5,7)}', '{"\\\\xdead",NULL}',
         $1, $1, array[$1, null]::pair[], row($1, array[$1]::pair[], 'bad', '{"x": [1]}'), '(1,2)')`.replaceAll('$1', PAIR));
    await stand.query("insert into kinds (id, f8, num, tz, d) values (2, 1e-7, 1e30, 'infinity', '-infinity'), (3, -0.5, 0.00, '0044-03-15 00:00:00+00 BC', null)");
    await heard(channel, 3);
    const { rows } = { rows: await stand.query('select to_jsonb(k) as row from kinds k order by id') };
    for (const [i, { row }] of rows.entries()) {
        const got = { ...channel.heard[i].new };
        if (row.o) row.o = Number(row.o); /* the client makes a number of it */
        for (const name of Object.keys(row)) assert.deepEqual(got[name], row[name], `${name} of row ${i + 1}`);
    }
});

test('a table that shows the role nothing is silent, one that is not published says so', async () => {
    const locked = await listen(await connect(stand, anonKey), 'locked', { event: '*', table: 'locked' });
    const missing = await listen(await connect(stand, serviceKey), 'missing', { event: '*', table: 'nothing_there' });
    await stand.query('insert into locked values (1)');
    await stand.query('delete from locked');
    await settle(stand);
    assert.deepEqual(locked.heard, []);
    await until(() => missing.systems.some((system) => /no such table/.test(system.message)), 'the refusal');
});

test('bindings of one channel that select other columns each hear theirs', async () => {
    const client = await connect(stand, anonKey);
    const channel = client.channel('selections');
    const seen = { all: [], narrow: [], same: [], none: [] };
    for (const [name, select, filter] of [['all'], ['narrow', ['b']], ['same', ['b'], 'i2=gt.0'], ['none', ['t'], 'i2=gt.100']])
        channel.on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'kinds', ...(select && { select }), ...(filter && { filter }) }, (change) => seen[name].push(change.new));
    await subscribe(channel);
    await stand.query("insert into kinds (id, b, i2, t) values (100, true, 5, 'x')");
    await until(() => seen.all.length + seen.narrow.length + seen.same.length === 3, () => JSON.stringify(seen));
    assert.equal(Object.keys(seen.all[0]).length > 30, true);
    assert.deepEqual([seen.narrow, seen.same, seen.none], [[{ id: 100, b: true }], [{ id: 100, b: true }], []]);
});

// Found by an index (one value or several of a plain column), told by ourselves, told by PostgreSQL.
const FILTERS = [
    ['n=eq.7', [1]], ['n=eq.+07', [1]], ['n=in.(7,8,7)', [1, 2]], ['n=not.in.(7,8)', [3]], ['n=neq.7', [2, 3]], ['n=gt.7', [2, 3]], ['n=is.null', [4]],
    ['t=eq.a', [1]], ['t=in.(a,"b,c")', [1, 2]], ['t=eq.b', []], ['t=like.b%', [2]], ['t=match.^[ab]', [1, 2]], ['t=gte.b', [2, 3]],
    [`u=eq.${userA.id.toUpperCase()}`, [1]], [`u=in.(${userA.id},${userB.id})`, [1, 2]],
    ['n=eq.7,t=eq.a', [1]], ['n=eq.7,t=eq.x', []], ['t=like.b%,n=eq.8', [2]], ['d=eq.2026-01-02', [1]], ['d=gt.2026-01-02', [2]], ['b=eq.true', [1, 3]], ['tags=eq.{x}', [1]],
];

test('filters find their rows, however they are told', async () => {
    stand.cluster.psql("create table found (id int primary key, n int, t text, u uuid, d date, b bool, tags text[]); grant select on found to anon; alter publication supabase_realtime add table found", stand.db);
    const client = await connect(stand, anonKey);
    const channel = client.channel('filters');
    const seen = FILTERS.map(() => []), all = [];
    for (const [i, [filter]] of FILTERS.entries()) channel.on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'found', filter }, (change) => seen[i].push(change.new.id));
    channel.on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'found' }, (change) => all.push(change.new.id));
    await subscribe(channel);
    await stand.query(`insert into found values (1, 7, 'a', '${userA.id}', '2026-01-02', true, '{x}'), (2, 8, 'b,c', '${userB.id}', '2026-01-03', false, '{}'), (3, 9, 'd', null, null, true, null), (4, null, null, null, null, null, null)`);
    await until(() => all.length === 4, () => JSON.stringify(all));
    assert.deepEqual(FILTERS.map(([filter], i) => [filter, seen[i]]), FILTERS);
    await client.removeChannel(channel);
});

test('a column that gets another type is found as it is now', async () => {
    const channel = await listen(await connect(stand, anonKey), 'retyped', { event: '*', table: 'found', filter: 'n=eq.7' });
    stand.cluster.psql('alter table found alter n type numeric(6,1)', stand.db);
    await until(async () => {
        await stand.query('update found set n = 7 where id = 1');
        return channel.heard.length > 0;
    }, 'a change', 5000, 200);
    assert.equal(channel.heard[0].new.n, 7);
});

test('a filter that PostgreSQL does not understand is refused with its words', async () => {
    for (const [filter, reason] of [
        ['d=eq.tomorrowish', /Exception: ERROR 22007 invalid input syntax for type date: "tomorrowish"/],
        ['t=match.[', /Exception: ERROR 2201B invalid regular expression/],
        ['tags=like.x', /Exception: ERROR 42883 operator does not exist/],
        ['n=eq.seven', /Exception: ERROR invalid input syntax for type/],
        ['nothing=eq.1', /Exception: ERROR invalid column for filter nothing/],
    ]) {
        const channel = await listen(await connect(stand, anonKey), `bad-${filter}`, { event: '*', table: 'found', filter });
        await until(() => channel.systems.length > 0, () => `the refusal of ${filter}`);
        assert.match(channel.systems[0].message, reason);
        assert.match(channel.systems[0].message, /^Unable to subscribe to changes with given parameters\. An exception happened/);
    }
});
