// What letting a request in costs the database: nothing. pg_stat_statements has counted every
// statement of a thousand requests with a token, with an API key, with unknown ones, and with a
// machine's key.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { posternCommand } from '../support/postern.mjs';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { as, userA } from '../support/tokens.mjs';

const COUNT = 1000, LANES = 8;
const machine = randomBytes(32).toString('hex');

let stand, key;
before(async () => {
    stand = await startStand({ settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' } });
    stand.cluster.psql('create schema statements; create extension pg_stat_statements schema statements', stand.db);
    const { stdout } = await posternCommand(['key', 'create', 'secret'], { DATABASE_URL: stand.cluster.url(stand.db) });
    key = stdout.trim();
    await stand.query("update private.operators set api_key_hash = $1 where username = 'ada'", [createHash('sha256').update(machine).digest('hex')]);
    await until(async () => (await ask('GET', '/rest/v1/records?limit=1', { apikey: key })) === 200, 'the key');
});
after(() => stand?.stop());

async function ask(method, path, headers, body) {
    const reply = await fetch(stand.url + path, { method, headers: { 'content-type': 'application/json', ...headers }, body });
    await reply.text();
    return reply.status;
}

/** Calls of statements that read where tokens, keys and sessions are kept, since the last reset. */
async function authCalls() {
    return stand.query(`
        select query, calls::int from statements.pg_stat_statements
        join pg_roles on pg_roles.oid = userid
        where rolname <> 'postgres' and query ~* '(auth\\.(users|sessions)|refresh_tokens|private\\.(sessions|operators)|api_keys|operator_api)'
            and query !~* '(read_api_keys|touch_api_keys|add_usage|pg_proc)'`);
}
const allCalls = async (pattern) => (await stand.query("select coalesce(sum(calls), 0)::int as n from statements.pg_stat_statements where query ~* $1 and query !~* 'pg_stat_statements'", [pattern]))[0].n;

async function thousand(statuses, ...request) {
    await stand.query('select statements.pg_stat_statements_reset()');
    let next = 0;
    await Promise.all(Array.from({ length: LANES }, async () => {
        while (next++ < COUNT) assert.ok(statuses.includes(await ask(...request)), request[1]);
    }));
}

/* what | status | headers: each of them is a read that the database must answer, or a refusal */
const WAYS = [
    ['a token', 200, () => as(userA.token)],
    ['an API key', 200, () => ({ apikey: key })],
    ['an API key beside a token', 200, () => ({ apikey: key, authorization: `Bearer ${userA.token}` })],
    ['an unknown API key', 401, () => ({ apikey: 'sb_secret_unknown' })],
    ['a token that is forged', 401, () => as(`${userA.token.slice(0, -4)}AAAA`)],
];
for (const [what, status, headers] of WAYS)
    test(`${COUNT} requests with ${what}: no statement asks who it is`, async () => {
        await thousand([status], 'GET', '/rest/v1/records?limit=1', headers());
        assert.deepEqual(await authCalls(), []);
        const reads = await allCalls('\\mrecords\\M');
        assert.ok(status === 200 ? reads > 0 && reads <= COUNT : reads === 0, `${reads} statements for the rows`);
        /* The keys are read anew by the clock, not by requests. */
        assert.ok(await allCalls('read_api_keys') <= 12, 'reads of the keys');
    });

test(`${COUNT} beats of a machine: its key is judged once, then memory knows it`, async () => {
    const beat = ['POST', '/api/v1/nodes/heartbeat', { authorization: `Bearer ${machine}` }, JSON.stringify({ node_id: 'node-a', hostname: 'ada-1', cores: 8 })];
    await until(async () => (await ask(...beat)) === 200, async () => `a beat: ${await ask(...beat)}`);
    await thousand([200], ...beat);
    const calls = (await authCalls()).reduce((sum, row) => sum + row.calls, 0);
    assert.ok(calls <= 20, `${calls} statements`); /* judged again now and then */
});
