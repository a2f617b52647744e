// The curated routes of lent machines: browsers and nodes claim blocks, report, and are credited.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Line, requestText } from '../support/raw.mjs';
import { admin, anonKey, userA, userB } from '../support/tokens.mjs';
import { until } from '../support/process.mjs';
import { startApi } from './api_stand.mjs';

let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
});
after(() => stand?.stop());

const post = (path, token, body = {}) => api(`v1/${path}`, { method: 'POST', token, body });
const block = async (id) => (await query('select * from work_blocks where id = $1', [id]))[0];
const free = () => query("update work_blocks set status = 'available', operator_id = null, claimed_by = null, lease_until = null; update search_jobs set status = 'running'");

describe('a browser', () => {
    test('only users with an operator contribute', async () => {
        for (const [path, method] of [['work', 'GET'], ['result', 'POST'], ['heartbeat', 'POST']]) {
            const ask = (token) => api(`v1/contribute/${path}`, { method, token, ...(method === 'POST' && { body: { block_id: 1, tested: 0, found: 0 } }) });
            for (const token of [undefined, anonKey, 'f'.repeat(64)]) assert.equal((await ask(token)).status, 401);
            const without = await ask(admin.token);
            assert.equal(without.status, 404, path);
            assert.deepEqual(without.body, { error: 'No operator account linked' });
        }
    });

    test('a HEAD claims nothing', async () => {
        assert.equal((await api('v1/contribute/work', { method: 'HEAD', token: userA.token })).status, 405);
        assert.equal((await query("select count(*)::int as n from work_blocks where status <> 'available'"))[0].n, 0);
    });

    test('claims a block with a lease; nobody else gets it; 204 when there is none', async () => {
        const ada = await api('v1/contribute/work?engine=wasm', { token: userA.token });
        assert.equal(ada.status, 200);
        assert.deepEqual(Object.keys(ada.body), ['block_id', 'search_job_id', 'search_type', 'params', 'block_start', 'block_end', 'block_checkpoint', 'lease_until']);
        assert.equal(ada.body.block_id, 1);
        const bo = await api('v1/contribute/work', { token: userB.token });
        assert.equal(bo.body.block_id, 2);
        const none = await api('v1/contribute/work', { token: userA.token });
        assert.equal(none.status, 204);
        assert.equal(none.body, '');
        await query("update work_blocks set lease_until = now() - interval '1 second' where id = 2");
        assert.equal((await api('v1/contribute/work', { token: userA.token })).body.block_id, 2, 'what a lease has run out on is claimed again');
        assert.equal((await post('contribute/result', userB.token, { block_id: 2, tested: 1, found: 0 })).status, 409);
    });

    test('a heartbeat keeps the own blocks, and says how large one should be', async () => {
        await query("update work_blocks set lease_until = now() + interval '1 minute'");
        const { body } = await post('contribute/heartbeat', userA.token, { speed: 50, search_type: 'kbn' });
        assert.deepEqual(body, { ok: true, block_size_hint: 3000 });
        assert.ok((await block(1)).lease_until > new Date(Date.now() + 200_000));
        assert.equal((await post('contribute/heartbeat', userB.token)).body.block_size_hint, 100);
        assert.equal((await post('contribute/heartbeat', userA.token, { speed: 1e300 })).body.block_size_hint, 100000);
        assert.equal((await post('contribute/heartbeat', userA.token, { speed: -1 })).status, 400);
    });

    test('a result is kept, credited and counted, once; the last one completes the job', async () => {
        const primes = [{ expression: '3*2^5+1', form: 'kbn', digits: 2, proof_method: 'deterministic' }, { expression: '5*2^7+1', form: 'kbn', digits: 3 }];
        const result = { block_id: 1, tested: 500, found: 2, primes, result_hash: 'abc', duration_ms: 1000 };
        const { status, body } = await post('contribute/result', userA.token, result);
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(Object.keys(body), ['status', 'hash_verified', 'credits_earned', 'trust_level', 'badges_earned', 'warnings']);
        assert.equal(body.status, 'accepted');
        assert.equal(body.credits_earned, 1);
        assert.deepEqual(body.warnings, []);
        assert.equal((await post('contribute/result', userA.token, result)).status, 409);
        const done = await block(1);
        assert.deepEqual([done.status, Number(done.tested), Number(done.found), done.result_hash], ['completed', 500, 2, 'abc']);
        const found = await query("select id, discoverer, verified, proof_method from primes where expression = '3*2^5+1'");
        assert.deepEqual([found[0].discoverer, found[0].verified, found[0].proof_method], ['ada', false, 'deterministic']);
        assert.equal((await query('select status from prime_verification_queue where prime_id = $1', [found[0].id]))[0].status, 'pending');
        const { body: stats } = await api('v1/operators/stats', { token: userA.token });
        assert.deepEqual([stats.credit, stats.primes_found], [701, 14]);
        const { body: credits } = await api('v1/operators/me/credits?limit=1', { token: userA.token });
        assert.deepEqual([Number(credits[0].block_id), credits[0].credit, credits[0].reason], [1, 1, 'block']);
        assert.equal((await query('select status from search_jobs where id = 1'))[0].status, 'running');
        assert.equal((await post('contribute/result', userA.token, { block_id: 2, tested: 500, found: 1, primes: [primes[0]] })).status, 200);
        assert.equal(Number((await block(2)).found), 0, 'a prime that is known is not found again');
        const [job] = await query('select status, total_tested::int, total_found::int from search_jobs where id = 1');
        assert.deepEqual(job, { status: 'completed', total_tested: 1000, total_found: 2 });
    });

    const LIES = [
        [{ tested: 501, found: 0 }, 'More was tested than the block holds'],
        [{ tested: 10, found: 1 }, 'The primes are not as many as were found'],
        [{ tested: 0, found: 1, primes: [{ form: 'kbn', expression: 'x', digits: 1 }] }, 'More was found than tested'],
    ];
    for (const [lie, warning] of LIES)
        test(`rejected: ${warning}`, async () => {
            await free();
            const { body: { block_id } } = await api('v1/contribute/work', { token: userA.token });
            const { body } = await post('contribute/result', userA.token, { block_id, ...lie });
            assert.deepEqual({ ...body, badges_earned: 0 }, { status: 'rejected', hash_verified: false, credits_earned: 0, trust_level: 1, badges_earned: 0, warnings: [warning] });
            assert.equal((await block(block_id)).status, 'available');
        });

    test('what is missing or of another type is 400, an unknown block 404', async () => {
        for (const body of [{}, { block_id: 1, tested: 1 }, { block_id: 'x', tested: 1, found: 0 }, { block_id: 1, tested: -1, found: 0 }])
            assert.equal((await post('contribute/result', userA.token, body)).status, 400, JSON.stringify(body));
        await free();
        const { body: { block_id } } = await api('v1/contribute/work', { token: userA.token });
        for (const primes of [{}, 'x', [1], [{ form: 'kbn' }], [{ form: 'kbn', expression: 'y', digits: 'many' }]]) {
            const reply = await post('contribute/result', userA.token, { block_id, tested: 10, found: 1, primes });
            assert.equal(reply.status, 400, JSON.stringify([primes, reply.body]));
        }
        assert.equal((await post('contribute/result', userA.token, { block_id: 424242, tested: 0, found: 0 })).status, 404);
    });
});

