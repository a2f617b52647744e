// Usage and plans: each request of a key or a tenant is counted once, whatever becomes of the
// server; a plan's rate and its month are kept, by several servers together.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { posternCommand, startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { admin, as, mintUser, serviceKey, userA } from '../support/tokens.mjs';

const PATH = '/rest/v1/records?limit=1';
const PLANS = `
    insert into postern.plans (name, requests_per_second, requests_per_month) values
        ('small', null, 20), ('shared', null, 60), ('steady', 50, null), ('both', 1000, 5)`;

let stand, other;
before(async () => {
    stand = await startStand();
    stand.cluster.psql(PLANS, stand.db);
    other = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator') });
});
after(async () => {
    await other?.stop();
    await stand?.stop();
});

async function made(name, ...args) {
    const kind = args[0] === 'publishable' ? args.shift() : 'secret';
    const { code, stdout, stderr } = await posternCommand(['key', 'create', kind, '--name', name, ...args], { DATABASE_URL: stand.cluster.url(stand.db) });
    assert.equal(code, 0, stderr);
    const key = stdout.trim();
    /* The root takes rest:read, too: it is not asked, as it would be counted. */
    for (const server of [stand, other]) await until(async () => (await fetch(`${server.url}/realtime/v1/api/tenants/x/health`, { headers: { apikey: key } })).status === 200, 'the key');
    return key;
}
const get = async (headers, { url = stand.url, path = PATH } = {}) => {
    const reply = await fetch(url + path, { headers });
    return { status: reply.status, headers: reply.headers, body: await reply.json() };
};
const statusOf = async (...args) => (await get(...args)).status;
/** `count` requests, eight at a time: how many of each status. */
async function many(count, ask) {
    const statuses = {};
    let next = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
        for (let n = next++; n < count; n = next++) { const status = await ask(n); statuses[status] = (statuses[status] ?? 0) + 1; }
    }));
    return statuses;
}
const sums = async (where, values) => (await stand.query(`select coalesce(sum(requests), 0)::int as requests, coalesce(sum(refused), 0)::int as refused from postern.usage_records where ${where}`, values))[0];
const ofKey = (name) => sums('key_id = (select id::text from postern.api_keys where name = $1)', [name]);
const becomes = (name, requests, refused = 0) => until(async () => {
    const got = await ofKey(name);
    return got.requests === requests && got.refused === refused;
}, async () => `${requests} requests of ${name}: ${JSON.stringify(await ofKey(name))}`);

describe('counting', () => {
    test('each request once, over two servers: the sum is what was asked', async () => {
        const key = await made('counted');
        const statuses = await many(400, (n) => statusOf({ apikey: key }, { url: n % 2 ? stand.url : other.url }));
        assert.deepEqual(statuses, { 200: 400 });
        await becomes('counted', 400);
    });

    test('by tenant: that of the token, with or without a key, else that of the key', async () => {
        const key = await made('of the ant', '--tenant', 'ant');
        const token = await mintUser(userA.id, userA.email, { tenant_id: 'bee' });
        await many(7, () => statusOf({ apikey: key }));
        await many(5, () => statusOf(as(token)));
        await many(3, () => statusOf(as(userA.token)));
        await becomes('of the ant', 7);
        await until(async () => (await sums("tenant_id = 'bee' and key_id = ''")).requests === 5, 'those of the bee');
        assert.equal((await sums("tenant_id = 'ant'")).requests, 7);
        assert.equal((await sums("tenant_id = '' and key_id = ''")).requests, 0);
    });

    test('a stop loses nothing', async () => {
        const key = await made('at the end');
        const server = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator') });
        assert.deepEqual(await many(150, () => statusOf({ apikey: key }, { url: server.url })), { 200: 150 });
        await server.stop();
        assert.deepEqual(await ofKey('at the end'), { requests: 150, refused: 0 });
    });

    test('a kill loses no more than the last seconds, and counts nothing twice', async () => {
        const key = await made('killed');
        const server = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator') });
        assert.deepEqual(await many(100, () => statusOf({ apikey: key }, { url: server.url })), { 200: 100 });
        await becomes('killed', 100);
        await many(10, () => statusOf({ apikey: key }, { url: server.url }));
        server.kill();
        const { requests } = await ofKey('killed');
        assert.ok(requests >= 100 && requests <= 110, String(requests));
    });

    test('while the database takes no notes they wait', async () => {
        const key = await made('patient');
        stand.cluster.psql('alter function postern.add_usage rename to add_usage_away', stand.db);
        await many(30, () => statusOf({ apikey: key }));
        await until(() => /usage not written/.test(stand.postern.logs()), 'a failure');
        await many(30, () => statusOf({ apikey: key }));
        stand.cluster.psql('alter function postern.add_usage_away rename to add_usage', stand.db);
        await becomes('patient', 60);
    });

    test('costs requests no statement', async () => {
        const key = await made('cheap');
        const statements = async () => Number(/postern_db_statements_total (\d+)/.exec(await (await fetch(`${other.url}/metrics`)).text())[1]);
        await get({ apikey: key }, { url: other.url });
        const start = await statements();
        for (let n = 0; n < 20; n++) await get({ apikey: key }, { url: other.url });
        assert.ok(await statements() - start <= 22, 'one each, and those of /metrics');
    });
});

