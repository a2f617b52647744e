// A channel of realtime-js that lost its socket and joins again gets what it missed, at least once;
// nobody else does. supabase-js of both versions, and frames by hand where refs are to be chosen.
// Two workers: who comes back may come to the other one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient as createNew } from '@supabase/supabase-js';
import { createClient as createOld } from 'supabase-js-2-45';
import WebSocket from 'ws';
import { startCable } from '../support/cable.mjs';
import { startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mintUser, userA, userB } from '../support/tokens.mjs';

const FIXTURE = `
create table ticks (n int primary key, kind text, pad text);
create table owned (n int primary key, owner uuid);
alter table owned enable row level security;
create policy own on owned for select to authenticated using (owner = auth.uid());
grant select on ticks, owned to anon, authenticated;
alter publication supabase_realtime add table ticks, owned;
`;

let stand;
const sockets = [], clients = [], cables = [];
const streams = (postern) => until(() => /changes stream/.test(postern.logs()), 'the stream of changes');
before(async () => {
    stand = await startStand();
    stand.cluster.psql(FIXTURE, stand.db);
    await streams(stand.postern);
});
after(async () => {
    for (const socket of sockets) socket.terminate();
    for (const client of clients) await client.realtime.disconnect();
    for (const cable of cables) cable.close();
    await stand?.stop();
});

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const unique = (numbers) => [...new Set(numbers)];
let last = 0;
/** So many new rows of the kind; returns their numbers. */
async function write(count, kind, pad = 0) {
    const numbers = range(last + 1, last += count);
    await stand.query('insert into ticks select i, $1, repeat($2, $3) from generate_series($4::int, $5::int) i', [kind, 'x', pad, numbers[0], numbers.at(-1)]);
    return numbers;
}

// ---- supabase-js

async function connect(create, url, token) {
    const client = create(url, anonKey, {
        ...(create === createNew && { realtime: { transport: WebSocket }, accessToken: async () => token }),
        auth: { persistSession: false, autoRefreshToken: false },
    });
    await client.realtime.setAuth(create === createOld ? token : null);
    clients.push(client);
    return client;
}

async function listen(client, name, binding) {
    const channel = client.channel(name);
    Object.assign(channel, { heard: [], statuses: [], systems: [] });
    channel.on('postgres_changes', { event: 'INSERT', schema: 'public', ...binding }, ({ new: row }) => channel.heard.push(row.n));
    channel.on('system', {}, (message) => message.status === 'error' && channel.systems.push(message.message));
    channel.subscribe((status) => channel.statuses.push(status));
    await subscribed(channel, 1);
    return channel;
}
const subscribed = (channel, times) => until(() => channel.statuses.filter((status) => status === 'SUBSCRIBED').length >= times, () => `to be joined: ${channel.statuses}`, 30000);
const hears = (channel, numbers) => until(() => numbers.every((n) => channel.heard.includes(n)), () => `${numbers.length} rows: ${channel.heard.length} of ${channel.statuses}`, 30000);
/** What was committed so far has come to both workers: who hears the second knows that the first was given to all. */
async function settled() {
    const own = await join({ topic: 'settled', kind: 'settled' });
    for (let i = 0; i < 2; i++) await own.hears(await write(1, 'settled'));
    own.close();
}

