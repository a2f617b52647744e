// Two gateways that share answers in Redis: one read of the database serves both, a refresh reaches
// both, and whatever Redis does, the answer is right.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startRedis } from '../support/redis.mjs';
import { mintUser, userA, userB } from '../support/tokens.mjs';
import { caller, DB, startApi } from './api_stand.mjs';

const BY_REDIS = 'redis; hit, postern; fwd=miss; stored';
const BY_DATABASE = 'postern; fwd=miss; stored';
const ROUTES = {
    'tenant.sql': `-- GET /api/test/tenant
-- access: anyone
-- cache: 1m
-- param: n int
select json_build_object('n', :n, 'tenant', auth.tenant_id(), 'at', clock_timestamp())`,
    'large.sql': `-- GET /api/test/large
-- access: anyone
-- cache: 1m
-- param: bytes int
select json_build_object('at', clock_timestamp(), 'text', repeat('x', :bytes))`,
    'day.sql': `-- GET /api/test/day
-- access: anyone
-- cache: 24h
select to_json(clock_timestamp())`,
};
let stand, redis, two, one, query;

before(async () => {
    redis = await startRedis();
    stand = await startApi({ REDIS_URL: redis.url, POSTERN_MATVIEW_REFRESH: '1h' });
    for (const [name, text] of Object.entries(ROUTES)) writeFileSync(join(stand.folder, name), text);
    one = stand.api;
    query = stand.query;
    const second = await startPostern({ databaseUrl: stand.cluster.url(DB, 'authenticator'), env: { POSTERN_WORKERS: '1', POSTERN_ROUTES_DIR: stand.folder, POSTERN_MIGRATION_DATABASE_URL: stand.cluster.url(DB), POSTERN_MATVIEW_REFRESH: '1h', REDIS_URL: redis.url } });
    two = Object.assign(caller(second.url), { server: second });
    await until(async () => (await one('test/day')).status === 200, 'the routes of the test');
    await bothUp();
});
after(async () => {
    try {
        await two?.server.stop();
        await stand?.stop();
    } finally {
        await redis?.close();
    }
});

const bothUp = () => until(async () => (await Promise.all([one, two].map((api) => api('health')))).every(({ body }) => body.redis === 'up'), 'Redis', 10000);
const how = ({ headers }) => headers.get('cache-status');
let next = 0; // each answer is asked for once
/** Asks the first gateway and then the second, until Redis was quick enough for both: a busy machine is late. */
async function byRedis(path, options) {
    let replies;
    await until(async () => {
        const asked = path(++next);
        replies = [await one(asked, options), await two(asked, options)];
        return how(replies[1]) === BY_REDIS;
    }, () => `an answer by Redis: ${replies?.map(how)}`, 15000, 50);
    return replies;
}
/** Is there an answer with this text in Redis? */
const has = async (text) => await redis.say('EVAL', "for _, key in ipairs(redis.call('KEYS', 'answer:*')) do if redis.call('TYPE', key).ok == 'string' and string.find(redis.call('GET', key), ARGV[1], 1, true) then return 1 end end return 0", 0, text) === 1;
/** The gateway puts an answer there when it has sent it: asks until Redis has it. */
async function keptInRedis(path) {
    await until(async () => {
        const { body } = await one(path(++next));
        return until(() => has(body.at), 'it', 1000, 10).catch(() => false);
    }, 'an answer in Redis', 15000, 0);
}
/** What the first gateway has put there by now is there: what it says to Redis comes in order. */
async function isKept(reply) {
    await keptInRedis((n) => `test/large?bytes=${n}`);
    return has(reply.body.at);
}
const shared = async (server) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Object.fromEntries([...text.matchAll(/^postern_shared_cache_requests_total\{result="(\w+)"\} (\d+)$/gm)].map(([, name, n]) => [name, Number(n)]));
};