describe('a node', () => {
    const keys = {};
    before(async () => {
        await free();
        for (const [name, { token }] of Object.entries({ ada: userA, bo: userB })) keys[name] = (await post('operators/rotate-key', token)).body.api_key;
    });

    test('only API keys', async () => {
        for (const [path, method, body] of [['register', 'POST', { node_id: 'n', hostname: 'h' }], ['heartbeat', 'POST', { node_id: 'n' }], ['work?node_id=n', 'GET'], ['result', 'POST', { block_id: 1, tested: 0, found: 0 }], ['stats', 'GET']])
            for (const token of [undefined, anonKey, userA.token, admin.token, 'f'.repeat(64)])
                assert.equal((await api(`v1/nodes/${path}`, { method, token, body })).status, 401, path);
    });

    test('registers, again with other facts, and never under a name that is taken', async () => {
        const node = { node_id: 'ada-9', hostname: 'nine', cores: 8, cpu_model: 'Z80', ram_gb: 4, node_version: '1.0' };
        assert.deepEqual((await post('nodes/register', keys.ada, node)).body, { ok: true, node_id: 'ada-9' });
        assert.equal((await post('nodes/register', keys.ada, { ...node, cores: 16 })).status, 200);
        const mine = (await api('v1/operators/me/nodes', { token: userA.token })).body.find((row) => row.worker_id === 'ada-9');
        assert.deepEqual([mine.cores, mine.cpu_model, mine.has_gpu, mine.worker_version], [16, 'Z80', false, '1.0']);
        for (const node_id of ['ada-9', 'w-1']) {
            const taken = await post('nodes/register', keys.bo, { node_id, hostname: 'x' });
            assert.equal(taken.status, 409);
            assert.deepEqual(taken.body, { error: 'Node name is taken' });
        }
        for (const bad of [{ hostname: 'h' }, { node_id: 'n' }, { node_id: 'n', hostname: 'h', cores: 0 }])
            assert.equal((await post('nodes/register', keys.ada, bad)).status, 400);
    });

    test('a beat costs no write; a command is read once', async () => {
        const seen = async () => (await query("select last_heartbeat from operator_nodes where node_id = 'ada-9'"))[0].last_heartbeat;
        assert.deepEqual((await post('nodes/heartbeat', keys.ada, { node_id: 'ada-9' })).body, { ok: true, command: null });
        const first = await seen();
        assert.ok(first);
        await post('nodes/heartbeat', keys.ada, { node_id: 'ada-9' });
        assert.deepEqual(await seen(), first);
        const stop = (token) => api('fleet/workers/ada-9/stop', { method: 'POST', token });
        assert.deepEqual([(await stop()).status, (await stop(userA.token)).status], [401, 403]);
        assert.deepEqual((await stop(admin.token)).body, { ok: true, worker_id: 'ada-9' });
        assert.deepEqual((await api('fleet/workers/none/stop', { method: 'POST', token: admin.token })).body, { error: 'Worker not found' });
        await until(async () => (await post('worker/heartbeat', keys.ada, { node_id: 'ada-9' })).body.command === 'stop', 'the command');
        assert.equal((await post('nodes/heartbeat', keys.ada, { node_id: 'ada-9' })).body.command, null);
        assert.equal((await post('nodes/heartbeat', keys.bo, { node_id: 'ada-9' })).status, 404);
    });

    test('works: a block for the own node, its result by the own key', async () => {
        const work = (key, node) => api(`v1/nodes/work?node_id=${node}`, { token: key });
        assert.equal((await work(keys.bo, 'ada-9')).status, 404);
        assert.equal((await work(keys.ada, '')).status, 400);
        assert.equal((await work(keys.ada, 'ada-9&types=twin,nothing')).status, 204, 'none of the types it can compute');
        const { body: { block_id } } = await work(keys.ada, 'ada-9&types=twin,kbn');
        assert.equal((await block(block_id)).claimed_by, 'ada-9');
        assert.equal((await post('nodes/result', keys.bo, { block_id, tested: 1, found: 0 })).status, 409);
        const { body } = await post('nodes/result', keys.ada, { block_id, tested: 1, found: 0 });
        assert.deepEqual([body.status, body.credits_earned], ['accepted', 1]);
        assert.equal((await work(keys.ada, 'ada-9')).status, 200);
        assert.equal((await work(keys.ada, 'ada-9')).status, 204);
        assert.equal((await api('v1/nodes/stats', { token: keys.ada })).body.username, 'ada');
    });

    test('the fleet: users see who is alive, anyone whether there is work', async () => {
        assert.equal((await api('fleet')).status, 401);
        const { body } = await api('fleet', { token: userA.token });
        assert.deepEqual(Object.keys(body), ['workers', 'total_workers', 'total_cores', 'total_tested', 'total_found']);
        assert.ok(body.workers.some((worker) => worker.worker_id === 'ada-9' && worker.last_heartbeat_secs_ago < 120));
        assert.equal(body.total_workers, body.workers.length);
        assert.deepEqual((await api('status')).body, { active: true, checkpoint: null });
    });
});

