// The curated routes of accounts: profile, operator, keys, credit, badges, leaderboards.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, mintUser, serviceKey, userA, userB } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

const HEX = /^[0-9a-f]{64}$/;
const ADA = '0a0a0a0a-0000-4000-8000-000000000001';

let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
});
after(() => stand?.stop());

const stranger = { id: 'dddddddd-0000-4000-8000-00000000000d' };
stranger.token = await mintUser(stranger.id, 'stranger@example.org');

describe('who may ask', () => {
    const USER = ['auth/me', 'v1/operators/stats', 'v1/operators/me/nodes', 'v1/operators/me/credits', 'v1/operators/me/earnings', 'v1/operators/me/badges', 'v1/operators/me/trust'];
    const PUBLIC = ['v1/badges', 'v1/leaderboard', 'v1/operators/leaderboard', 'v1/marketplace/forms', 'resources/rates', 'v1/resources/rates'];
    for (const path of USER)
        test(`${path}: users`, async () => {
            for (const token of [undefined, anonKey, serviceKey, 'f'.repeat(64)]) {
                const { status, body } = await api(path, { token });
                assert.equal(status, 401);
                assert.deepEqual(body, { error: 'Authentication required' });
            }
            assert.equal((await api(path, { token: userA.token })).status, 200);
        });
    for (const path of PUBLIC)
        test(`${path}: anyone`, async () => {
            const { status, body } = await api(path);
            assert.equal(status, 200);
            assert.ok(Array.isArray(body) && body.length > 0, path);
            assert.deepEqual((await api(path, { token: userA.token })).body, body);
        });
    test('rotate-key: users', async () => {
        for (const token of [undefined, anonKey, 'f'.repeat(64)])
            assert.equal((await api('v1/operators/rotate-key', { token, method: 'POST' })).status, 401);
    });
    test('a profile by id: administrators', async () => {
        const path = `auth/profile?user_id=${userA.id}`;
        assert.equal((await api(path)).status, 401);
        assert.equal((await api(path, { token: userB.token })).status, 403);
        const { body } = await api(path, { token: admin.token });
        assert.equal(body.display_name, 'Ada');
        assert.equal((await api(`auth/profile?user_id=${stranger.id}`, { token: admin.token })).status, 404);
        assert.equal((await api('auth/profile?user_id=1', { token: admin.token })).status, 400);
    });
});

describe('the own account', () => {
    test('me, with a profile, as administrator, and without one', async () => {
        const { body } = await api('auth/me', { token: userA.token });
        assert.deepEqual(Object.keys(body), ['id', 'role', 'operator_id', 'display_name', 'created_at', 'updated_at']);
        assert.equal(body.operator_id, ADA);
        assert.equal((await api('auth/me', { token: admin.token })).body.role, 'admin');
        assert.deepEqual((await api('v1/auth/me', { token: stranger.token })).body,
            { id: stranger.id, role: 'operator', operator_id: null, display_name: null, created_at: null, updated_at: null });
    });

    test('figures and trust are the caller\'s', async () => {
        assert.deepEqual((await api('v1/operators/stats', { token: userA.token })).body, { username: 'ada', credit: 700, primes_found: 12, trust_level: 3, rank: 2 });
        assert.deepEqual((await api('v1/operators/stats', { token: userB.token })).body, { username: 'bo', credit: 300, primes_found: 5, trust_level: 1, rank: 3 });
        assert.deepEqual((await api('v1/operators/me/trust', { token: userA.token })).body, { trust_level: 3, consecutive_valid: 0, total_valid: 0 });
    });

    test('without an operator: 404 with a sentence, and empty lists', async () => {
        for (const [who, error] of [[stranger, 'User profile not found'], [admin, 'No operator account linked']]) {
            for (const [path, method] of [['stats', 'GET'], ['me/trust', 'GET'], ['rotate-key', 'POST']]) {
                const reply = await api(`v1/operators/${path}`, { token: who.token, method });
                assert.equal(reply.status, 404);
                assert.deepEqual(reply.body, { error });
            }
            for (const path of ['nodes', 'credits', 'earnings', 'badges'])
                assert.deepEqual((await api(`v1/operators/me/${path}`, { token: who.token })).body, [], path);
        }
    });

    test('machines', async () => {
        const { body } = await api('v1/operators/me/nodes', { token: userA.token });
        assert.deepEqual(Object.keys(body[0]), ['worker_id', 'hostname', 'cores', 'cpu_model', 'os', 'arch', 'ram_gb', 'has_gpu', 'gpu_model', 'worker_version', 'registered_at', 'last_heartbeat']);
        assert.deepEqual(body.map((node) => node.worker_id), ['node-a']);
    });

    test('credits: newest first, in pages; earnings by month', async () => {
        await query(`insert into operator_credits (operator_id, block_id, credit, reason, granted_at)
            select '${ADA}', n, n, 'block', now() - n * interval '1 month' from generate_series(1, 20) as n`);
        const credits = async (more = '') => (await api(`v1/operators/me/credits${more}`, { token: userA.token })).body;
        const all = await credits();
        assert.deepEqual(Object.keys(all[0]), ['id', 'block_id', 'credit', 'reason', 'granted_at']);
        assert.deepEqual(all.map((row) => row.credit), [700, ...Array(20).keys()].map((n, i) => (i ? n + 1 : n)));
        assert.deepEqual(await credits('?limit=3&offset=1'), all.slice(1, 4));
        assert.deepEqual(await credits('?offset=21'), []);
        for (const bad of ['limit=0', 'limit=1001', 'offset=-1', 'limit=x'])
            assert.equal((await api(`v1/operators/me/credits?${bad}`, { token: userA.token })).status, 400, bad);
        const { body } = await api('v1/operators/me/earnings', { token: userA.token });
        assert.equal(body.length, 12);
        assert.deepEqual(Object.keys(body[0]), ['month', 'total_credits', 'block_count']);
        assert.equal(body[11].month, new Date().toISOString().slice(0, 7));
        assert.deepEqual(body.map((row) => row.total_credits), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 700]);
        assert.equal((await api('v1/operators/me/credits', { token: userB.token })).body.length, 1);
    });

    test('badges: what there is, and what was earned by now', async () => {
        const { body } = await api('v1/badges');
        assert.equal(body.length, 14);
        for (const key of ['id', 'name', 'description', 'icon', 'requirement_type', 'requirement_value']) assert.ok(key in body[0], key);
        const earned = async () => (await api('v1/operators/me/badges', { token: userA.token })).body;
        assert.deepEqual(await earned(), []);
        assert.deepEqual(await query(`select check_and_grant_badges('${ADA}') as first`), [{ first: 3 }]);
        assert.deepEqual(await query(`select check_and_grant_badges('${ADA}') as again`), [{ again: 0 }]);
        assert.deepEqual((await earned()).map((row) => row.badge_id), ['credit-100', 'first-prime', 'ten-primes'].sort());
    });
});

