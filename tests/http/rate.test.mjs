// A limit under many times its load: as many pass as the rule says, at one gateway by memory and at
// two by the Redis they share; who is refused is told so in a way that a page can read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPostern } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { Line, requestText } from '../support/raw.mjs';
import { startRedis } from '../support/redis.mjs';
import { startStand } from '../support/stand.mjs';
import { mintUser, userA } from '../support/tokens.mjs';

const RULE = 100, SECONDS = 4, PER_SECOND = 1000;

let stand, redis, one, two;
before(async () => {
    stand = await startStand({ env: { POSTERN_RATE_LIMITS: `rest-read=${RULE}/s` } });
    redis = await startRedis();
    const env = { POSTERN_RATE_LIMITS: `rest-read=${RULE}/s`, REDIS_URL: redis.url };
    one = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env });
    two = await startPostern({ databaseUrl: stand.cluster.url(stand.db, 'authenticator'), env });
    for (const server of [one, two])
        await until(async () => (await (await fetch(`${server.url}/api/health`)).json()).store === 'redis', 'Redis');
});
after(async () => {
    await one?.stop();
    await two?.stop();
    await redis?.close();
    await stand?.stop();
});

/** So many requests a second of one user over these gateways, as far as the machine can: what came of them. */
async function flood(gateways, token) {
    const text = requestText('GET', '/rest/v1/records?select=id&limit=1', { authorization: `Bearer ${token}`, origin: 'https://page.example' });
    const seen = { 200: 0, 429: 0, refused: null };
    const start = Date.now();
    let sent = 0;
    await Promise.all(Array.from({ length: 16 }, async (_, lane) => {
        const line = new Line(gateways[lane % gateways.length].port);
        while (Date.now() - start < SECONDS * 1000) {
            if (sent > (Date.now() - start) * PER_SECOND / 1000) { await new Promise((done) => setTimeout(done, 1)); continue; }
            sent++;
            const reply = await line.request(text, 'GET');
            seen[reply.status]++;
            if (reply.status === 429) seen.refused ??= reply;
        }
        line.leave();
    }));
    return { ...seen, sent, seconds: (Date.now() - start) / 1000 };
}

/** Behind a full bucket the rule's number a second: no more, and no less but what a busy machine does not ask for. */
function assertRate(seen, what) {
    const steady = (seen[200] - RULE) / seen.seconds;
    console.log(`# ${what}: ${Math.round(seen.sent / seen.seconds)} asked a second, ${steady.toFixed(1)} passed`);
    assert.equal(seen[200] + seen[429], seen.sent);
    assert.ok(steady <= RULE * 1.05, `${steady} a second`);
    assert.ok(!isShort(seen), `${seen[200]} in ${SECONDS} s`);
}

/** Fewer than the rule allows have passed, though more than enough were asked. */
const isShort = (seen) => seen.sent / seen.seconds > RULE * 5 && seen[200] - RULE < RULE * SECONDS * 0.85;

test('by memory', async () => {
    const seen = await flood([stand.postern], userA.token);
    assertRate(seen, 'one gateway');
    const { headers, text } = seen.refused;
    assert.equal(headers.get('access-control-allow-origin'), '*');
    for (const name of ['ratelimit', 'ratelimit-policy', 'retry-after']) assert.ok(headers.get('access-control-expose-headers').toLowerCase().includes(name), name);
    assert.deepEqual([headers.get('ratelimit-policy'), headers.get('retry-after')], [`"rest-read";q=${RULE};w=1`, '1']);
    assert.match(JSON.parse(text).hint, /^At most 100 requests \(rest-read\) in 1 s: wait 1 s$/);
});

/* Where Redis is late, as on a busy machine, each gateway's memory decides, which knows less: then
 * twice as many may pass, and never more; or fewer, as what memory refuses Redis has counted. */
test('by two gateways together', async () => {
    const token = await mintUser('dddddddd-0000-4000-8000-00000000000d', 'dora@example.org');
    let seen;
    await until(async () => {
        seen = await flood([one, two], token);
        assert.ok((seen[200] - 2 * RULE) / seen.seconds <= 2 * RULE * 1.05, JSON.stringify({ ...seen, refused: undefined }));
        return (seen[200] - RULE) / seen.seconds <= RULE * 1.05 && !isShort(seen);
    }, () => `one rate for both: ${JSON.stringify({ ...seen, refused: undefined })}`, 60000);
    assertRate(seen, 'two gateways');
});
