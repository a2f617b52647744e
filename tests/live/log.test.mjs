// What PostgreSQL's log can do to the feed, and what it can hold: it is switched off, slots are lost,
// the publication is altered, dropped and made anew; replica identities, large and nested
// transactions, messages that are none of ours. Nothing is lost silently, and the disk does not fill.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startPostern } from '../support/postern.mjs';
import { startPooler } from '../support/pooler.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';
import { closeAll, connect, heard, listen } from './clients.mjs';

const FIXTURE = `
create table ticks (n int primary key, pad text);
create table other (n int primary key);
grant select on ticks, other to anon;
alter publication supabase_realtime add table ticks, other;
`;
const LET_GO_MS = 40000;
const BACK_MS = 5000; // it must be back within
const MEGABYTE = 1 << 20;
const ticks = { event: 'INSERT', table: 'ticks' };

async function start({ env, settings } = {}) {
    const stand = await startStand({ fixtures: [], settings, env: { POSTERN_WORKERS: '1', ...env } });
    stand.cluster.psql(FIXTURE, stand.db);
    await streams(stand, 1);
    return stand;
}
/** How often it has begun to stream; `streams` waits for the count. */
const begun = ({ postern }) => (postern.logs().match(/event="changes stream"/g) ?? []).length;
const streams = (stand, count, ms) => until(() => begun(stand) >= count, () => `stream ${count}: ${stand.postern.logs().slice(-1500)}`, ms);
const insert = (stand, from, to = from) => stand.query(`insert into ticks select i from generate_series(${from}, ${to}) i`);
const numbers = (channel) => channel.heard.map((change) => change.new.n);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** It was told of the trouble, and has joined again. */
const isBack = (channel) => until(() => channel.statuses.includes('CHANNEL_ERROR') && channel.statuses.at(-1) === 'SUBSCRIBED', () => `told and back: ${channel.statuses}`, 30000);
const listening = async (stand, ...bindings) => listen(await connect(stand, anonKey), `log-${Math.random()}`, ...(bindings.length ? bindings : [ticks]));

const TABLES = `
create table by_key (id int primary key, body text);
alter table by_key alter body set storage external;
create table whole (id int primary key, body text);
alter table whole alter body set storage external;
alter table whole replica identity full;
create table by_index (id int primary key, code text not null, body text);
create unique index by_code on by_index (code);
alter table by_index replica identity using index by_code;
create table nothing (id int primary key, body text);
alter table nothing replica identity nothing;
grant select on by_key, whole, by_index, nothing to anon;
alter publication supabase_realtime add table by_key, whole, by_index;
`;

/** Who listened when the publication was dropped is told, and hears what comes when there is one again. */
async function publicationMadeAnew(stand) {
    const channel = await listening(stand), times = begun(stand);
    stand.cluster.psql('drop publication supabase_realtime', stand.db);
    await until(async () => {
        await stand.query('insert into ticks select coalesce(max(n), 0) + 100 from ticks');
        return /there is no publication/.test(stand.postern.logs());
    }, () => stand.postern.logs().slice(-1000));
    stand.cluster.psql('create publication supabase_realtime for table ticks', stand.db);
    await streams(stand, times + 1, BACK_MS);
    await isBack(channel);
    await insert(stand, 900000);
    await until(() => numbers(channel).includes(900000), () => stand.postern.logs().slice(-1500));
}