describe('the month of a plan', () => {
    test('has its end: 429 says when the next begins, also to pages of other origins', async () => {
        const key = await made('small', '--plan', 'small');
        const first = await get({ apikey: key });
        assert.match(first.headers.get('ratelimit-policy'), /^"month";q=20;w=2678400$/);
        assert.match(first.headers.get('ratelimit'), /^"month";r=19;t=\d+$/);
        const statuses = await many(49, () => statusOf({ apikey: key }));
        assert.deepEqual(statuses, { 200: 19, 429: 30 });
        const over = await get({ apikey: key, origin: 'https://page.example' });
        const left = (Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1) - Date.now()) / 1000;
        assert.deepEqual([over.status, over.body.code, over.body.message], [429, 'PST429', 'The plan has no requests left this month']);
        assert.match(over.body.hint, /^The plan small has 20 requests a month \(UTC\); the next begins in \d+ s$/);
        assert.ok(Math.abs(Number(over.headers.get('retry-after')) - left) < 60);
        assert.match(over.headers.get('ratelimit'), /^"month";r=0;t=\d+$/);
        assert.equal(over.headers.get('access-control-allow-origin'), '*');
        assert.match(over.headers.get('access-control-expose-headers'), /Retry-After/i);
        await becomes('small', 20, 31);
    });

    test('is kept over a restart, and shared', async () => {
        const key = await made('shared', '--plan', 'shared');
        assert.deepEqual(await many(40, () => statusOf({ apikey: key })), { 200: 40 });
        await becomes('shared', 40);
        const third = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator') });
        assert.deepEqual(await many(25, () => statusOf({ apikey: key }, { url: third.url })), { 200: 20, 429: 5 });
        await third.stop();
        assert.deepEqual(await ofKey('shared'), { requests: 60, refused: 5 });
        /* The first hears of it with its next note. */
        await until(async () => (await statusOf({ apikey: key })) === 429, 'the end here, too', 10000, 300);
    });

    test('changes with the plan, at once', async () => {
        const key = await made('growing', '--plan', 'small');
        await many(20, () => statusOf({ apikey: key }));
        assert.equal(await statusOf({ apikey: key }), 429);
        await stand.query("update postern.plans set requests_per_month = 25 where name = 'small'");
        await until(async () => (await statusOf({ apikey: key })) === 200, 'the larger one');
        await stand.query("update postern.api_keys set plan = null where name = 'growing'");
        await until(async () => (await get({ apikey: key })).headers.get('ratelimit') === null, 'no plan');
        assert.deepEqual(await many(10, () => statusOf({ apikey: key })), { 200: 10 });
    });
});

describe('the rate of a plan', () => {
    test('is that of the bucket: full at first, then as many a second', async () => {
        const key = await made('steady', '--plan', 'steady');
        const first = await get({ apikey: key });
        assert.match(first.headers.get('ratelimit-policy'), /^"plan";q=50;w=1$/);
        const start = Date.now();
        let passed = 1, refused = 0;
        await Promise.all(Array.from({ length: 8 }, async () => {
            while (Date.now() - start < 2500) {
                if ((await statusOf({ apikey: key })) === 200) passed++;
                else refused++;
            }
        }));
        const most = 50 + 50 * (Date.now() - start) / 1000;
        assert.ok(passed <= most + 3, `${passed} of at most ${most}`);
        /* On a machine that is too slow for so many nothing is refused. */
        assert.ok(refused === 0 || passed >= most * 0.8, `${passed} of ${most}, ${refused} refused`);
        await becomes('steady', passed, refused);
    });

    test('stands beside the month', async () => {
        const key = await made('both', '--plan', 'both');
        const { headers } = await get({ apikey: key });
        assert.match(headers.get('ratelimit-policy'), /^"plan";q=1000;w=1, "month";q=5;w=2678400$/);
        assert.match(headers.get('ratelimit'), /^"plan";r=\d+;t=\d+, "month";r=4;t=\d+$/);
    });
});

describe('/api/usage', () => {
    const usage = (headers, path = '/api/usage') => get(headers, { path });

    test('tells a key its own', async () => {
        const key = await made('reader', '--plan', 'both', '--tenant', 'cat');
        await statusOf({ apikey: key });
        await becomes('reader', 1);
        const { status, body: { data } } = await usage({ apikey: key });
        assert.equal(status, 200);
        const [today] = data.days;
        assert.deepEqual([data.plan, data.requests_per_second, data.month.quota, data.month.left, data.month.requests], ['both', 1000, 5, 4, 1]);
        assert.deepEqual({ ...today, day: '', key_id: '' }, { day: '', key: 'reader', key_id: '', tenant: 'cat', requests: 1, refused: 0 });
        assert.equal(data.days.length, 1);
    });

    test("tells a user the tenant's, and nobody else's", async () => {
        const tokens = async (tenant) => as(await mintUser(userA.id, userA.email, { app_metadata: { tenant_id: tenant } }));
        const { body: { data } } = await usage(await tokens('ant'));
        assert.deepEqual(data.days.map(({ tenant, requests }) => [tenant, requests]), [['ant', 7]]);
        assert.equal(data.plan, null);
        assert.deepEqual((await usage(await tokens('nobody'))).body.data.days, []);
        assert.deepEqual((await usage(as(userA.token))).body.data.days, []);
        assert.deepEqual((await usage({})).body.data.days, []);
        assert.deepEqual((await usage({ apikey: await made('page of the ant', 'publishable', '--tenant', 'ant') })).body.data.days, []);
    });

    test('tells administrators everything', async () => {
        const { body: { data } } = await usage(as(admin.token), '/api/usage/all?days=2');
        assert.ok(data.requests > 800 && data.refused >= 31 && data.days.length >= 8);
        assert.deepEqual((await usage(as(serviceKey), '/api/usage/all?tenant=bee')).body.data.requests, 5);
        assert.deepEqual((await usage(as(serviceKey), '/api/usage/all?key=counted')).body.data.requests, 400);
        assert.equal((await usage(as(userA.token), '/api/usage/all')).status, 403);
    });
});
