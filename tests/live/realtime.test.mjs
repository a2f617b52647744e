// Changes, broadcast and presence as supabase-js sees them, the newest beside an old one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient as createNew } from '@supabase/supabase-js';
import { createClient as createOld } from 'supabase-js-2-45';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, serviceKey, userA, userB } from '../support/tokens.mjs';

const FIXTURE = `
create table notes (id bigint generated always as identity primary key, owner uuid, body text, n int);
alter table notes enable row level security;
create policy own on notes for select to authenticated using (owner = (select auth.uid()));
create policy staff on notes for select to service_role using (true);
create table open_notes (code char(6) primary key, body text, at timestamptz, tags text[], bits bit(4), blob bytea, amount numeric(10,2), data jsonb);
grant select on notes, open_notes to anon, authenticated, service_role;
alter publication supabase_realtime add table notes, open_notes;
`;

let stand;
const clients = [];
before(async () => {
    stand = await startStand();
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    if (process.env.SHOW) console.log(stand.postern.logs());
    for (const client of clients) await client.realtime.disconnect();
    await stand?.stop();
});

/** A client of the given version, signed in with the token. */
async function connect(create, token = anonKey) {
    const client = create(stand.url, anonKey, {
        ...(create === createNew && { realtime: { transport: WebSocket } }),
        auth: { persistSession: false, autoRefreshToken: false },
        ...(create === createNew ? { accessToken: async () => token } : {}),
    });
    await client.realtime.setAuth(create === createOld ? token : null);
    clients.push(client);
    return client;
}

/** Joins and resolves when SUBSCRIBED; statuses are kept on the channel. */
const subscribe = (channel) => new Promise((done, fail) => {
    channel.statuses = [];
    channel.subscribe((status, error) => {
        channel.statuses.push(status);
        if (status === 'SUBSCRIBED') done(channel);
        else if (status !== 'CLOSED') fail(error ?? new Error(status));
    });
});

/** A channel that collects the changes it hears in .heard. */
async function listen(client, name, ...bindings) {
    const channel = client.channel(name);
    channel.heard = [];
    for (const binding of bindings) channel.on('postgres_changes', { schema: 'public', ...binding }, (change) => channel.heard.push(change));
    return subscribe(channel);
}
const heard = (channel, count) => until(() => channel.heard.length >= count, () => `${count} changes, there are ${JSON.stringify(channel.heard)}`);