describe('a temporary slot', () => {
    let stand;
    before(async () => {
        stand = await start({ settings: { logical_decoding_work_mem: '64kB' } });
        stand.cluster.psql(TABLES, stand.db);
    });
    after(async () => {
        await closeAll();
        await stand?.stop();
    });
    const said = (channel) => channel.heard.map(({ eventType, new: row, old }) => [eventType, row, old]);
    /** Several statements on one connection. */
    async function run(...statements) {
        const client = await stand.cluster.client(stand.db);
        try {
            for (const statement of statements) await client.query(statement);
        } finally {
            await client.end();
        }
    }

    test('every replica identity says what it can of the old row', async () => {
        const big = 'x'.repeat(9000);
        const seen = {};
        for (const table of ['by_key', 'whole', 'by_index']) seen[table] = await listening(stand, { event: '*', table });
        await run(`insert into by_key values (1, '${big}')`, 'update by_key set id = 2', 'delete from by_key',
            `insert into whole values (1, '${big}')`, 'update whole set id = 2', 'delete from whole',
            "insert into by_index values (1, 'a', 'b')", "update by_index set code = 'c'", 'delete from by_index');
        for (const channel of Object.values(seen)) await heard(channel, 3);
        assert.deepEqual(said(seen.by_key).slice(1), [['UPDATE', { id: 2 }, { id: 1 }], ['DELETE', {}, { id: 2 }]]);
        assert.deepEqual(said(seen.whole).slice(1), [['UPDATE', { id: 2, body: big }, { id: 1, body: big }], ['DELETE', {}, { id: 2, body: big }]]);
        assert.deepEqual(said(seen.by_index).slice(1), [['UPDATE', { id: 1, code: 'c', body: 'b' }, { code: 'a' }], ['DELETE', {}, { code: 'c' }]]);
    });

    test('without an identity rows are told as they come; PostgreSQL itself refuses the rest', async () => {
        stand.cluster.psql('alter publication supabase_realtime add table nothing', stand.db);
        const channel = await until(async () => {
            const one = await listening(stand, { event: '*', table: 'nothing' });
            await stand.query('insert into nothing select coalesce(max(id), 0) + 1 from nothing');
            return until(() => one.heard.length > 0 || one.systems.length > 0, 'an answer').then(() => one.heard.length > 0 && one);
        }, 'the table to be followed', 20000, 200);
        await assert.rejects(stand.query("update nothing set body = 'x'"), /replica identity/);
        assert.equal(channel.heard[0].eventType, 'INSERT');
    });

    test('TRUNCATE is not told, what stands around it is', async () => {
        const channel = await listening(stand, { event: '*', table: 'by_key' });
        await run("insert into by_key values (10, 'a')", 'truncate by_key, whole', "begin; insert into by_key values (11, 'b'); truncate by_key; insert into by_key values (12, 'c'); commit");
        await until(() => channel.heard.some((change) => change.new.id === 12), () => JSON.stringify(said(channel)));
        assert.deepEqual(channel.heard.map((change) => change.new.id), [10, 11, 12]);
    });

    test('changes that came from elsewhere first are changes, messages are none', async () => {
        const channel = await listening(stand, { event: '*', table: 'by_key' });
        await run("select pg_replication_origin_create('far')", "select pg_replication_origin_session_setup('far')",
            "begin; select pg_logical_emit_message(true, 'noise', 'x'); insert into by_key values (20, 'far'); select pg_logical_emit_message(true, 'noise', 'y'); insert into by_key values (21, 'far'); commit",
            'select pg_replication_origin_session_reset()');
        await heard(channel, 2);
        assert.deepEqual(channel.heard.map((change) => change.new.id), [20, 21]);
    });

    test('a large transaction is sent in pieces and told at its end: parts undone are left out, others pass it', async () => {
        const ROWS = 3000, pad = "repeat('x', 200)";
        const channel = await listening(stand);
        const large = await stand.cluster.client(stand.db), undone = await stand.cluster.client(stand.db);
        for (const client of [large, undone]) await client.query('begin');
        await undone.query(`insert into ticks select i, ${pad} from generate_series(200001, 203000) i`);
        await large.query(`insert into ticks select i, ${pad} from generate_series(1, ${ROWS}) i`);
        await large.query('savepoint one');
        await large.query(`insert into ticks select i, ${pad} from generate_series(100001, ${100000 + ROWS}) i`);
        await large.query('rollback to savepoint one');
        await insert(stand, 300001);
        await heard(channel, 1);
        await large.query(`insert into ticks select i, ${pad} from generate_series(${ROWS + 1}, ${2 * ROWS}) i`);
        await undone.query('rollback');
        await large.query('commit');
        await heard(channel, 2 * ROWS + 1);
        await insert(stand, 300002);
        await heard(channel, 2 * ROWS + 2);
        await Promise.all([large.end(), undone.end()]);
        assert.deepEqual(numbers(channel), [300001, ...range(1, 2 * ROWS), 300002]);
        await until(async () => (await stand.query('select max(stream_txns)::int as streamed from pg_stat_replication_slots'))[0].streamed > 0, 'them to have been sent in pieces');
    });

    test('through a pooler there is no log: the reason says what to set; with it changes come', async () => {
        const pooler = await startPooler(stand.cluster, stand.db, 'postgres', 5);
        const lost = await startPostern({ databaseUrl: pooler.url, env: { POSTERN_WORKERS: '1' } });
        try {
            await until(() => /event="changes away".*set REPLICATION_DATABASE_URL to the database itself/.test(lost.logs()), () => lost.logs());
            assert.equal((await fetch(`${lost.url}/rest/v1/ticks`, { headers: { apikey: anonKey } })).status, 200, 'all else works');
            await lost.stop();
            const found = await startPostern({ databaseUrl: pooler.url, env: { POSTERN_WORKERS: '1', POSTERN_REPLICATION_DATABASE_URL: stand.cluster.url(stand.db) } });
            try {
                await streams({ postern: found }, 1);
                const channel = await listening(found);
                await insert(stand, 300003);
                await heard(channel, 1);
            } finally {
                await closeAll();
                await found.stop();
            }
        } finally {
            lost.kill();
            await pooler.stop();
        }
    });

    test('logical decoding is switched off: who listens is told, the reason is in the log once; on again, it is back', async (t) => {
        const channel = await listening(stand);
        stand.cluster.args.push('-c', 'wal_level=replica');
        await stand.cluster.restart();
        await until(() => /event="changes away".*wal_level/.test(stand.postern.logs()), () => stand.postern.logs().slice(-1500));
        await insert(stand, 400001, 400010);
        stand.cluster.args.splice(-2);
        await stand.cluster.restart();
        const restarted = Date.now();
        await streams(stand, 2);
        t.diagnostic(`${Date.now() - restarted} ms after PostgreSQL answered`);
        assert.ok(Date.now() - restarted < BACK_MS);
        assert.equal(stand.postern.logs().match(/event="changes away".*wal_level is replica .*alter system/g).length, 1);
        assert.doesNotMatch(stand.cluster.log(), /logical decoding requires/, 'PostgreSQL is not asked for what it would refuse');
        await isBack(channel);
        await insert(stand, 400011, 400012);
        await until(() => numbers(channel).includes(400012), 'what comes then');
        assert.deepEqual(numbers(channel), [400011, 400012]);
    });

    test('the slot\'s process is ended, again and again: told, and back each time', async () => {
        const channel = await listening(stand);
        for (let i = 0; i < 3; i++) {
            const times = begun(stand), joins = channel.statuses.filter((status) => status === 'SUBSCRIBED').length;
            await stand.query('select pg_terminate_backend(active_pid) from pg_replication_slots');
            await streams(stand, times + 1, BACK_MS);
            await until(() => channel.statuses.filter((status) => status === 'SUBSCRIBED').length > joins, () => `joined again: ${channel.statuses}`, 30000);
        }
        await insert(stand, 400020);
        await heard(channel, 1);
    });

    test('a table leaves the publication: who listens to it is told why nothing comes, the others are left in peace', async () => {
        const [gone, kept] = [await listening(stand, { event: '*', table: 'other' }), await listening(stand)];
        stand.cluster.psql('alter publication supabase_realtime drop table other', stand.db);
        await until(() => gone.systems.some(({ message }) => /not in the publication/.test(message)), () => JSON.stringify([gone.statuses, gone.systems]), 20000);
        assert.ok(gone.systems.some(({ message }) => /^gap/.test(message)), JSON.stringify(gone.systems));
        assert.deepEqual(kept.statuses, ['SUBSCRIBED']);
        stand.cluster.psql('alter publication supabase_realtime add table other', stand.db);
        const again = await until(async () => {
            const channel = await listening(stand, { event: '*', table: 'other' });
            await stand.query('insert into other select coalesce(max(n), 0) + 1 from other');
            return until(() => channel.heard.length > 0 || channel.systems.length > 0, 'an answer').then(() => channel.heard.length > 0 && channel);
        }, 'the table to be followed again', 20000, 200);
        assert.deepEqual(again.systems, []);
    });

    test('the publication is dropped and made anew', () => publicationMadeAnew(stand));
});