for (const [label, create] of [['supabase-js 2.119', createNew], ['supabase-js 2.45', createOld]])
    test(`${label}: what came while its socket was cut follows when it is back`, async () => {
        const cable = await startCable(stand.postern.port);
        cables.push(cable);
        const client = await connect(create, cable.url, userA.token);
        const [one, two] = [await listen(client, `one-${label}`, { table: 'ticks', filter: 'kind=eq.one' }), await listen(client, 'two', { table: 'ticks', filter: 'kind=eq.two' })];
        const owned = await listen(client, 'owned', { table: 'owned' });
        await hears(one, await write(10, 'one'));
        const before = one.heard.length;

        cable.hold();
        await until(() => one.statuses.includes('CHANNEL_ERROR'), 'the cut to be noticed');
        const missed = await write(100, 'one'), others = await write(5, 'two');
        await stand.query('insert into owned select i, case when i % 2 = 0 then $1::uuid else $2::uuid end from generate_series($3::int, $3::int + 9) i', [userA.id, userB.id, last]);
        const mine = range(last, last + 9).filter((n) => n % 2 === 0);
        last += 10;
        cable.mend();

        await Promise.all([hears(one, missed), hears(two, others), hears(owned, mine)]);
        const next = await write(3, 'one');
        await hears(one, next);
        assert.deepEqual(unique(one.heard.slice(before)).filter((n) => n >= missed[0]), [...missed, ...next], 'in order, before what is new');
        assert.deepEqual(unique(two.heard), others, 'no other channel\'s');
        assert.deepEqual(unique(owned.heard), mine, 'no row of another owner');
        assert.deepEqual([one, two, owned].flatMap((channel) => channel.systems), []);

        // Who unsubscribes wants no more of it, and a page that was just opened was never there.
        await client.removeChannel(one);
        const old = await write(5, 'one');
        await settled();
        const again = await listen(client, `one-${label}`, { table: 'ticks', filter: 'kind=eq.one' });
        const fresh = await listen(await connect(create, cable.url, userA.token), `one-${label}`, { table: 'ticks', filter: 'kind=eq.one' });
        const now = await write(1, 'one');
        for (const channel of [again, fresh]) {
            await hears(channel, now);
            assert.deepEqual(channel.heard, now, `nothing of ${old}`);
        }
    });

// ---- frames by hand