for (const [label, create] of [['supabase-js 2.119', createNew], ['supabase-js 2.45', createOld]]) {
    describe(label, () => {
        test('an insert, an update and a delete arrive with what changed', async () => {
            const channel = await listen(await connect(create), `open-${label}`, { event: '*', table: 'open_notes' });
            await stand.query("insert into open_notes values ('abcdef', 'one', '2026-01-02 03:04:05.678+02', '{a,NULL,\"b,c\"}', '1010', '\\xdeadbeef', 7.50, '{\"k\": [1]}')");
            await stand.query("update open_notes set body = 'two' where code = 'abcdef'");
            await stand.query("delete from open_notes where code = 'abcdef'");
            await heard(channel, 3);
            assert.deepEqual(channel.heard.map((change) => change.eventType), ['INSERT', 'UPDATE', 'DELETE']);
            const { new: row } = channel.heard[0];
            assert.deepEqual(row, { code: 'abcdef', body: 'one', at: '2026-01-02T01:04:05.678+00:00', tags: ['a', null, 'b,c'], bits: '1010', blob: 'deadbeef', amount: 7.5, data: { k: [1] } });
            assert.equal(channel.heard[1].new.body, 'two');
            assert.deepEqual(channel.heard[2].old, { code: 'abcdef' });
        });
        test('a row that comes and goes in one transaction is heard twice', async () => {
            const channel = await listen(await connect(create), `both-${label}`, { event: '*', table: 'open_notes' });
            await stand.query("begin; insert into open_notes (code) values ('xyz'); delete from open_notes where code = 'xyz'; commit");
            await heard(channel, 2);
            assert.deepEqual(channel.heard.map((change) => change.eventType), ['INSERT', 'DELETE']);
        });
        test('everybody hears their own rows and no other', async () => {
            const [a, b, staff, anon] = await Promise.all([
                listen(await connect(create, userA.token), `a-${label}`, { event: 'INSERT', table: 'notes' }),
                listen(await connect(create, userB.token), `b-${label}`, { event: 'INSERT', table: 'notes' }),
                listen(await connect(create, serviceKey), `s-${label}`, { event: 'INSERT', table: 'notes' }),
                listen(await connect(create), `n-${label}`, { event: 'INSERT', table: 'notes' }),
            ]);
            await stand.query('insert into notes (owner, n) values ($1, 1), ($2, 2), ($1, 3), (null, 4)', [userA.id, userB.id]);
            await heard(staff, 4);
            await heard(a, 2);
            await heard(b, 1);
            assert.deepEqual(a.heard.map((change) => change.new.n), [1, 3]);
            assert.deepEqual(b.heard.map((change) => change.new.n), [2]);
            assert.deepEqual(anon.heard, []);
        });
        test('filters choose rows, several bindings of a channel each hear theirs', async () => {
            const client = await connect(create, serviceKey);
            const channel = client.channel(`filter-${label}`);
            const seen = { eq: [], in: [], like: [], all: [] };
            for (const [name, filter] of [['eq', 'n=eq.100'], ['in', 'n=in.(100,102)'], ['like', 'body=like.x%'], ['all', undefined]]) {
                channel.on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes', ...(filter && { filter }) }, (change) => seen[name].push(change.new.n));
            }
            await subscribe(channel);
            await stand.query("insert into notes (n, body) values (100, 'xa'), (101, 'a'), (102, 'xb')");
            await until(() => seen.all.length === 3 && seen.like.length === 2, () => JSON.stringify(seen));
            assert.deepEqual(seen, { eq: [100], in: [100, 102], like: [100, 102], all: [100, 101, 102] });
        });
        test('a broadcast reaches the others, with self also the sender, and is acknowledged', async () => {
            const [one, two] = [await connect(create), await connect(create)];
            const sender = one.channel(`room-${label}`, { config: { broadcast: { self: true, ack: true } } });
            const other = two.channel(`room-${label}`);
            const got = { sender: [], other: [] };
            sender.on('broadcast', { event: 'cursor' }, (message) => got.sender.push(message.payload));
            other.on('broadcast', { event: 'cursor' }, (message) => got.other.push(message.payload));
            await Promise.all([subscribe(sender), subscribe(other)]);
            assert.equal(await sender.send({ type: 'broadcast', event: 'cursor', payload: { x: 1, name: 'é' } }), 'ok');
            await until(() => got.sender.length + got.other.length === 2, () => JSON.stringify(got));
            assert.deepEqual(got, { sender: [{ x: 1, name: 'é' }], other: [{ x: 1, name: 'é' }] });
        });
        test('presence tells who is there, who comes and who goes', async () => {
            const [one, two] = [await connect(create), await connect(create)];
            const ada = one.channel(`people-${label}`, { config: { presence: { key: 'ada', ...(create === createNew && { enabled: true }) } } });
            const bo = two.channel(`people-${label}`, { config: { presence: { key: 'bo', ...(create === createNew && { enabled: true }) } } });
            const events = [];
            ada.on('presence', { event: 'sync' }, () => {});
            ada.on('presence', { event: 'join' }, ({ key }) => events.push(`+${key}`));
            ada.on('presence', { event: 'leave' }, ({ key }) => events.push(`-${key}`));
            bo.on('presence', { event: 'sync' }, () => {});
            await subscribe(ada);
            await ada.track({ mood: 'busy' });
            await subscribe(bo);
            await until(() => Object.keys(bo.presenceState()).includes('ada'), 'bo to see ada');
            await bo.track({ mood: 'idle' });
            await until(() => Object.keys(ada.presenceState()).length === 2, 'ada to see bo');
            assert.equal(ada.presenceState().bo[0].mood, 'idle');
            await two.removeChannel(bo);
            await until(() => Object.keys(ada.presenceState()).length === 1, 'bo to be gone');
            assert.deepEqual(events, ['+ada', '+bo', '-bo']);
        });
    });
}

test('both versions share a room', async () => {
    const [fresh, old] = [await connect(createNew), await connect(createOld)];
    const a = fresh.channel('mixed', { config: { broadcast: { self: false } } });
    const b = old.channel('mixed');
    const got = { a: [], b: [] };
    a.on('broadcast', { event: 'say' }, (message) => got.a.push(message.payload.text));
    b.on('broadcast', { event: 'say' }, (message) => got.b.push(message.payload.text));
    await Promise.all([subscribe(a), subscribe(b)]);
    await a.send({ type: 'broadcast', event: 'say', payload: { text: 'from new' } });
    await b.send({ type: 'broadcast', event: 'say', payload: { text: 'from old' } });
    await until(() => got.a.length + got.b.length === 2, () => JSON.stringify(got));
    assert.deepEqual(got, { a: ['from old'], b: ['from new'] });
});

test('a bad token is refused', async () => {
    const channel = (await connect(createNew, 'not.a.token')).channel('refused');
    await assert.rejects(subscribe(channel));
});