describe('an answer', () => {
    test('is read from the database once, and as old at the second gateway as it is', async () => {
        const before = await shared(two.server);
        const [first, second] = await byRedis((n) => `test/slow?n=${n}`);
        assert.equal(how(first), BY_DATABASE);
        assert.deepEqual(second.body, first.body);
        assert.equal(second.headers.get('etag'), first.headers.get('etag'));
        assert.match(how(await two(`test/slow?n=${next}`)), /^postern; hit; ttl=\d+$/);
        const after = await shared(two.server);
        assert.equal(after.hit - before.hit, 1);
        assert.equal(how(await two(`test/slow?n=${++next}`)), BY_DATABASE, 'other parameters');
        const last = await shared(two.server);
        assert.equal(last.miss + last.away - after.miss - after.away, 1);
    });

    test('is asked of Redis once for all who want it', async () => {
        await byRedis((n) => `test/slow?n=${n}`);
        await one(`test/slow?n=${++next}`);
        const before = await shared(two.server);
        const replies = await Promise.all(Array.from({ length: 50 }, () => two(`test/slow?n=${next}`)));
        assert.equal(new Set(replies.map(({ body }) => body.at)).size, 1);
        const after = await shared(two.server);
        assert.equal(after.hit + after.miss + after.away - before.hit - before.miss - before.away, 1);
    });

    test('ends in Redis with its time, and one that is kept for longer is not put there', async () => {
        await byRedis((n) => `test/slow?n=${n}`);
        const left = await redis.say('EVAL', "local least = 1e9 for _, key in ipairs(redis.call('KEYS', 'answer:*')) do least = math.min(least, redis.call('PTTL', key)) end return least", 0);
        assert.ok(left > 0 && left <= 60_000, String(left));
        await one('test/day');
        assert.equal(how(await two('test/day')), BY_DATABASE);
    });

    test('of up to 256 KiB is shared, a larger one is not', async () => {
        const [first, second] = await byRedis((n) => `test/large?bytes=${(200 << 10) + n}`);
        assert.equal(second.body.text.length, (200 << 10) + next);
        assert.equal(second.body.at, first.body.at);
        const path = `test/large?bytes=${260 << 10}`, large = await one(path);
        assert.notEqual(large.body.at, (await two(path)).body.at);
        assert.equal(await isKept(large), false);
    });

    test('for whoever asks is one for each tenant', async () => {
        const [a, b] = await Promise.all([mintUser(userA.id, userA.email, { tenant_id: 'a' }), mintUser(userB.id, userB.email, { tenant_id: 'b' })]);
        for (const [token, tenant, ...others] of [[a, 'a', b, undefined], [b, 'b', a, undefined], [undefined, null, a, b]]) {
            const [, { body }] = await byRedis((n) => `test/tenant?n=${n}`, { token });
            assert.equal(body.tenant, tenant);
            for (const other of others) {
                const reply = await two(`test/tenant?n=${next}`, { token: other });
                assert.notEqual(reply.body.tenant, tenant);
                assert.equal(how(reply), BY_DATABASE);
            }
        }
    });

    test('for one person stays in the gateway that made it', async () => {
        const first = await one('test/who', { token: userA.token }), second = await two('test/who', { token: userA.token });
        assert.deepEqual([first.status, second.status, how(second)], [200, 200, BY_DATABASE]);
        assert.notEqual(first.body.at, second.body.at);
        assert.equal(await isKept(first), false);
    });
});

describe('a refresh', () => {
    const total = async (api) => (await api('test/total')).body;
    async function refresh() {
        await query(`insert into primes (form, expression, digits, search_params) values ('twin', 'shared ' || random(), 1, '{}')`);
        await query('select postern.refresh_dashboard()');
        await query("select pg_notify('postern', 'refreshed private.dashboard_stats')");
    }
    const both = (want) => until(async () => (await total(one)) === want && (await total(two)) === want, 'the new number at both');

    test('reaches both, and what was made before is nobody\'s answer any more', async () => {
        const before = await total(one);
        assert.equal(await total(two), before);
        await refresh();
        await both(before + 1);
    });

    test('that happens while an answer is made makes it nobody\'s but the one\'s who waits', async () => {
        const slow = one('test/slow?n=5000'); // reads nothing that is refreshed: the whole database's stamp counts
        await until(async () => (await query("select 1 from pg_stat_activity where query like '%pg_sleep(0.4)%' and state = 'active' and pid <> pg_backend_pid()")).length > 0, 'the statement');
        await redis.say('SET', (await redis.say('KEYS', 'stamp:*'))[0].replace(/^(stamp:[0-9a-f]+:).*/, '$1'), 'another');
        const { body } = await slow;
        const second = await two('test/slow?n=5000');
        assert.equal(how(second), BY_DATABASE);
        assert.notEqual(second.body.at, body.at);
    });

    test('that Redis did not hear of counts when it is back', async () => {
        const before = await total(one);
        assert.equal(await total(two), before);
        redis.signal('SIGSTOP');
        await refresh();
        await until(async () => (await total(one)) === before + 1, 'the new number without Redis');
        redis.signal('SIGCONT');
        await bothUp();
        await both(before + 1);
    });
});

describe('what Redis has that is none of ours', () => {
    for (const [what, value] of [['nothing', ''], ['text', 'hello'], ['a stamp without a body', ','], ['another stamp', 'x,y\n"old"'], ['half an answer', ',\n{"at":'], ['no JSON', ',\n<html>'], ['another kind of value', null]])
        test(`${what}: the database answers`, async () => {
            await keptInRedis((n) => `test/large?bytes=${n}`);
            const put = value === null ? "redis.call('DEL', key) redis.call('RPUSH', key, 'x')" : "redis.call('SET', key, ARGV[1], 'PX', 60000)";
            await redis.say('EVAL', `for _, key in ipairs(redis.call('KEYS', 'answer:*')) do ${put} end return 'OK'`, 0, value ?? '');
            const reply = await two(`test/large?bytes=${next}`);
            assert.deepEqual([reply.status, reply.body.text.length, how(reply)], [200, next, BY_DATABASE]);
            await redis.say('FLUSHDB');
        });
});