describe('a slot of its own, and a limit to what it may keep', () => {
    const LIMIT_MB = 64;
    let stand;
    before(async () => { stand = await start({ env: { POSTERN_REPLICATION_SLOT: 'kept' }, settings: { max_slot_wal_keep_size: `${LIMIT_MB}MB`, min_wal_size: '32MB' } }); });
    after(async () => {
        await closeAll();
        await stand?.postern.stop(); // not the stand's first
        await stand?.cluster.close();
    });
    /** So many megabytes of log that are none of ours, and a checkpoint, which lets go of what nobody keeps. */
    const fill = (megabytes) => stand.query(`select count(pg_logical_emit_message(false, 'noise', repeat('x', ${MEGABYTE}))) from generate_series(1, ${megabytes})`).then(() => stand.query('checkpoint'));
    const slot = async () => (await stand.query("select wal_status as status, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 / 1048576 as kept from pg_replication_slots where slot_name = 'kept'"))[0];

    test('under load the log that is kept stays below half of the limit', async (t) => {
        const channel = await listening(stand);
        let most = 0;
        for (let i = 1; i <= 10; i++) {
            let kept;
            await fill(16);
            await insert(stand, i);
            /* PostgreSQL lets go with its next snapshot, which it takes every 15 s and at a checkpoint */
            await until(async () => { ({ kept } = await slot()); return kept < LIMIT_MB / 2; }, () => `${kept} MB are kept`, LET_GO_MS);
            most = Math.max(most, kept);
        }
        t.diagnostic(`at most ${most.toFixed(1)} MB of ${LIMIT_MB}`);
        await until(() => channel.heard.length >= 10, () => `${numbers(channel)}, ${channel.statuses}, ${JSON.stringify(channel.systems)}: ${stand.postern.logs().slice(-3000)}`);
        assert.deepEqual([numbers(channel), channel.statuses], [range(1, 10), ['SUBSCRIBED']]);
    });

    test('the server was away for too long: it does not read all of that again, and says so', async () => {
        await closeAll();
        await stand.postern.stop();
        await fill(LIMIT_MB / 2 + 8);
        assert.ok((await slot()).kept > LIMIT_MB / 2);
        stand.postern = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(stand.db), POSTERN_REPLICATION_SLOT: 'kept', POSTERN_WORKERS: '1' } });
        stand.url = stand.postern.url;
        await streams(stand, 1);
        assert.match(stand.postern.logs(), /event="changes slot dropped" slot=kept/);
        assert.match(stand.postern.logs(), /event="changes stream" slot=kept continued=0/);
        assert.ok((await slot()).kept < LIMIT_MB / 2);
    });

    test('the server hangs until PostgreSQL gives the slot up: told, and back within seconds', async () => {
        const channel = await listening(stand), times = begun(stand);
        stand.postern.signal('SIGSTOP');
        try {
            await until(async () => {
                await fill(32);
                return (await slot()).status === 'lost';
            }, 'the slot to be lost', 60000);
        } finally {
            stand.postern.signal('SIGCONT');
        }
        await streams(stand, times + 1, BACK_MS);
        await isBack(channel);
        await insert(stand, 100);
        await until(() => numbers(channel).includes(100), 'what comes then');
        assert.equal((await slot()).status, 'reserved');
    });

    test('the publication is dropped and made anew: the slot, which would never find it, too', () => publicationMadeAnew(stand));
});
