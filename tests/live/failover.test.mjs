// The primary is lost and its standby takes over: one setting names both, and everything is back
// within seconds: requests, changes, and who listened has been told that something may be missing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { anonKey, as } from '../support/tokens.mjs';
import { closeAll, connect, heard, listen } from './clients.mjs';

const DB = 'app', BACK_MS = 5000;
const FIXTURE = `
create table ticks (n int primary key);
grant select, insert on ticks to anon;
alter publication supabase_realtime add table ticks;
`;

let first, second, postern, socket;
const frames = [];
/** Whichever of the two is the primary. */
const both = (user) => `postgresql://${user}@/${DB}?host=${first.socketDir},${second.socketDir}&target_session_attrs=read-write`;
before(async () => {
    first = await startCluster();
    await migrate(await first.createDatabase(DB));
    first.psql(FIXTURE, DB);
    second = await first.standby();
    postern = await startPostern({ databaseUrl: both('authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: both('postgres'), POSTERN_WORKERS: '2' } });
    await until(() => begun() === 1, 'the stream of changes');
});
after(async () => {
    await closeAll();
    socket?.terminate();
    await postern?.stop();
    await second?.close();
    await first?.close();
});

const begun = () => (postern.logs().match(/event="changes stream"/g) ?? []).length;
const post = (n) => fetch(`${postern.url}/rest/v1/ticks`, { method: 'POST', body: JSON.stringify({ n }), headers: { ...as(anonKey), 'content-type': 'application/json' } });
const numbers = () => frames.filter(({ type }) => type === 'change').map(({ change }) => change.record.n);

async function follow() {
    socket = new WebSocket(`${postern.url.replace('http', 'ws')}/ws`);
    socket.on('message', (data) => frames.push(JSON.parse(data)));
    await new Promise((done, fail) => socket.on('open', done).on('error', fail));
    socket.send(JSON.stringify({ subscribe: { table: 'ticks', event: 'INSERT' } }));
    await until(() => frames.some(({ type }) => type === 'subscribed'), 'the subscription');
}

test('the primary is lost, the standby is promoted: requests and changes are back, and who listened was told', async (t) => {
    const channel = await listen(await connect(postern), 'ticks', { event: 'INSERT', table: 'ticks' });
    await follow();
    assert.equal((await post(1)).status, 201);
    await heard(channel, 1);
    await until(async () => (await second.query('select count(*)::int from ticks', DB))[0].count === 1, 'the standby to have it');

    await first.stop('immediate');
    await second.promote();
    const promoted = Date.now();
    await until(async () => (await post(2)).status === 201, 'a write', 20000);
    const written = Date.now() - promoted;
    await until(() => begun() === 2, () => postern.logs().slice(-2000), 20000);
    const streamed = Date.now() - promoted;
    t.diagnostic(`after the promotion: a write ${written} ms, the stream ${streamed} ms`);
    assert.ok(Math.max(written, streamed) < BACK_MS, `${written} and ${streamed} ms`);

    await until(() => channel.statuses.includes('CHANNEL_ERROR') && channel.statuses.at(-1) === 'SUBSCRIBED', () => channel.statuses.join(), 30000);
    await until(() => frames.some(({ type }) => type === 'gap'), () => JSON.stringify(frames.slice(-5)));
    assert.equal((await post(3)).status, 201);
    await until(() => channel.heard.at(-1)?.new.n === 3 && numbers().at(-1) === 3, () => `${JSON.stringify(channel.heard)} and ${numbers()}`);
    assert.deepEqual(numbers().filter((n, i, all) => all.indexOf(n) !== i), [], 'none twice');
    assert.deepEqual((await second.query('select array_agg(n order by n) as all from ticks', DB))[0].all, [1, 2, 3]);
});

test('a standby alone is read, and a write says why it is refused', async () => {
    await first.close();
    first = await second.standby();
    const reader = await startPostern({ databaseUrl: `postgresql://authenticator@/${DB}?host=${first.socketDir}`, env: { POSTERN_WORKERS: '1' } });
    try {
        const reply = await fetch(`${reader.url}/rest/v1/ticks?select=n&order=n`, { headers: as(anonKey) });
        assert.deepEqual([reply.status, await reply.json()], [200, [{ n: 1 }, { n: 2 }, { n: 3 }]]);
        const refused = await fetch(`${reader.url}/rest/v1/ticks`, { method: 'POST', body: '{"n":4}', headers: { ...as(anonKey), 'content-type': 'application/json' } });
        const { code, hint } = await refused.json();
        assert.deepEqual([refused.status, code], [500, '25001']);
        assert.match(hint, /^A standby only reads: .*target_session_attrs=read-write/);
    } finally {
        await reader.stop();
    }
});
