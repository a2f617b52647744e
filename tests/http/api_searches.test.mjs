// Searches: started, cut into blocks, paused, cancelled; blocks claimed by many at once.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, serviceKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

const key = randomBytes(32).toString('hex');
let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
    await query('update private.operators set api_key_hash = $1 where username = $2', [createHash('sha256').update(key).digest('hex'), 'ada']);
    const [{ id }] = await query("select id from private.operators where username = 'ada'");
    for (let n = 0; n < 20; n++) {
        await query("insert into workers (worker_id, hostname, search_type) values ($1, 'h', 'kbn')", [`claim-${n}`]);
        await query('insert into operator_nodes (operator_id, node_id) values ($1, $2)', [id, `claim-${n}`]);
    }
});
after(() => stand?.stop());

const ask = (method, path, body, token = admin.token) => api(path, { method, body, token });
const start = async (body) => (await ask('POST', 'searches', body)).body;
const FACTORIAL = { search_type: 'factorial', start: 1, end: 1000 };

test('only administrators start and change searches; only machines claim; everybody looks', async () => {
    const ROUTES = [['POST', 'searches', FACTORIAL], ['DELETE', 'searches/1'], ['POST', 'searches/1/pause'], ['POST', 'searches/1/resume'],
        ['POST', 'search_jobs/1/pause'], ['POST', 'search_jobs/1/resume'], ['POST', 'search_jobs/1/cancel']];
    for (const [method, path, body] of ROUTES)
        for (const [token, status] of [[undefined, 401], [anonKey, 401], [userA.token, 403], [key, 403]])
            for (const mount of ['', 'v1/']) assert.equal((await ask(method, mount + path, body, token ?? null)).status, status, `${method} ${path}`);
    for (const token of [null, userA.token, admin.token, serviceKey])
        assert.equal((await ask('POST', 'search_jobs/1/claim', { worker_id: 'w-1' }, token)).status, 401);
    assert.equal((await ask('GET', 'search_jobs', undefined, null)).status, 200);
});

describe('starting', () => {
    const GOOD = [
        [FACTORIAL, 1, 1001, 100, 10], [{ search_type: 'primorial', start: 5, end: 5 }, 5, 6, 100, 1],
        [{ search_type: 'palindromic', base: 10, min_digits: 3, max_digits: 9 }, 3, 10, 2, 4],
        [{ search_type: 'kbn', k: 3, base: 2, min_n: 1, max_n: 25000 }, 1, 25001, 10000, 3],
        [{ search_type: 'twin', k: 3, base: 2, min_n: 1, max_n: 10000 }, 1, 10001, 10000, 1],
        [{ search_type: 'sophie_germain', k: 3, base: 2, min_n: 0, max_n: 10000 }, 0, 10001, 10000, 2],
        [{ search_type: 'cullen_woodall', min_n: 1, max_n: 1001 }, 1, 1002, 1000, 2], [{ search_type: 'carol_kynea', min_n: 1, max_n: 1000 }, 1, 1001, 1000, 1],
        [{ search_type: 'wagstaff', min_exp: 3, max_exp: 5000 }, 3, 5001, 1000, 5], [{ search_type: 'repunit', base: 10, min_n: 2, max_n: 50 }, 2, 51, 1000, 1],
        [{ search_type: 'gen_fermat', fermat_exp: 64, min_base: 2, max_base: 2001 }, 2, 2002, 1000, 2],
    ];
    for (const [body, first, end, size, blocks] of GOOD)
        test(`${body.search_type}: the range is cut without gap or overlap`, async () => {
            const { status, body: job } = await ask('POST', 'searches', body);
            assert.equal(status, 201);
            assert.deepEqual(job, { id: job.id, search_type: body.search_type, status: 'running', range_start: first, range_end: end, block_size: size });
            const cut = await query('select block_start::int as a, block_end::int as b from work_blocks where search_job_id = $1 order by block_start', [job.id]);
            assert.equal(cut.length, blocks);
            assert.deepEqual([cut[0].a, cut.at(-1).b], [first, end]);
            cut.forEach(({ a }, n) => n && assert.equal(a, cut[n - 1].b));
            assert.deepEqual((await query('select params from search_jobs where id = $1', [job.id]))[0].params, body);
        });

    const BAD = [
        [{}, 'search_type is required'], [{ search_type: 'mersenne' }, 'search_type must be'], [{ search_type: 'kbn', k: 3 }, 'A search of type kbn also needs base, min_n, max_n'],
        [{ search_type: 'factorial', start: 9, end: 8 }, 'end must not be less than start'], [{ search_type: 'factorial', start: -1, end: 8 }, 'start must be'],
        [{ search_type: 'factorial', start: 0, end: 1e12 }, 'The range is too large: at most 100000 blocks of 100'], [{ search_type: 'factorial', start: '1x', end: 8 }, 'start must be'],
    ];
    for (const [body, error] of BAD)
        test(`400: ${JSON.stringify(body)}`, async () => {
            const reply = await ask('POST', 'searches', body);
            assert.equal(reply.status, 400, JSON.stringify(reply.body));
            assert.ok(reply.body.error.startsWith(error), reply.body.error);
        });
});

