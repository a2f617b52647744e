// Two gateways that share a Redis: beats of nodes, their commands, rate limits, and Redis in trouble.
// A third has none.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { migrate, posternCommand, startPostern } from '../support/postern.mjs';
import { startCluster } from '../support/cluster.mjs';
import { sleep, until } from '../support/process.mjs';
import { startRedis } from '../support/redis.mjs';
import { fixture } from '../support/stand.mjs';
import { admin, mintUser, userA, userB } from '../support/tokens.mjs';
import { caller } from './api_stand.mjs';

const DB = 'app';
let cluster, redis, one, two, alone, key;
const query = (sql, values) => cluster.query(sql, DB, values);

/** A gateway; its api(path, options) as in api_stand.mjs. */
async function gateway(env = {}) {
    const postern = await startPostern({ databaseUrl: cluster.url(DB, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url(DB), POSTERN_RATE_LIMITS: 'rest-read=20/10s, auth=5/min', ...env } });
    return Object.assign(postern, { api: caller(postern.url) });
}
const post = (gateway, path, token, body = {}) => gateway.api(`v1/${path}`, { method: 'POST', token, body });
const rotate = async ({ token }) => (await post(alone, 'operators/rotate-key', token)).body.api_key;
const beat = (gateway, node_id, facts = {}, token = key) => post(gateway, 'nodes/heartbeat', token, { node_id, ...facts });
const register = (gateway, node_id) => post(gateway, 'nodes/register', key, { node_id, hostname: `host-${node_id}`, cores: 4 });
const fleet = async (gateway) => (await gateway.api('fleet', { token: userA.token })).body;
const worker = async (gateway, id) => (await fleet(gateway)).workers.find((one) => one.worker_id === id);
const health = async (gateway) => (await gateway.api('health')).body;

before(async () => {
    [cluster, redis] = await Promise.all([startCluster(), startRedis()]);
    await migrate(await cluster.createDatabase(DB));
    cluster.psql(fixture('people.sql'), DB);
    [one, two, alone] = await Promise.all([gateway({ REDIS_URL: redis.url }), gateway({ POSTERN_REDIS_URL: redis.url }), gateway()]);
    key = await rotate(userA);
});
after(async () => {
    try {
        for (const gateway of [one, two, alone]) await gateway?.stop();
    } finally {
        await redis?.close();
        await cluster?.close();
    }
});

test('Redis runs as deploy/redis.conf has it, and keeps what it was told', async () => {
    for (const [name, value] of Object.entries({ appendonly: 'yes', bind: '127.0.0.1', 'maxmemory-policy': 'volatile-ttl', 'protected-mode': 'yes', save: '', maxmemory: String(256 << 20) }))
        assert.deepEqual(await redis.say('CONFIG', 'GET', name), [name, value]);
    await redis.say('SET', 'cmd:elsewhere', 'kept');
    await redis.stop('SIGTERM');
    await redis.start();
    assert.equal(await redis.say('GETDEL', 'cmd:elsewhere'), 'kept');
});

test('/health says where what is short-lived is kept', async () => {
    const seen = await until(() => health(one).then((body) => body.store === 'redis' && body), 'Redis'); // a busy machine may lose it again
    assert.deepEqual({ ...seen, version: '' }, { status: 'healthy', version: '', database: 'up', store: 'redis', redis: 'up' });
    assert.deepEqual({ ...(await health(alone)), version: '' }, { status: 'healthy', version: '', database: 'up', store: 'memory' });
});

