// The gateway is stopped, and killed, in the middle of 10,000 changes. Who follows by /ws and comes back
// has none twice, and none is missing that no gap names; channels of realtime-js are told, and join again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';
import { closeAll, connect, listen } from './clients.mjs';

const ALL = 10000, BATCH = 50;
const ENV = { POSTERN_REPLICATION_SLOT: 'kept', POSTERN_WORKERS: '2' };
const FIXTURE = `
create table ticks (n int primary key);
grant select on ticks to anon;
alter publication supabase_realtime add table ticks;
`;

let stand, db, client;
before(async () => {
    stand = await startStand({ fixtures: [], env: ENV });
    stand.cluster.psql(FIXTURE, stand.db);
    db = await stand.cluster.client(stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    await db?.end();
    client?.close();
    await closeAll();
    await stand?.postern.stop(); // not the stand's first
    await stand?.cluster.close();
});

/** "16/B374D848:3" as a number that has the order of the log. */
function place(lsn) {
    const [, high, low] = /^([0-9A-F]+)\/([0-9A-F]+)/.exec(lsn);
    return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** A client of /ws that comes back whenever it is cut, and goes on where it was. */
class Follower {
    constructor(since) {
        Object.assign(this, { last: since, heard: [], gaps: [], visits: 0, ended: false });
        this.open();
    }

    open() {
        this.socket = new WebSocket(`${stand.url.replace('http', 'ws')}/ws`);
        this.socket.on('open', () => this.socket.send(JSON.stringify({ subscribe: { table: 'ticks', event: 'INSERT' }, since: this.last })));
        this.socket.on('message', (data) => this.take(JSON.parse(data)));
        this.socket.on('error', () => {});
        this.socket.on('close', () => this.ended || setTimeout(() => this.open(), 50));
    }

    take(frame) {
        if (frame.type === 'subscribed') this.visits++;
        if (frame.type === 'change') {
            this.heard.push(frame.change.record.n);
            this.last = frame.lsn;
        } else if (frame.type === 'gap') {
            const within = frame.from.includes(':'); // the rest of that transaction is lost, too
            this.gaps.push({ from: place(frame.from) - (within ? 1n : 0n), to: place(frame.to) });
            this.last = frame.to;
        }
    }

    close() {
        this.ended = true;
        this.socket.terminate();
    }
}

const at = async () => (await db.query('select pg_current_wal_insert_lsn()::text as at')).rows[0].at;
async function startAgain() {
    const { port } = stand.postern;
    stand.postern = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(stand.db), POSTERN_PORT: String(port), ...ENV } });
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
}

test('none twice, and none missing that no gap names', async (t) => {
    client = new Follower(await at());
    const channel = await listen(await connect(stand, anonKey), 'ticks', { event: 'INSERT', table: 'ticks' });
    const batches = []; // the place in the log before each, and behind it
    let written = 0, restarts = 0;
    const writing = (async () => {
        for (; written < ALL || restarts < 2; written += BATCH) {
            const from = place(await at());
            await db.query(`insert into ticks select i from generate_series(${written + 1}, ${written + BATCH}) i`);
            batches.push({ from, to: place(await at()) });
            await sleep(written > ALL ? 100 : 10);
        }
    })();
    await until(() => written > ALL * 0.3 && client.heard.length > 500, 'some changes', 60000);
    await stand.postern.stop();
    await startAgain();
    restarts++;
    const again = client.heard.length;
    await until(() => written > ALL * 0.6 && client.heard.length > again + 100, 'some more changes', 60000);
    stand.postern.kill();
    await stand.postern.exited;
    await startAgain();
    restarts++;
    await writing;

    const isNamed = ({ from, to }) => client.gaps.some((gap) => gap.from < to && gap.to >= from);
    const isHere = (n) => seen.has(n) || isNamed(batches[Math.floor((n - 1) / BATCH)]);
    let seen = new Set();
    await until(() => {
        seen = new Set(client.heard);
        return Array.from({ length: written }, (_, i) => i + 1).every(isHere);
    }, () => `${client.heard.length} of ${written}, gaps: ${client.gaps.map(({ from, to }) => `${from}-${to}`)}, first missing in ${Object.values(batches.find((batch, i) => !seen.has((i + 1) * BATCH) && !isNamed(batch)) ?? {})}`, 30000, 200);
    t.diagnostic(`${written} written, ${seen.size} heard, ${client.gaps.length} gaps over ${client.visits} visits`);
    assert.equal(client.heard.length, seen.size, 'none twice');
    assert.deepEqual(client.heard, client.heard.toSorted((a, b) => a - b), 'in order');
    assert.ok(client.visits >= 3);
    assert.ok(seen.size > ALL / 3);

    await until(() => channel.statuses.filter((status) => status === 'SUBSCRIBED').length >= 3 || channel.statuses.at(-1) === 'SUBSCRIBED', () => channel.statuses.join(), 30000);
    assert.ok(channel.statuses.includes('CHANNEL_ERROR'), channel.statuses.join());
    await until(async () => {
        await stand.query('insert into ticks select max(n) + 1 from ticks');
        return channel.heard.at(-1)?.new.n > written;
    }, 'a change after all of it', 20000, 200);
});