test('fifty clients, two hundred claims each: no block twice, none left, no deadlock', async () => {
    const CLIENTS = 50, CLAIMS = 200, ALL = CLIENTS * CLAIMS;
    await query(`insert into search_jobs (id, search_type, params, status, range_start, range_end) values (2, 'kbn', '{}', 'running', 1, ${ALL});
        insert into work_blocks (search_job_id, block_start, block_end) select 2, n, n from generate_series(1, ${ALL}) as n;
        update search_jobs set status = 'paused' where id = 1`);
    const text = (token) => requestText('GET', '/api/v1/contribute/work', { Authorization: `Bearer ${token}` });
    const replies = await Promise.all(Array.from({ length: CLIENTS }, async (_, i) => {
        const line = new Line(stand.postern.port), got = [];
        for (let n = 0; n < CLAIMS; n++) got.push(await line.request(text([userA, userB][i % 2].token)));
        line.leave();
        return got;
    }));
    assert.deepEqual([...new Set(replies.flat().map(({ status }) => status))], [200]);
    assert.equal(new Set(replies.flat().map(({ text }) => JSON.parse(text).block_id)).size, ALL);
    assert.equal((await api('v1/contribute/work', { token: userA.token })).status, 204);
    assert.equal((await query("select deadlocks::int from pg_stat_database where datname = current_database()"))[0].deadlocks, 0);
});
