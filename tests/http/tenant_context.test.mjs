// A tenant's name goes with its requests: into the transaction and no further, into the log, into
// the metrics as far as they have room.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { as, mintUser, serviceKey, userA, userB } from '../support/tokens.mjs';

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_TENANT_METRICS: '2', POSTERN_DB_MAX_CONNECTIONS: '2', POSTERN_LOG_FORMAT: 'json' } });
    stand.cluster.psql(`create function tenant_here() returns text language sql stable as $$ select current_setting('request.tenant_id', true) $$;
        create function tenant_there() returns text language sql volatile as $$ select current_setting('request.tenant_id', true) $$; notify pgrst`, stand.db);
    await until(async () => (await call('tenant_here', as(userA.token))).status === 200, 'the functions');
});
after(() => stand?.stop());

async function call(name, headers) {
    const reply = await fetch(`${stand.url}/rest/v1/rpc/${name}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
    return { status: reply.status, is: await reply.json(), id: reply.headers.get('x-request-id') };
}
const tokens = {};
const of = async (tenant) => as(tokens[tenant] ??= await mintUser(userB.id, userB.email, tenant ? { app_metadata: { tenant_id: tenant } } : {}));

test('request.tenant_id is the tenant of this transaction, and of no other', async () => {
    const asks = Array.from({ length: 300 }, (_, n) => [['ant', 'bee', 'cat', ''][n % 4], n % 3 ? 'tenant_here' : 'tenant_there']);
    await Promise.all(asks.map(async ([tenant, name]) => assert.equal((await call(name, await of(tenant))).is || '', tenant)));
    const own = await mintUser(userA.id, userA.email, { user_metadata: { tenant_id: 'ant' } });
    assert.equal((await call('tenant_here', as(own))).is || '', '');
});

test('the log has it', async () => {
    const { id } = await call('tenant_here', await of('ant'));
    const lineOf = (id) => until(() => stand.postern.logs().split('\n').find((line) => line.includes(id)), 'the line');
    assert.equal(JSON.parse(await lineOf(id)).tenant, 'ant');
    const { id: none } = await call('tenant_here', as(serviceKey));
    assert.ok(!('tenant' in JSON.parse(await lineOf(none))));
});

test('the metrics have as many as the setting says; the rest are "other"', async () => {
    for (const tenant of ['ant', 'bee', 'cat', 'dog', 'eel']) assert.equal((await call('tenant_here', await of(tenant))).status, 200);
    const text = await (await fetch(`${stand.url}/metrics`)).text();
    const rows = text.split('\n').filter((line) => line.startsWith('postern_tenant_requests_total'));
    assert.equal(rows.length, 3);
    assert.match(rows.at(-1), /^postern_tenant_requests_total\{tenant="other"\} [1-9]/);
    const total = rows.reduce((sum, row) => sum + Number(row.split(' ')[1]), 0);
    assert.equal(total, 225 + 1 + 5);
});