describe('beats', () => {
    before(async () => {
        for (const id of ['n-1', 'n-2', 'n-3']) assert.equal((await register(one, id)).status, 200);
    });

    test('are a key in Redis that lives for a minute', async () => {
        await until(() => beat(one, 'n-1', { tested: 5 }).then(({ body }) => body.ok && redis.say('GET', 'worker:n-1')), 'the key');
        const kept = JSON.parse(await redis.say('GET', 'worker:n-1'));
        assert.deepEqual([kept.worker_id, kept.hostname, kept.cores, kept.tested], ['n-1', 'host-n-1', 4, 5]);
        const ttl = await redis.say('TTL', 'worker:n-1');
        assert.ok(ttl > 50 && ttl <= 60, String(ttl));
    });

    test('tell what a node does, at both gateways and before the database knows', async () => {
        const facts = { tested: 1234, found: 2, search_type: 'kbn', search_params: '{"k":3}', current: '3*2^99+1', checkpoint: 'c"\\', metrics: { cpu: 0.5 } };
        await beat(one, 'n-2');
        assert.deepEqual((await beat(one, 'n-2', facts)).body, { ok: true, command: null });
        for (const gateway of [one, two]) {
            const seen = await until(async () => { const row = await worker(gateway, 'n-2'); return row?.tested === 1234 && row; }, 'the facts');
            for (const [name, value] of Object.entries(facts)) assert.deepEqual(seen[name], value, name);
            const { body: { fleet: { workers, servers } } } = await gateway.api('ws-snapshot');
            assert.deepEqual(workers.find((row) => row.worker_id === 'n-2').tested, 1234, 'the snapshot is as fresh');
            const server = servers.find((row) => row.hostname === 'host-n-2');
            assert.deepEqual({ ...server, uptime_secs: 0 }, { hostname: 'host-n-2', role: 'compute', metrics: facts.metrics, worker_count: 1, cores: 4, worker_ids: ['n-2'], total_tested: 1234, total_found: 2, uptime_secs: 0 });
            assert.deepEqual([seen.hostname, seen.cores, seen.last_heartbeat_secs_ago < 5, seen.uptime_secs < 60], ['host-n-2', 4, true, true]);
        }
        assert.equal((await query("select tested::int from workers where worker_id = 'n-2'"))[0].tested, 0);
        const { workers, ...sums } = await fleet(two);
        assert.deepEqual(sums, { total_workers: workers.length, total_cores: workers.reduce((sum, row) => sum + row.cores, 0), total_tested: workers.reduce((sum, row) => sum + row.tested, 0), total_found: workers.reduce((sum, row) => sum + row.found, 0) });
        assert.deepEqual(workers.map((row) => row.worker_id), workers.map((row) => row.worker_id).sort());
    });

    test('are read from Redis by a gateway that starts, before the database knows', async () => {
        await redis.say('SET', 'worker:n-2:cmd', 'not a beat', 'EX', 60);
        await redis.say('HSET', 'worker:hash', 'worker_id', 'hash');
        await redis.say('SET', 'worker:noise', 'no JSON', 'EX', 60);
        const far = JSON.stringify({ worker_id: 'far-N', hostname: 'far', cores: 1, registered_at: Date.now() / 1000, last_heartbeat: Date.now() / 1000 });
        await redis.say('EVAL', "for i = 1, 600 do redis.call('SET', 'worker:far-' .. i, (string.gsub(ARGV[1], 'N', i)), 'EX', 60) end return 'OK'", 0, far);
        const late = await gateway({ REDIS_URL: redis.url });
        try {
            await until(async () => (await worker(late, 'n-2'))?.tested === 1234, 'the beat of before');
            const workers = await until(async () => { // they come in portions
                const all = (await fleet(late)).workers;
                return all.filter((row) => row.hostname === 'far').length === 600 && all;
            }, 'all of them');
            assert.deepEqual(workers.filter(({ worker_id }) => ['hash', 'noise'].includes(worker_id)), []);
        } finally {
            await late.stop();
            await redis.say('DEL', 'worker:n-2:cmd');
        }
    });

    test('cost no statement', async () => {
        for (const gateway of [one, alone]) await beat(gateway, 'n-3');
        const count = async () => Number((await query("select xact_commit from pg_stat_database where datname = $1", [DB]))[0].xact_commit);
        await sleep(1100);
        const before = await count();
        for (let i = 0; i < 100; i++) assert.equal((await beat(i % 2 ? one : alone, 'n-3', { tested: i })).status, 200);
        await sleep(1100);
        assert.ok((await count()) - before < 30, `${(await count()) - before} transactions`);
    });

    test('are for the own nodes and with a key that is good', async () => {
        const other = await rotate(userB);
        for (const gateway of [one, alone]) {
            assert.equal((await beat(gateway, 'n-1', {}, other)).status, 404);
            assert.equal((await beat(gateway, 'n-1', {}, 'f'.repeat(64))).status, 401);
            assert.equal((await beat(gateway, 'n-1', {}, userA.token)).status, 401);
            assert.equal((await beat(gateway, 'n-9')).status, 404);
            for (const facts of [{ tested: -1 }, { tested: 'x' }, { current: 5 }, { search_type: 'x'.repeat(81) }])
                assert.equal((await beat(gateway, 'n-1', facts)).status, 400, JSON.stringify(facts));
        }
    });

    test('end within a second when the key is revoked', async () => {
        for (const gateway of [one, two, alone]) assert.equal((await beat(gateway, 'n-1')).status, 200);
        await query('update private.operators set is_active = false where id = (select operator_id from operator_nodes where node_id = $1)', ['n-1']);
        for (const gateway of [one, two, alone]) await until(async () => (await beat(gateway, 'n-1')).status === 401, 'the end');
        await query('update private.operators set is_active = true');
        for (const gateway of [one, two, alone]) assert.equal((await beat(gateway, 'n-1')).status, 200);
    });
});

