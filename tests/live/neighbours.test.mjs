// One subscriber in trouble is its own trouble: a policy that raises for it, a role that is dropped,
// a token that expires, in the middle of 10,000 changes of which the others lose none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { admin, mint, mintUser, serviceKey, userA, userB } from '../support/tokens.mjs';
import { closeAll, connect, listen } from './clients.mjs';

const ALL = 10000, BATCH = 100;
const FIXTURE = `
create role guest nologin;
grant guest to authenticator;
grant usage on schema public to guest;
create table events (n int primary key, pad text);
alter table events enable row level security;
create policy raises on events for select to authenticated
    using (case when auth.uid() = '${userB.id}' and n > 2000 then 1 / (n - n) = 0 else true end);
create policy guests on events for select to guest using (n > 0);
grant select on events to authenticated, service_role, guest;
alter publication supabase_realtime add table events;
`;

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_WORKERS: '2', POSTERN_ALLOWED_ROLES: 'anon,authenticated,service_role,guest' } });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    await closeAll();
    await stand?.stop();
});

const events = { event: 'INSERT', table: 'events' };
const insert = (from) => stand.query(`insert into events select i from generate_series(${from}, ${from + BATCH - 1}) i`);
const numbers = (channel) => channel.heard.map((change) => change.new.n);
const isTold = (channel, why) => until(() => channel.systems.some(({ message }) => why.test(message)) && channel.statuses.includes('CHANNEL_ERROR'), () => `${why}: ${JSON.stringify([channel.statuses, channel.systems])}`, 30000);

test('a policy that raises, a role that is gone, a token that expires: each is told its own, the others hear all 10,000', async () => {
    const guest = await mint({ role: 'guest', sub: userA.id });
    const open = async (name, token) => listen(await connect(stand, token), name, events);
    const good = await Promise.all([open('a', userA.token), open('a-too', userA.token), open('admin', admin.token), open('service', serviceKey)]);
    const [raising, dropped] = await Promise.all([open('raising', userB.token), open('dropped', guest)]);
    const expiring = await open('expiring', await mintUser(admin.id, admin.email, { exp: Math.floor(Date.now() / 1000) + 8 }));
    for (let from = 1; from <= ALL; from += BATCH) {
        await insert(from);
        if (from === 1 + ALL / 2) {
            await isTold(raising, /division by zero/);
            stand.cluster.psql('drop policy guests on events; drop owned by guest; drop role guest', stand.db);
        }
        if (from === 1 + ALL * 0.7) await isTold(dropped, /guest|role|gap|no such table/i);
        /* It may join again with this token for 30 s, and gets then what it has missed. */
        if (from === 1 + ALL * 0.8) await isTold(expiring, /Token has expired/);
    }
    const want = Array.from({ length: ALL }, (_, i) => i + 1);
    for (const channel of good) {
        await until(() => channel.heard.length >= ALL, () => `${channel.topic}: ${channel.heard.length} of ${ALL}, ${channel.statuses}`, 60000);
        assert.deepEqual(numbers(channel), want);
        assert.deepEqual([channel.statuses, channel.systems], [['SUBSCRIBED'], []]);
    }
    for (const channel of [raising, dropped]) assert.ok(channel.heard.length >= 1000 && channel.heard.length < ALL, `${channel.topic} heard ${channel.heard.length}`);
    assert.ok(Math.max(...numbers(raising)) <= 2000, 'what cannot be judged is not shown');
});
