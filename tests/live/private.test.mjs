// Private channels: the policies of realtime.messages decide; broadcasts that come from SQL.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient as createNew } from '@supabase/supabase-js';
import { createClient as createOld } from 'supabase-js-2-45';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as, serviceKey, userA, userB } from '../support/tokens.mjs';

// Members hear a room and see who is there; a speaker of it may also speak and be present.
const FIXTURE = `
create table members (room text, who uuid, speaks boolean);
grant select on members to authenticated;
insert into members values ('club', '${userA.id}', true), ('club', '${userB.id}', false), ('quiet', '${userB.id}', true);
create policy hear on realtime.messages for select to authenticated
    using (exists (select from members where room = realtime.topic() and who = auth.uid()));
create policy speak on realtime.messages for insert to authenticated
    with check (messages.extension in ('broadcast', 'presence')
        and exists (select from members where room = realtime.topic() and who = auth.uid() and speaks));
create policy locked on realtime.messages as restrictive for select using (realtime.topic() <> 'locked');
insert into members values ('locked', '${userA.id}', true);
create table tasks (id int primary key, title text);
create function tell() returns trigger language plpgsql security definer as $$
begin
    perform realtime.broadcast_changes('club', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
    return null;
end $$;
create trigger tell after insert or update or delete on tasks for each row execute function tell();
`;

let stand;
const clients = [];
before(async () => {
    stand = await startStand();
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    for (const client of clients) {
        client.removeAllChannels(); /* a refused channel would try again for ever */
        await client.realtime.disconnect();
    }
    await stand?.stop();
});

async function connect(create, token = anonKey) {
    const client = create(stand.url, anonKey, {
        ...(create === createNew && { realtime: { transport: WebSocket }, accessToken: async () => token }),
        auth: { persistSession: false, autoRefreshToken: false },
    });
    await client.realtime.setAuth(create === createOld ? token : null);
    clients.push(client);
    return client;
}

/** Joins a private room: resolves with the channel, .got holds its broadcasts; or with the error. */
const join = (client, room, config = {}) => new Promise((done) => {
    const channel = client.channel(room, { config: { private: true, ...config } });
    channel.got = [];
    channel.on('broadcast', { event: '*' }, (message) => channel.got.push(message));
    channel.subscribe((status, error) => {
        if (status === 'SUBSCRIBED') done(channel);
        else if (status === 'CHANNEL_ERROR') done(error);
    });
});
const sql = (text, values) => stand.query(text, values);

for (const [label, create] of [['supabase-js 2.119', createNew], ['supabase-js 2.45', createOld]]) {
    describe(label, () => {
        test('members join, others are told why not', async () => {
            const [a, b, anon] = await Promise.all([connect(create, userA.token), connect(create, userB.token), connect(create)]);
            const [good, stranger, locked, nobody] = await Promise.all([join(a, 'club'), join(a, 'quiet'), join(a, 'locked'), join(anon, 'club')]);
            assert.ok(good.got);
            for (const [error, room] of [[stranger, 'quiet'], [locked, 'locked'], [nobody, 'club']])
                assert.match(error.message, new RegExp(`Unauthorized: You do not have permissions to read from this Channel topic: ${room}`));
            assert.ok((await join(b, 'quiet')).got);
        });
        test('who may speak is heard, who may not is not; a public room of the name is another', async () => {
            const [a, b] = await Promise.all([connect(create, userA.token), connect(create, userB.token)]);
            const [speaker, listener, open] = await Promise.all([join(a, 'club'), join(b, 'club'), join(await connect(create), 'club', { private: false })]);
            await listener.send({ type: 'broadcast', event: 'say', payload: { from: 'b' } });
            await speaker.send({ type: 'broadcast', event: 'say', payload: { from: 'a' } });
            await until(() => listener.got.length > 0, 'the broadcast');
            assert.deepEqual([listener.got.map(({ payload }) => payload.from), speaker.got, open.got], [['a'], [], []]);
        });
    });
}

test('broadcasts come from SQL at the commit, and from triggers', async () => {
    const channel = await join(await connect(createNew, userA.token), 'club');
    const old = await join(await connect(createOld, userB.token), 'club');
    await sql("begin; select realtime.send('{\"n\": 1}', 'note', 'club'); rollback");
    await sql("select realtime.send('{\"n\": 2, \"text\": \"é\"}', 'note', 'club')");
    await sql("select realtime.send('{\"n\": 3}', 'note', 'club', false)");
    await sql("select realtime.send_binary('\\x01ff', 'raw', 'club')");
    await sql("insert into tasks values (1, 'one')");
    await sql("update tasks set title = 'two'");
    await sql('delete from tasks');
    await until(() => channel.got.length === 5 && old.got.length === 4, () => JSON.stringify([channel.got, old.got]));
    const [note, raw, ...changes] = channel.got;
    assert.deepEqual([note.event, note.payload.n, note.payload.text, note.payload.id], ['note', 2, 'é', note.meta.id]);
    assert.deepEqual([raw.event, ...new Uint8Array(raw.payload)], ['raw', 1, 255]);
    assert.deepEqual(changes.map(({ event, payload: { record, old_record: former, operation, table, schema } }) => [event, operation, schema, table, record, former]), [
        ['INSERT', 'INSERT', 'public', 'tasks', { id: 1, title: 'one' }, null],
        ['UPDATE', 'UPDATE', 'public', 'tasks', { id: 1, title: 'two' }, { id: 1, title: 'one' }],
        ['DELETE', 'DELETE', 'public', 'tasks', null, { id: 1, title: 'two' }],
    ]);
    assert.deepEqual(old.got.map(({ event }) => event), ['note', 'INSERT', 'UPDATE', 'DELETE']);
});

