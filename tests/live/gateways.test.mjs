// Two gateways of one database: broadcasts and presence cross, by Redis and by NOTIFY, and who was
// present at a gateway that dies leaves.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { startRedis } from '../support/redis.mjs';
import { anonKey, as } from '../support/tokens.mjs';
import { closeAll, connect, subscribe } from './clients.mjs';

const DB = 'app';
let cluster, redis;
before(async () => {
    [cluster, redis] = await Promise.all([startCluster(), startRedis()]);
    await migrate(await cluster.createDatabase(DB));
});
after(async () => {
    await redis?.close();
    await cluster?.close();
});

const start = (env) => startPostern({ databaseUrl: cluster.url(DB, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url(DB), ...env } });

/** A channel whose broadcasts are in .got and whose presences in .who(). */
async function join(gateway, name, key) {
    const channel = (await connect(gateway)).channel(name, { config: { broadcast: { ack: true }, presence: { key } } });
    channel.got = [];
    channel.on('broadcast', { event: '*' }, (message) => channel.got.push(message.payload));
    channel.on('presence', { event: 'sync' }, () => {});
    channel.who = () => Object.keys(channel.presenceState()).sort();
    return subscribe(channel);
}
const see = (channel, ...keys) => until(() => channel.who().join() === keys.join(), () => `${keys} of ${channel.who()}`);

for (const [means, env] of [['Redis', () => ({ REDIS_URL: redis.url })], ['NOTIFY', () => ({})]])
    describe(`by ${means}`, () => {
        let one, two, here, there;
        before(async () => {
            one = await start(env());
            here = await join(one, 'room', 'ada');
            await here.track({ at: 'one' });
            await see(here, 'ada');
            two = await start(env());
            there = await join(two, 'room', 'bo');
        });
        after(async () => {
            await closeAll();
            for (const gateway of [one, two]) await gateway?.stop();
        });

        test('who is present at a gateway is told to one that comes later', async () => {
            await see(there, 'ada');
            assert.equal(there.presenceState().ada[0].at, 'one');
        });

        test('who comes, changes and leaves is seen at both', async () => {
            await there.track({ at: 'two' });
            for (const channel of [here, there]) await see(channel, 'ada', 'bo');
            await there.track({ at: 'again' });
            await until(() => here.presenceState().bo?.[0].at === 'again', 'the change');
            assert.equal(here.presenceState().bo.length, 1);
            await there.untrack();
            for (const channel of [here, there]) await see(channel, 'ada');
        });

        test('broadcasts cross in both directions, in order, once', async () => {
            const large = 'é'.repeat(15_000);
            for (let n = 0; n < 20; n++) {
                await here.send({ type: 'broadcast', event: 'a', payload: { n } });
                await there.send({ type: 'broadcast', event: 'b', payload: { n } });
            }
            for (let i = 0; i < 2; i++) await here.send({ type: 'broadcast', event: 'large', payload: { large } });
            await until(() => there.got.length === 22 && here.got.length === 20, () => `${there.got.length} and ${here.got.length}`);
            await sleep(100);
            assert.deepEqual(there.got.map(({ n, large }) => n ?? large), [...Array(20).keys(), large, large]);
            assert.deepEqual(here.got.map(({ n }) => n), [...Array(20).keys()]);
        });

        test('broadcasts by HTTP cross', async () => {
            here.got.length = there.got.length = 0;
            const messages = [{ topic: 'room', event: 'news', payload: { by: 'http' } }];
            const reply = await fetch(`${two.url}/realtime/v1/api/broadcast`, { method: 'POST', body: JSON.stringify({ messages }), headers: { 'content-type': 'application/json', ...as(anonKey) } });
            assert.equal(reply.status, 202);
            for (const channel of [here, there]) await until(() => channel.got.length === 1, 'the broadcast');
            assert.equal(here.got[0].by, 'http');
        });

        test('who was present at a gateway that dies leaves; it comes back with the next', async () => {
            await there.track({ at: 'two' });
            await see(here, 'ada', 'bo');
            two.kill();
            await two.exited;
            two = null;
            await see(here, 'ada');
            two = await start(env());
            await see(await join(two, 'room', 'cy'), 'ada');
        });

        test('one that stops says so', async () => {
            const last = await join(two, 'room', 'di');
            await last.track({});
            await see(here, 'ada', 'di');
            const stopped = Date.now();
            two.signal('SIGTERM');
            await see(here, 'ada');
            assert.ok(Date.now() - stopped < 5000, 'before it is missed');
            assert.deepEqual(await two.exited.then(({ code }) => code), 0);
            two = null;
        });
    });
