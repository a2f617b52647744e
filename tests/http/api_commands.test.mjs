// Work that is queued for somebody else: asked for with 202, picked up once, finished once.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, serviceKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
});
after(() => stand?.stop());

const ask = (method, path, body, token = admin.token) => api(path, { method, body, token });

describe('commands', () => {
    test('only administrators and the service see or touch them', async () => {
        const ROUTES = [['GET', 'commands'], ['GET', 'commands/1'], ['POST', 'commands/claim'], ['POST', 'commands/1/finish'], ['POST', 'primes/7/verify'], ['POST', 'fleet/deploy']];
        const ROLES = [[undefined, 401, 'Authentication required'], [anonKey, 401, 'Authentication required'], [userA.token, 403, 'Admin access required']];
        for (const [method, path] of ROUTES)
            for (const [token, status, error] of ROLES) {
                const body = method === 'POST' ? { kind: 'x', worker: 'y', hostname: 'box' } : undefined;
                const reply = await api(path, { method, body, token });
                assert.deepEqual([reply.status, reply.body], [status, { error }], `${method} ${path}`);
            }
        assert.equal((await ask('GET', 'v1/commands', undefined, serviceKey)).status, 200);
    });

    test('each is claimed once and finished once', async () => {
        await query("select postern.queue_command('test.work', jsonb_build_object('n', n)) from generate_series(1, 30) as n");
        const claimed = await Promise.all(Array.from({ length: 40 }, (_, i) => ask('POST', 'commands/claim', { kind: 'test.work', worker: `w-${i}` })));
        const ids = claimed.filter(({ body }) => body !== null).map(({ body }) => body.id);
        assert.equal(ids.length, 30);
        assert.equal(new Set(ids).size, 30);
        const done = await ask('POST', `commands/${ids[0]}/finish`, { result: { answer: 42 } });
        assert.deepEqual([done.status, done.body.status, done.body.result], [200, 'done', { answer: 42 }]);
        assert.equal((await ask('POST', `commands/${ids[1]}/finish`, { error: 'no engine' })).body.status, 'failed');
        const again = await ask('POST', `commands/${ids[0]}/finish`, {});
        assert.deepEqual([again.status, again.body], [404, { error: 'No such command is running' }]);
        assert.equal((await ask('GET', `commands/${ids[1]}`)).body.error, 'no engine');
        assert.equal((await ask('GET', 'commands/999999')).body.error, 'Command not found');
        const { body: page } = await ask('GET', 'commands?status=running&kind=test.work&limit=5&offset=26');
        assert.equal(page.commands.length, 2);
        assert.equal((await ask('GET', 'commands?status=lost')).status, 400);
    });

    test('a second opinion about a prime is queued once', async () => {
        const first = await ask('POST', 'primes/7/verify');
        assert.deepEqual([first.status, first.body], [202, { ok: true, result: 'queued', queued: true, href: '/api/primes/7/verifications' }]);
        assert.equal((await ask('POST', 'v1/primes/7/verify')).body.queued, false);
        assert.equal((await api('primes/7/verifications')).body.results[0].status, 'pending');
        assert.deepEqual((await ask('POST', 'primes/424242/verify')).body, { error: 'Prime not found' });
    });

    test('a worker on another machine is asked for, without its keys', async () => {
        const asked = await ask('POST', 'fleet/deploy', { hostname: 'box-1.example.org', ssh_user: 'ada', coordinator_url: 'http://c:8080', search_type: 'kbn', params: { k: 3 }, ssh_key: 'secret' });
        const { command_id: id } = asked.body;
        assert.deepEqual([asked.status, asked.body], [202, { ok: true, command_id: id, kind: 'fleet.deploy', status: 'queued', href: `/api/commands/${id}` }]);
        const { body } = await ask('GET', `commands/${id}`);
        assert.deepEqual(body.params, { hostname: 'box-1.example.org', ssh_user: 'ada', ssh_port: 22, coordinator_url: 'http://c:8080', search_type: 'kbn', params: { k: 3 } });
        const WRONG = [{}, { hostname: '' }, { hostname: '-oProxyCommand=x' }, { hostname: 'a b' }, { hostname: 'a;b' }, { hostname: 'x'.repeat(254) },
            { hostname: 'a', ssh_user: '-l' }, { hostname: 'a', ssh_user: 'a;b' }, { hostname: 'a', ssh_port: 0 }, { hostname: 'a', cores: 'many' }];
        for (const body of WRONG) assert.equal((await ask('POST', 'fleet/deploy', body)).status, 400, JSON.stringify(body));
    });
});