test('a broadcast never fails the write that tells of it', async () => {
    assert.equal((await sql("select realtime.send('{}', 'x', null) is null as sent")).length, 1);
});

test('private messages by HTTP need the right to speak', async () => {
    const channel = await join(await connect(createNew, userA.token), 'club');
    const post = async (path, body, token) => (await fetch(`${stand.url}/realtime/v1/api/${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...as(token) } })).status;
    for (const [token, status] of [[userA.token, 202], [userB.token, 403], [anonKey, 403], [serviceKey, 202]])
        assert.equal(await post('broadcast/club/events/one?private=true', { status }, token), status);
    for (const token of [userB.token, userA.token])
        assert.equal(await post('broadcast', { messages: [{ topic: 'club', event: 'many', payload: { b: token === userB.token }, private: true }] }, token), 202);
    await until(() => channel.got.length === 3, () => JSON.stringify(channel.got));
    assert.deepEqual(channel.got.map(({ event, payload }) => [event, payload]), [['one', { status: 202 }], ['one', { status: 202 }], ['many', { b: false }]]);
});

test('a new token is checked again', async () => {
    const client = await connect(createOld, userA.token);
    const channel = await join(client, 'club');
    await sql("delete from members where room = 'club' and who = $1", [userA.id]);
    try {
        const trouble = new Promise((done) => channel._onError((error) => done(error)));
        await client.realtime.setAuth(userB.token);
        await sql("select realtime.send('{}', 'still', 'club')");
        await until(() => channel.got.length === 1, 'b is a member, too');
        await client.realtime.setAuth(anonKey);
        await trouble;
    } finally {
        await sql("insert into members values ('club', $1, true)", [userA.id]);
    }
});

test('asking for rights writes nothing, not even something that is undone; a policy counts as it is now', async () => {
    stand.cluster.psql(`
create sequence written;
create function count_written() returns trigger language plpgsql security definer as $$ begin perform nextval('public.written'); return new; end $$;
create trigger count_written before insert or update on realtime.messages for each row execute function count_written();
`, stand.db);
    const stored = () => sql('select count(*)::int as n from realtime.messages').then(([{ n }]) => n);
    const before = await stored();
    for (const create of [createNew, createOld]) assert.ok((await join(await connect(create, userA.token), 'club')).got);
    assert.deepEqual(await sql('select is_called from written'), [{ is_called: false }], 'sequences are not rolled back');
    assert.equal(await stored(), before);

    stand.cluster.psql('alter policy hear on realtime.messages using (false)', stand.db);
    try {
        assert.match((await join(await connect(createNew, userA.token), 'club')).message, /Unauthorized/);
    } finally {
        stand.cluster.psql('alter policy hear on realtime.messages using (exists (select from members where room = realtime.topic() and who = auth.uid()))', stand.db);
    }
    assert.ok((await join(await connect(createNew, userA.token), 'club')).got);
    await sql("select realtime.send('{}', 'counted', 'club')");
    assert.deepEqual(await sql('select is_called from written'), [{ is_called: true }], 'the counter counts');
    stand.cluster.psql('drop trigger count_written on realtime.messages', stand.db);
});

describe('replay of stored broadcasts', () => {
    const send = (n, room = 'club') => sql(`select realtime.send('{"n": ${n}}', 'note', $1)`, [room]);
    const replay = (since, limit) => ({ broadcast: { replay: { since, ...(limit && { limit }) } } });

    test('who joins hears the newest since a time, in their order, then what comes', async () => {
        await send(100);
        await sql('select pg_sleep(0.01)');
        const [{ now }] = await sql('select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now');
        await sql("select realtime.send(jsonb_build_object('n', n), 'note', 'club') from generate_series(101, 103) n");
        await sql("select realtime.send('{\"n\": 104}', 'note', 'club', false), realtime.send('{\"n\": 105}', 'note', 'quiet')");
        await sql("select realtime.send_binary('\\x01ff', 'raw', 'club')");
        for (const [create, token] of [[createNew, userA.token], [createOld, userB.token]]) {
            const [whole, last] = [await join(await connect(create, token), 'club', replay(now)), await join(await connect(create, token), 'club', replay(now, 2))];
            const bytes = create === createNew ? 1 : 0;
            await until(() => whole.got.length === 3 + bytes && last.got.length === 1 + bytes, () => JSON.stringify([whole.got, last.got]));
            assert.deepEqual(whole.got.slice(0, 3).map(({ event, payload }) => [event, payload.n]), [['note', 101], ['note', 102], ['note', 103]]);
            for (const { meta } of whole.got) assert.deepEqual([meta.replayed, typeof meta.id], [true, 'string']);
            assert.equal(last.got[0].payload.n, 103);
            await send(106);
            await until(() => whole.got.at(-1).payload.n === 106, 'what comes later');
            assert.equal(whole.got.at(-1).meta.replayed, undefined);
            await sql("delete from realtime.messages where payload ->> 'n' = '106'");
        }
    });
    test('what is asked for wrongly is refused', async () => {
        const refused = async (config) => (await join(await connect(createOld, userA.token), 'club', config)).message;
        const [wrong, open] = await Promise.all([refused(replay(Date.now(), 26)), refused({ private: false, ...replay(Date.now()) })]);
        assert.match(wrong, /UnableToReplayMessages: Replay params are not valid/);
        assert.match(open, /UnableToReplayMessages: Replay is not allowed for public channels/);
    });
});
