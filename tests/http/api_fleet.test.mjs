// The simulated fleet at work: nodes register, beat, claim, really search, report; one is told to stop.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isFermatPrime } from '../bench/fleet/fermat.mjs';
import { startFleet, startSearch } from '../bench/fleet/simulate.mjs';
import { until } from '../support/process.mjs';
import { admin, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

let stand;
before(async () => { stand = await startApi(); });
after(() => stand?.stop());

test('what is prime is proved so', () => {
    const found = [];
    for (let base = 2; base < 120; base++) if (isFermatPrime(base, 32)) found.push(base);
    assert.deepEqual(found, [30, 54, 96, 112, 114]); // OEIS A006315
});

test('ten nodes search three blocks of their own, and leave others alone', async () => {
    const other = async () => (await stand.query("select count(*)::int as n from work_blocks where search_job_id = 1 and status <> 'available'"))[0].n;
    const before = await other();
    const fleet = await startFleet({ url: stand.postern.url, nodes: 10, beatMs: 300, pauseMs: 50 });
    const { counts } = fleet;
    const search = await startSearch(fleet.call, admin.token, { blocks: 3, exponent: 8 });
    await until(() => counts.results === 3 && counts.beats > 20, () => JSON.stringify(counts), 60000);
    assert.equal((await stand.api(`fleet/workers/${fleet.nodes[0].name}/stop`, { method: 'POST', token: admin.token })).status, 200);
    await until(() => fleet.nodes[0].stopped, 'the node hears that it is to stop');
    fleet.stop();
    assert.deepEqual([counts.failed, counts.lastFailure], [0, undefined]);
    assert.deepEqual([counts.tested, counts.register, await other()], [3000, 10, before]);
    const [job] = await stand.query('select status, total_tested::int, total_found::int from search_jobs where id = $1', [search.id]);
    assert.deepEqual(job, { status: 'completed', total_tested: 3000, total_found: counts.primes });
    const primes = await stand.query("select expression, digits::int from primes where discoverer like 'sim-%'");
    assert.equal(primes.length, counts.primes);
    assert.ok(primes.length > 10 && primes.every(({ expression, digits }) => digits === (BigInt(expression.split('^')[0]) ** 8n + 1n).toString().length));
    const { body } = await stand.api('fleet', { token: userA.token });
    assert.equal(body.workers.filter(({ worker_id }) => worker_id.startsWith('sim-')).length, 10);
});

test('a node that is in the table alone is found behind an answer, and nobody waits for it', async () => {
    const names = async () => (await stand.api('fleet', { token: userA.token })).body.workers.map(({ worker_id }) => worker_id);
    await names();
    await stand.query("insert into workers (worker_id, hostname, cores, search_type, search_params, last_heartbeat) values ('elsewhere', 'far', 2, '', '', now() + interval '1 minute')");
    await until(async () => (await names()).includes('elsewhere'), 'the table to be read', 40000, 250);
});
