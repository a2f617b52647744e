// Changes told by triggers (POSTERN_CHANGES=notify), in a database that logs nothing for us: first all
// that changes.test.mjs asks of the log, then what is special about them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { closeAll, connect, heard, listen } from './clients.mjs';
import { closeStreams, listen as stream } from './streams.mjs';

process.env.CHANGES_SOURCE = 'notify';
await import('./changes.test.mjs');

const FIXTURE = `
create table ticks (n int primary key, pad text);
create table keyless (n int, pad text);
create table turning (a int primary key, b text, secret text);
grant select on ticks, keyless to anon;
grant select (a, b) on turning to anon;
alter publication supabase_realtime add table ticks, keyless, turning;
`;

describe('triggers', () => {
    let stand;
    before(async () => {
        stand = await startStand({ settings: { wal_level: 'replica' }, env: { POSTERN_CHANGES: 'notify', POSTERN_WORKERS: '2' } });
        stand.cluster.psql(FIXTURE, stand.db);
        await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
    });
    after(async () => {
        closeStreams();
        await closeAll();
        await stand?.stop();
    });
    const hear = async (table, event = '*') => listen(await connect(stand), `${table}-${Math.random()}`, { event, table });
    const gap = (channel) => until(() => channel.systems.some(({ message }) => /gap/.test(message)), () => `the gap, there is ${JSON.stringify(channel.systems)}`);

    test('who comes back goes on where it was; a position that this server has not told is a gap', async () => {
        const url = `${stand.url}/rest/v1/ticks?n=gte.5000`;
        await until(async () => (await fetch(url)).status === 200, 'the table in the schema cache');
        const first = await stream(url);
        assert.equal(first.status, 200, JSON.stringify(first.body));
        await first.hears('ready');
        await stand.query('insert into ticks select i from generate_series(5001, 5010) i');
        await first.hears('message', 10);
        first.close();
        await stand.query('insert into ticks select i from generate_series(5011, 5020) i');
        const back = await stream(url, { headers: { 'last-event-id': first.of('message')[4].id } });
        await back.hears('message', 15);
        assert.deepEqual(back.rows(), Array.from({ length: 15 }, (_, i) => 5006 + i));
        assert.equal(back.of('gap').length, 0);
        for (const id of ['7FFFFFF/1', '0/1']) {
            const lost = await stream(url, { headers: { 'last-event-id': id } });
            await lost.hears('gap');
            assert.equal(lost.of('gap')[0].data.from, id);
            lost.close();
        }
        back.close();
    });

    test('a thousand rows of one transaction, each once and in order, large ones read back', async () => {
        const channel = await hear('ticks', 'INSERT');
        await stand.query("insert into ticks select i, case when i % 100 = 0 then repeat('ä', 9000) else 'x' end from generate_series(1, 1000) i");
        await heard(channel, 1000);
        assert.deepEqual(channel.heard.map((change) => change.new.n), Array.from({ length: 1000 }, (_, i) => i + 1));
        assert.equal(channel.heard[99].new.pad.length, 9000);
        assert.equal(new Set(channel.heard.map((change) => change.commit_timestamp)).size < 1000, true);
    });
    test('a large row that is gone again is told by its end alone', async () => {
        const channel = await hear('ticks');
        await stand.query("with a as (select 1) insert into ticks select 2000, repeat('x', 9000) from a");
        await heard(channel, 1);
        const client = await stand.cluster.client(stand.db);
        await client.query("begin; insert into ticks values (2001, repeat('x', 9000)); delete from ticks where n = 2001; commit");
        await client.end();
        await heard(channel, 2);
        assert.deepEqual(channel.heard.map((change) => [change.eventType, change.new.n ?? change.old.n]), [['INSERT', 2000], ['DELETE', 2001]]);
    });
    test('what cannot be told fails no write, and is told as a gap', async () => {
        const channel = await hear('keyless');
        await stand.query("insert into keyless values (1, repeat('x', 9000))");
        await gap(channel);
        const other = await hear('ticks');
        await stand.query('alter sequence postern.changes_told rename to away');
        try {
            await stand.query("insert into ticks values (3000, 'kept')");
        } finally {
            await stand.query('alter sequence postern.away rename to changes_told');
        }
        await gap(other);
        assert.deepEqual(await stand.query('select pad from ticks where n = 3000'), [{ pad: 'kept' }]);
    });
    test('a table whose columns have changed is read by its new ones', async () => {
        const channel = await hear('turning');
        await stand.query("insert into turning values (1, 'b', 'no')");
        await heard(channel, 1);
        await stand.query('alter table turning drop column b');
        await stand.query('alter table turning add column c text');
        await stand.query('grant select (c) on turning to anon');
        await until(async () => {
            await stand.query("insert into turning select coalesce(max(a), 0) + 1, 'secret', 'open' from turning");
            return channel.heard.some((change) => change.new.c === 'open');
        }, () => `the new column, there is ${JSON.stringify(channel.heard)}`, 15000, 500);
        assert.ok(channel.heard.every((change) => change.new.secret === undefined && !Object.values(change.new).includes('secret')), JSON.stringify(channel.heard));
    });
    test('what was told while nobody listened is a gap', async () => {
        const channel = await hear('ticks');
        const ended = await stand.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%listen%'");
        assert.ok(ended.length > 0);
        await gap(channel);
    });
    test('no trigger stays when they are not wanted any more', async () => {
        const client = await stand.cluster.client(stand.db);
        const triggers = () => client.query("select count(*)::int as n from pg_trigger where tgfoid = 'postern.tell_change'::regproc").then(({ rows: [row] }) => row.n);
        assert.ok((await triggers()) > 10);
        await client.query('begin; select postern.unwatch_changes()');
        assert.equal(await triggers(), 0);
        await client.query('rollback');
        await client.end();
    });
});