describe('commands', () => {
    /** Beats a hundred times at once; the commands that came. */
    const hundred = async (...gateways) => (await Promise.all(Array.from({ length: 100 }, (_, i) => beat(gateways[i % gateways.length], 'n-1'))))
        .map(({ status, body }) => (assert.equal(status, 200), body.command)).filter((command) => command !== null);

    for (const name of ['cmd:n-1', 'worker:n-1:cmd'])
        test(`${name} in Redis is read once, whoever asks`, async () => {
            await redis.say('SET', name, 'bench"mark', 'EX', 60);
            const came = await hundred(one, two);
            await sleep(100);
            assert.deepEqual([...came, ...(await hundred(one, two))], ['bench"mark']); /* a late answer is for the next beat */
            assert.equal(await redis.say('EXISTS', name), 0);
        });

    test('one by the API is read once, at whichever gateway', async () => {
        for (const gateways of [[one, two], [alone]]) {
            for (const gateway of gateways) await beat(gateway, 'n-1');
            assert.equal((await one.api('fleet/workers/n-1/stop', { method: 'POST', token: admin.token })).status, 200);
            await sleep(200); /* for the notification */
            assert.deepEqual(await hundred(...gateways), ['stop']);
        }
    });
});

describe('rate limits', () => {
    const rest = (gateway, token, headers = {}) => fetch(`${gateway.url}/rest/v1/records?select=id&limit=1`, { headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers } });
    const me = (gateway, token) => gateway.api('auth/me', { token });

    test('are told with each answer, and kept for each user and address', async () => {
        const first = await rest(alone, userA.token);
        assert.equal(first.status, 200);
        assert.equal(first.headers.get('ratelimit-policy'), '"rest-read";q=20;w=10');
        assert.match(first.headers.get('ratelimit'), /^"rest-read";r=19;t=1$/);
        const statuses = await Promise.all(Array.from({ length: 60 }, () => rest(alone, userA.token).then(({ status }) => status)));
        assert.ok(statuses.filter((status) => status === 429).length >= 30, statuses.join());
        for (const token of [userB.token, undefined, admin.token]) assert.equal((await rest(alone, token)).status, 200);
    });

    test('429 says how long to wait, to pages of other origins as well', async () => {
        const reply = await until(async () => {
            const replies = await Promise.all(Array.from({ length: 30 }, () => rest(alone, userA.token, { origin: 'https://example.com' })));
            return replies.find(({ status }) => status === 429);
        }, '429');
        const { hint, ...body } = await reply.json();
        assert.deepEqual(body, { code: 'PST429', details: null, message: 'Too many requests' });
        assert.equal(hint, 'At most 20 requests (rest-read) in 10 s: wait 1 s');
        assert.equal(reply.headers.get('retry-after'), '1');
        assert.match(reply.headers.get('ratelimit'), /^"rest-read";r=0;t=(9|10)$/);
        assert.equal(reply.headers.get('access-control-allow-origin'), '*');
        for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After']) assert.ok(reply.headers.get('access-control-expose-headers').includes(name), name);
        await until(async () => (await rest(alone, userA.token)).status === 200, 'the bucket to fill');
    });

    test('are shared by gateways with one Redis', async () => {
        await until(async () => (await health(one)).store === 'redis' && (await health(two)).store === 'redis', 'Redis');
        let n = 0, id, token;
        await until(async () => { /* a busy machine is late, and memory lets one more through */
            id = userB.id.replace(/^b{8}/, String(++n).padStart(8, '0'));
            token = await mintUser(id, userB.email);
            const statuses = [];
            for (let i = 0; i < 10; i++) statuses.push((await me(i % 2 ? one : two, token)).status);
            const allowed = statuses.filter((status) => status !== 429).length;
            assert.ok(allowed >= 5, statuses.join());
            return allowed === 5;
        }, 'five for both');
        assert.ok((await redis.say('PTTL', `limit:auth:u:${id}`)) > 30_000);
        const refused = await until(async () => { const reply = await me(one, token); return reply.status === 429 && reply; }, 'a refusal');
        assert.match(refused.body.hint, /^At most 5 requests \(auth\) in 60 s: wait \d+ s$/);
        assert.notEqual((await me(alone, token)).status, 429);
    });

    test('count a token that is refused for the address', async () => {
        const statuses = [];
        for (let i = 0; i < 7; i++) statuses.push((await me(alone, `${userA.token}x`)).status);
        assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
    });

    test('that are wrong stop the start', async () => {
        const { code, stderr } = await posternCommand(['serve'], { DATABASE_URL: cluster.url(DB, 'authenticator'), POSTERN_JWT_SECRET: 'x'.repeat(32), POSTERN_PORT: '0', POSTERN_RATE_LIMITS: 'auth=5' });
        assert.deepEqual([code, /RATE_LIMITS: "auth=5" is not class=count\/time/.test(stderr)], [2, true], stderr);
    });
});

