// Tokens of channels: they expire, are renewed, are repeated, are refused after a while.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { mint, mintUser, userA, userB } from '../support/tokens.mjs';
import { closeAll, connect, heard, listen, subscribe } from './clients.mjs';

const FIXTURE = `
create table mine (id int primary key, owner uuid);
alter table mine enable row level security;
create policy own on mine for select to authenticated using (owner = (select auth.uid()));
grant select on mine to authenticated;
alter publication supabase_realtime add table mine;
`;
const seconds = () => Math.floor(Date.now() / 1000);
const mine = { event: '*', table: 'mine' };

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_WORKERS: '2' } });
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    await closeAll();
    await stand?.stop();
});

test('a channel whose token expires is told, and comes back with the next one', async () => {
    let token = await mintUser(userA.id, userA.email, { exp: seconds() + 2 });
    const client = await connect(stand, async () => token);
    const channel = await listen(client, 'expires', mine);
    token = userA.token;
    await until(() => channel.systems.length > 0, 'the end of the token');
    assert.match(channel.systems[0].message, /^Token has expired \d+ seconds ago$/);
    await until(() => channel.statuses.at(-1) === 'SUBSCRIBED' && channel.statuses.includes('CHANNEL_ERROR'), () => JSON.stringify(channel.statuses));
    await stand.query('insert into mine values (1, $1)', [userA.id]);
    await heard(channel, 1);
});

test('a new token changes who is asking, the same one nothing', async () => {
    let token = userA.token;
    const client = await connect(stand, async () => token);
    const channel = await listen(client, 'renewed', { ...mine, event: 'INSERT' });
    await client.realtime.setAuth();
    await client.realtime.setAuth();
    await stand.query('insert into mine values (10, $1), (11, $2)', [userA.id, userB.id]);
    await heard(channel, 1);
    token = userB.token;
    await client.realtime.setAuth();
    await sleep(200);
    await stand.query('insert into mine values (12, $1), (13, $2)', [userA.id, userB.id]);
    await heard(channel, 2);
    assert.deepEqual(channel.heard.map((change) => change.new.id), [10, 13]);
    assert.deepEqual(channel.statuses, ['SUBSCRIBED']);
});

test('a join with a token that is over is refused after a delay, with a reason', async () => {
    const cases = [
        [await mintUser(userA.id, userA.email, { exp: seconds() - 60 }), /InvalidJWTToken: Token has expired/],
        [await mint({ role: 'authenticated' }, 'another secret that is long enough too'), /JWT/],
    ];
    await Promise.all(cases.map(async ([token, reason]) => {
        const channel = (await connect(stand, token)).channel('refused');
        const begun = Date.now();
        await assert.rejects(subscribe(channel), (error) => reason.test(error.message));
        assert.ok(Date.now() - begun >= 4500, 'a refusal is not hurried');
    }));
});

test('a handshake without a good key is refused after a delay, with a reason', async () => {
    await Promise.all([['', /API key is missing/], ['?apikey=nonsense', /not a valid JWT/]].map(async ([query, reason]) => {
        const begun = Date.now();
        const [status, body] = await new Promise((done, fail) => {
            const socket = new WebSocket(`${stand.url.replace('http', 'ws')}/realtime/v1/websocket${query}`);
            socket.on('error', fail);
            socket.on('unexpected-response', (_request, reply) => reply.on('data', (data) => done([reply.statusCode, String(data)])));
        });
        assert.equal(status, 401);
        assert.match(JSON.parse(body).error, reason);
        assert.ok(Date.now() - begun >= 1900, 'a refusal is not hurried');
    }));
});