describe('what everybody sees', () => {
    test('the leaderboard: by credit, without addresses, a hundred at most', async () => {
        const { body } = await api('v1/leaderboard');
        assert.deepEqual(body, [
            { rank: 1, username: 'carol', team: 'south', credit: 900, primes_found: 30, worker_count: 0 },
            { rank: 2, username: 'ada', team: 'north', credit: 700, primes_found: 12, worker_count: 1 },
            { rank: 3, username: 'bo', team: null, credit: 300, primes_found: 5, worker_count: 1 },
        ]);
    });
    test('the marketplace and the rates', async () => {
        assert.deepEqual((await api('v1/marketplace/forms')).body, [{ form: 'kbn', job_count: 1, total_blocks: 2, completed_blocks: 0 }]);
        const { body } = await api('resources/rates');
        assert.deepEqual(body.map((rate) => rate.resource_type), ['bandwidth', 'cpu', 'gpu', 'storage']);
        assert.deepEqual(Object.keys(body[0]), ['resource_type', 'credits_per_unit', 'unit_label', 'updated_at']);
    });
});

describe('keys', () => {
    const register = (body, token) => api('v1/operators/register', { method: 'POST', body, token });

    test('registering answers a key that works and is stored hashed', async () => {
        const { status, body } = await register({ username: 'dora', email: 'Dora@example.org', team: 'east' });
        assert.equal(status, 201);
        assert.equal(body.username, 'dora');
        assert.match(body.api_key, HEX);
        assert.deepEqual((await api('test/node', { token: body.api_key })).status, 200);
        const [row] = await query("select * from private.operators where username = 'dora'");
        assert.equal(row.email, 'dora@example.org');
        assert.ok(!JSON.stringify(row).includes(body.api_key));
    });

    const BAD = [
        [{ email: 'x@example.org' }, 400], [{ username: 'ab', email: 'x@example.org' }, 400], [{ username: 'a'.repeat(33), email: 'x@example.org' }, 400],
        [{ username: 'no blanks', email: 'x@example.org' }, 400], [{ username: 'xenia' }, 400], [{ username: 'xenia', email: 'nowhere' }, 400],
        [{ username: 'ada', email: 'x@example.org' }, 409], [{ username: 'xenia', email: 'ADA@example.org' }, 409],
    ];
    for (const [body, status] of BAD)
        test(`refused: ${JSON.stringify(body).slice(0, 60)}`, async () => {
            const reply = await register(body);
            assert.equal(reply.status, status);
            assert.equal(typeof reply.body.error, 'string');
            if (status === 409) assert.deepEqual(reply.body, { error: 'Username or email already registered' });
        });

    test('a signed-in user owns what is registered, once', async () => {
        assert.equal((await register({ username: 'root', email: 'root@example.org' }, admin.token)).status, 201);
        assert.equal((await api('v1/operators/stats', { token: admin.token })).body.username, 'root');
        const again = await register({ username: 'root2', email: 'root2@example.org' }, admin.token);
        assert.equal(again.status, 409);
        assert.deepEqual(again.body, { error: 'User has an operator account already' });
    });

    test('rotating: a new key that works, and the old one stops at once', async () => {
        const rotate = async () => (await api('v1/operators/rotate-key', { token: userA.token, method: 'POST' })).body.api_key;
        const first = await rotate(), second = await rotate();
        assert.match(second, HEX);
        assert.notEqual(first, second);
        assert.deepEqual((await api('test/node', { token: second })).body, ADA);
        assert.deepEqual((await api('test/node', { token: first })).body, { error: 'Invalid or expired API key' });
        assert.equal((await query("select count(*)::int as others from private.operators where key_rotated_at > now() - interval '1 minute' and api_key_hash = repeat('b', 64)"))[0].others, 1);
    });
});