describe('trouble with Redis', () => {
    const away = () => until(async () => (await health(one)).redis === 'down', 'the end of Redis');
    const back = () => until(async () => { const { status, redis } = await health(one); return status === 'healthy' && redis === 'up'; }, 'Redis', 30000);
    const percentile = (times, part) => times.sort((a, b) => a - b)[Math.floor((times.length - 1) * part)];

    let asked = 0; // each time for an answer that is in no memory

    /** Beats, reads under a rate limit and of the shared cache while fn runs; how long they took. Nothing may fail. */
    async function load(gateway, nodes, running) {
        const times = [];
        const ask = async (request) => {
            while (running()) {
                const start = performance.now();
                const { status } = await request();
                times.push(performance.now() - start);
                assert.ok([200, 429].includes(status), `status ${status}`);
            }
        };
        await Promise.all([() => beat(gateway, nodes[0]), () => beat(gateway, nodes[1], { tested: 9000 }), () => fetch(`${gateway.url}/rest/v1/records?select=id&limit=1`), () => gateway.api('fleet', { token: userA.token }), () => gateway.api(`primes?limit=1&offset=${++asked}`)].map(ask));
        return { median: percentile(times, 0.5), p99: percentile(times, 0.99), count: times.length };
    }

    /** The same at a gateway with a Redis in trouble and at one that has none, which is as slow as the machine is now. */
    async function compare(fn) {
        let over = false;
        const both = Promise.all([load(one, ['n-1', 'n-2'], () => !over), load(alone, ['n-3', 'n-3'], () => !over)]);
        await fn();
        over = true;
        return both;
    }

    /** From fn on nobody waits for Redis. A machine that did something else meanwhile is asked again. */
    async function under(test, fn) {
        for (let left = 5; left > 0; left--, fn = () => sleep(1000)) {
            const [{ median, p99, count }, calm] = await compare(fn);
            test.diagnostic(`median ${median.toFixed(1)} ms, 99 % ${p99.toFixed(1)} ms of ${count}; without Redis ${calm.median.toFixed(1)} and ${calm.p99.toFixed(1)}`);
            if (median - calm.median < Math.max(10, calm.median / 2)) return;
        }
        assert.fail('requests wait for Redis');
    }

    /** Answers whatever it is asked with the next of these. */
    async function garbage(answers) {
        const sockets = [];
        const server = createServer((socket) => {
            let n = 0;
            sockets.push(socket);
            socket.on('error', () => {});
            socket.on('data', () => socket.write(answers[Math.min(n++, answers.length - 1)]));
        });
        rmSync(redis.path, { force: true });
        await new Promise((done) => server.listen(redis.path, done));
        return () => { server.close(); for (const socket of sockets) socket.destroy(); };
    }

    before(async () => {
        for (const id of ['n-1', 'n-2']) await beat(one, id);
        await back();
    });

    test('stalled: nothing fails, nobody waits; back when it goes on', async (t) => {
        await under(t, async () => {
            redis.signal('SIGSTOP');
            await away();
            await sleep(1000);
        });
        redis.signal('SIGCONT');
        await back();
    });

    test('killed: nothing fails; back when it is there again', async (t) => {
        await under(t, async () => {
            await redis.stop();
            await away();
            await sleep(500);
        });
        await redis.start();
        await back();
        await until(async () => { /* each worker comes back by itself */
            assert.equal((await beat(one, 'n-1', { tested: 31 })).status, 200);
            return redis.say('GET', 'worker:n-1');
        }, 'beats to be there again', 15000, 100);
    });

    for (const [what, answers] of [
        ['no RESP', ['HTTP/1.1 400 Bad Request\r\n\r\n']],
        ['a greeting, then no RESP', ['+PONG\r\n', '\u0000\u0001garbage']],
        ['more answers than questions', ['+PONG\r\n', ':1\r\n'.repeat(100)]],
        ['answers of other kinds', ['+PONG\r\n', '*2\r\n$1\r\nx\r\n$-1\r\n']],
        ['errors', ['+PONG\r\n', '-OOM command not allowed\r\n']],
        ['lists without an end', ['+PONG\r\n', '*2000000000\r\n']],
    ])
        test(`answers that are ${what}: nothing fails`, async (t) => {
            await redis.stop();
            const close = await garbage(answers);
            await under(t, () => sleep(1200));
            one.check();
            close();
            rmSync(redis.path, { force: true });
        });

    test('and it comes back after all of that', async () => {
        await redis.start();
        await back();
    });
});

test('what was heard is written down at the end, by those who heard it', async () => {
    const row = async (id) => (await query('select tested::int, current, last_heartbeat from workers where worker_id = $1', [id]))[0];
    const before = await row('n-2');
    await beat(alone, 'n-3', { tested: 777, current: 'here' });
    await alone.stop();
    alone = null;
    const { tested, current } = await row('n-3');
    assert.deepEqual([tested, current], [777, 'here']);
    const now = await row('n-2'); // the one who has heard it writes it once a minute, so perhaps just now
    assert.ok(now.tested === 9000 || now.tested === before.tested, `who did not hear it does not write it: ${JSON.stringify({ before, now })}`);
});