/** A joined socket that begins to count at ref; its frames are kept in .frames. */
async function join({ url = stand.url, ref = 1, topic = 'hand', kind = 'hand', filter = `kind=eq.${kind}`, select, event = 'INSERT', token = userA.token } = {}) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=1.0.0`);
    sockets.push(socket);
    let count = ref - 1;
    const say = (topic, event, payload = {}) => socket.send(JSON.stringify({ topic, event, payload, ref: String(++count), join_ref: String(ref) }));
    const answer = async () => { const own = String(count); await until(() => socket.frames.some((frame) => frame.event === 'phx_reply' && frame.ref === own), () => `an answer: ${JSON.stringify(socket.frames)}`, 20000); };
    Object.assign(socket, {
        frames: [],
        of: (event) => socket.frames.filter((frame) => frame.event === event),
        heard: () => socket.of('postgres_changes').map(({ payload }) => payload.data.record.n),
        gaps: () => socket.of('system').filter(({ payload }) => /^gap/.test(payload.message)).length,
        hears: (numbers) => until(() => numbers.every((n) => socket.heard().includes(n)), () => `${numbers}: ${JSON.stringify(socket.frames).slice(-1500)}`, 30000),
        token: (access_token) => say(`realtime:${topic}`, 'access_token', { access_token }),
        beat: () => { say('phoenix', 'heartbeat'); return answer(); },
        leave: () => { say(`realtime:${topic}`, 'phx_leave'); return answer(); },
        join: (access_token = token) => { say(`realtime:${topic}`, 'phx_join', { access_token, config: { postgres_changes: [{ event, schema: 'public', table: 'ticks', filter, ...(select && { select }) }] } }); return answer(); },
        gone: () => new Promise((done) => { socket.on('close', done); socket.terminate(); }),
    });
    socket.on('message', (data) => socket.frames.push(JSON.parse(data)));
    socket.on('error', () => {});
    await new Promise((done, fail) => socket.on('open', done).on('close', fail));
    await socket.join();
    return socket;
}

test('who asks for the same, as the same, and goes on counting is who was here', async () => {
    const renewed = await mintUser(userA.id, userA.email, { session: 'renewed' });
    await Promise.all([
        ['the same', {}, true], ['a renewed token', { token: renewed }, true], ['another user', { token: userB.token }, false],
        ['nobody', { token: anonKey }, false], ['another topic', { topic: 'else' }, false], ['another filter', { filter: 'kind=in.(another filter,x)' }, false],
        ['another event', { event: '*' }, false], ['other columns', { select: ['n'] }, false], ['one that counts from 1', { ref: 1 }, false],
        ['one that has counted less', { ref: 2 }, false],
    ].map(async ([label, options, known]) => {
        const same = { topic: label, kind: label };
        const former = await join(same);
        await former.beat();
        await former.gone();
        const missed = await write(3, label);
        await settled();
        const back = await join({ ...same, ref: 40, ...options });
        const now = await write(1, label);
        await back.hears(now);
        assert.deepEqual(back.heard(), known ? [...missed, ...now] : now, label);
        await back.leave();
        await write(1, label);
        await settled();
        const after = await join({ ...same, ref: 80, ...options });
        const next = await write(1, label);
        await after.hears(next);
        if (known) assert.deepEqual(after.heard(), next, `${label}, after it has left`);
        await after.leave();
    }));
});

test('what a heartbeat has proven to be there does not come twice', async () => {
    await Promise.all([[0, true], [1, true], [2, false], [5, false]].map(async ([beats, twice]) => {
        const same = { topic: `beats-${beats}`, kind: `beats-${beats}` };
        const former = await join(same);
        const had = await write(10, same.kind);
        await former.hears(had);
        await settled();
        for (let i = 0; i < beats; i++) await former.beat();
        await former.gone();
        const missed = await write(10, same.kind);
        const back = await join({ ...same, ref: 40 });
        await back.hears(missed);
        assert.deepEqual(back.heard(), twice ? [...had, ...missed] : missed, `${beats} heartbeats`);
        await back.leave();
    }));
});

test('a socket that is gone, but still seems to be open, was here, too', async () => {
    const former = await join({ topic: 'half' });
    former._socket.pause();
    const missed = await write(10, 'hand');
    const back = await join({ topic: 'half', ref: 40 });
    await back.hears(missed);
    former.terminate();
});

test('who signs in on an open channel is that user when it comes back', async () => {
    const former = await join({ topic: 'signs-in', token: anonKey });
    former.token(userA.token);
    await former.beat();
    await former.gone();
    const missed = await write(3, 'hand');
    await settled();
    const stranger = await join({ topic: 'signs-in', ref: 40, token: anonKey }), back = await join({ topic: 'signs-in', ref: 40 });
    await back.hears(missed);
    const now = await write(1, 'hand');
    await stranger.hears(now);
    assert.deepEqual(stranger.heard(), now);
    for (const socket of [stranger, back]) await socket.leave();
});

test('a channel whose token has expired joins again on the same socket, and has missed nothing', async () => {
    const short = await mintUser(userA.id, userA.email, { exp: Math.floor(Date.now() / 1000) + 3 });
    const socket = await join({ topic: 'short', token: short });
    await until(() => socket.of('phx_error').length === 1, 'the end of the token', 20000);
    const missed = await write(10, 'hand');
    await settled();
    await socket.join(userA.token);
    await socket.hears(missed);
    assert.deepEqual(unique(socket.heard()), missed);
    await socket.leave();
});

test('more than fits into what waits for a client comes whole', async () => {
    const former = await join({ topic: 'large' });
    await former.gone();
    const missed = await write(3000, 'hand', 1000);
    await settled();
    const back = await join({ topic: 'large', ref: 40 });
    await back.hears(missed);
    assert.deepEqual(back.heard(), missed);
    assert.equal(back.of('phx_error').length, 0);
    await back.leave();
});

test('what is not kept is a gap, and the channel stays; without the switch there is neither', async () => {
    for (const [env, gaps] of [[{ POSTERN_RESUME_BYTES: '1' }, 1], [{ POSTERN_LIVE_REJOIN: 'new' }, 0]]) {
        const postern = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(stand.db), ...env } });
        try {
            await streams(postern);
            const former = await join({ url: postern.url });
            await former.gone();
            await write(10, 'hand');
            const mark = await join({ url: postern.url, kind: 'mark' });
            await mark.hears(await write(1, 'mark'));
            const back = await join({ url: postern.url, ref: 40 });
            const now = await write(1, 'hand');
            await back.hears(now);
            assert.deepEqual([back.heard(), back.gaps(), back.of('phx_error').length], [now, gaps, 0]);
            for (const socket of [mark, back]) await socket.gone();
        } finally {
            await postern.stop();
        }
    }
});