test('pause, resume and cancel, by both names; what cannot be is 409', async () => {
    const { id } = await start(FACTORIAL);
    const STEPS = [
        ['POST', `searches/${id}/pause`, 200, 'paused'], ['POST', `searches/${id}/pause`, 409], ['POST', `search_jobs/${id}/resume`, 200, 'running'],
        ['POST', `search_jobs/${id}/pause`, 200, 'paused'], ['POST', `v1/searches/${id}/resume`, 200, 'running'], ['DELETE', `searches/${id}`, 200, 'cancelled'],
        ['POST', `search_jobs/${id}/cancel`, 409], ['POST', `searches/${id}/resume`, 409],
    ];
    for (const [method, path, status, state] of STEPS) {
        const reply = await ask(method, path);
        assert.equal(reply.status, status, path);
        if (state) assert.deepEqual(reply.body, { ok: true, id, status: state });
    }
    for (const [method, path] of [['DELETE', 'searches/99999'], ['POST', 'searches/99999/pause'], ['GET', 'search_jobs/99999']])
        assert.deepEqual((await ask(method, path)).body, { error: 'Search not found' });
});

test('the list in pages, by status; one with its blocks counted', async () => {
    const { id } = await start(FACTORIAL);
    await query('select * from claim_work_blocks($1, $2, 3)', [id, 'claim-0']);
    await query("select complete_work_block_with_duration(id, 90, 2, 4) from work_blocks where search_job_id = $1 and status = 'claimed' and block_start < 200", [id]);
    await query('select complete_work_block_with_duration(min(id), 90, 2, 4) from work_blocks where search_job_id = $1', [id]);
    const { body } = await ask('GET', `search_jobs/${id}`, undefined, null);
    assert.deepEqual(body.blocks, { total: 10, available: 7, claimed: 1, completed: 2, failed: 0 });
    assert.deepEqual([body.search_job.total_tested, body.search_job.total_found], [180, 4]);
    assert.deepEqual((await ask('GET', 'search_jobs?limit=1')).body.search_jobs.map((job) => job.id), [id]);
    assert.deepEqual((await ask('GET', 'search_jobs?status=failed')).body, { search_jobs: [] });
    assert.equal((await ask('GET', 'search_jobs?status=odd')).status, 400);
});

describe('claiming', () => {
    const claim = (id, body) => ask('POST', `search_jobs/${id}/claim`, body, key);

    test('20 clients x 50 claims at once: every block once', async () => {
        const { id } = await start({ search_type: 'factorial', start: 1, end: 100000 });
        const got = [];
        await Promise.all(Array.from({ length: 20 }, async (_, client) => {
            for (let n = 0; n < 50; n++) {
                const { status, body } = await claim(id, { worker_id: `claim-${client}` });
                assert.equal(status, 200, JSON.stringify(body));
                got.push(...body.blocks.map(({ block_id }) => block_id));
            }
        }));
        assert.equal(got.length, 1000);
        assert.equal(new Set(got).size, 1000);
        assert.deepEqual((await claim(id, { worker_id: 'claim-1' })).body, { blocks: [] });
        const rows = await query('select claimed_by, count(*)::int as n, count(operator_id)::int as owned from work_blocks where search_job_id = $1 group by 1', [id]);
        assert.equal(rows.length, 20);
        for (const { n, owned } of rows) assert.deepEqual([n, owned], [50, 50]);
    });

    test('a paused search hands out nothing; a silent worker\'s blocks go to others', async () => {
        const { id } = await start(FACTORIAL);
        const { body: { blocks } } = await claim(id, { worker_id: 'claim-2', count: 4 });
        assert.deepEqual(blocks.map(({ block_start, block_end, block_checkpoint }) => [block_start, block_end, block_checkpoint]), [[1, 101, null], [101, 201, null], [201, 301, null], [301, 401, null]]);
        await query('select update_block_progress($1, 7, 0, $2)', [blocks[0].block_id, { at: 8 }]);
        await ask('POST', `searches/${id}/pause`);
        assert.deepEqual((await claim(id, { worker_id: 'claim-2' })).body, { blocks: [] });
        await ask('POST', `searches/${id}/resume`);
        await query("update work_blocks set claimed_at = now() - interval '1 hour' where search_job_id = $1 and status = 'claimed'", [id]);
        assert.equal((await query('select reclaim_stale_blocks() as n'))[0].n, 0, 'its heart beats');
        await query("update workers set last_heartbeat = now() - interval '1 hour' where worker_id = 'claim-2'");
        assert.equal((await query('select reclaim_stale_blocks() as n'))[0].n, 4);
        assert.deepEqual((await claim(id, { worker_id: 'claim-3' })).body.blocks[0].block_checkpoint, { at: 8 });
    });

    test('an operator claims for own nodes only, and at most 100', async () => {
        const { id } = await start(FACTORIAL);
        const strange = await claim(id, { worker_id: 'w-1' });
        assert.deepEqual([strange.status, strange.body.error], [404, 'Worker not found among your nodes']);
        for (const body of [{}, { worker_id: '' }, { worker_id: 'claim-1', count: 0 }, { worker_id: 'claim-1', count: 101 }])
            assert.equal((await claim(id, body)).status, 400);
    });
});
