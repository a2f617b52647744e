// The curated routes: their cache, and route files that come, change and are wrong while the
// server runs.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { posternCommand } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { DB, startApi } from './api_stand.mjs';

let stand, cluster, postern, folder, api, query;
before(async () => {
    stand = await startApi();
    ({ cluster, postern, folder, api, query } = stand);
});
after(() => stand?.stop());

describe('the cache', () => {
    test('a hit has age and tag, and the tag spares the body', async () => {
        const path = 'stats/distribution?bucket_size=77';
        const first = await api(path);
        assert.equal(first.headers.get('cache-status'), 'postern; fwd=miss; stored');
        const hit = await until(async () => { // the views are refreshed every two seconds, which drops it
            const reply = await api(path);
            return /^postern; hit; ttl=[45]$/.test(reply.headers.get('cache-status')) && reply;
        }, 'a hit');
        assert.equal(hit.headers.get('cache-control'), 'public, max-age=5');
        assert.match(hit.headers.get('age'), /^[0-5]$/);
        assert.match(hit.headers.get('etag'), /^"[0-9a-f]{32}"$/);
        assert.deepEqual(hit.body, first.body);
        for (const tag of [hit.headers.get('etag'), `W/${hit.headers.get('etag')}`, `"x", ${hit.headers.get('etag')}`, '*']) {
            const same = await api(path, { headers: { 'if-none-match': tag } });
            assert.equal(same.status, 304, tag);
            assert.equal(same.body, '');
            assert.equal(same.headers.get('etag'), hit.headers.get('etag'));
        }
        assert.equal((await api(path, { headers: { 'if-none-match': '"other"' } })).status, 200);
    });

    test('many who miss are one query', async () => {
        const misses = (replies) => replies.filter((reply) => reply.headers.get('cache-status') === 'postern; fwd=miss; stored').length;
        let replies, n = 100;
        do { // a refresh of the views that comes meanwhile begins a second one
            n++;
            replies = await Promise.all(Array.from({ length: 100 }, () => api(`test/slow?n=${n}`)));
        } while (misses(replies) > 1 && n < 105);
        assert.equal(misses(replies), 1);
        assert.equal(new Set(replies.map((reply) => reply.body.at)).size, 1);
        assert.notEqual((await api('test/slow?n=2')).body.at, replies[0].body.at);
    });

    test('a leader that leaves does not take the others with it', async () => {
        const leader = connect(postern.port, '127.0.0.1');
        leader.write('GET /api/test/slow?n=3 HTTP/1.1\r\nHost: x\r\n\r\n');
        await sleep(100);
        const followers = Array.from({ length: 5 }, () => api('test/slow?n=3'));
        await sleep(50);
        leader.destroy();
        const replies = await Promise.all(followers);
        for (const reply of replies) assert.equal(reply.status, 200);
        assert.equal(new Set(replies.map((reply) => reply.body.at)).size, 1);
    });

    test('followers that leave are missed by nobody', async () => {
        const rest = Array.from({ length: 3 }, () => api('test/slow?n=4'));
        const leavers = Array.from({ length: 20 }, () => connect(postern.port, '127.0.0.1'));
        for (const socket of leavers) socket.write('GET /api/test/slow?n=4 HTTP/1.1\r\nHost: x\r\n\r\n');
        for (const [i, socket] of leavers.entries()) setTimeout(() => socket.destroy(), 150 + i * 15);
        for (const reply of await Promise.all(rest)) assert.equal(reply.status, 200);
        postern.check();
    });

    test('a refreshed view drops what reads it', async () => {
        const { body: total } = await api('test/total');
        await query(`insert into primes (form, expression, digits, search_params) values ('twin', '1+1', 1, '{}')`);
        assert.equal((await api('test/total')).body, total);
        await until(async () => (await api('test/total')).body === total + 1, 'the cached number is never dropped', 10000, 100);
    });

    test('while the database is away the old answer is given', async () => {
        await api('test/clock');
        const { body: old } = await api('test/clock');
        await cluster.stop('immediate');
        await sleep(600);
        const start = performance.now();
        const stale = await api('test/clock');
        assert.ok(performance.now() - start < 3500, 'an old answer does not wait for the pool');
        assert.equal(stale.status, 200);
        assert.equal(stale.body, old);
        assert.match(stale.headers.get('cache-status'), /^postern; fwd=stale/);
        const quick = performance.now();
        assert.equal((await api('test/clock')).status, 200);
        assert.ok(performance.now() - quick < 2000, 'the second one does not wait');
        const uncached = await api('primes/7/verifications');
        assert.ok([503, 504].includes(uncached.status), String(uncached.status));
        assert.equal(typeof uncached.body.error, 'string');
        await cluster.start();
        await until(async () => {
            const { status, body } = await api('test/clock');
            return status === 200 && body !== old;
        }, 'the answer stays old', 15000, 100);
    });
});

describe('route files', () => {
    const file = () => join(folder, 'fresh.sql');
    const route = (sql) => `-- GET /api/test/fresh\n-- access: anyone\n-- cache: 1h\n${sql}\n`;
    const says = async (want) => (await api('test/fresh')).body === want;

    test('come, change and go without a restart; a wrong one changes nothing', async () => {
        assert.equal((await api('test/fresh')).status, 404);
        writeFileSync(file(), route("select '\"one\"'::json"));
        await until(() => says('one'), 'the new file is not served');
        writeFileSync(file(), route("select '\"two\"'::json"));
        await until(() => says('two'), 'the change is not served');
        writeFileSync(file(), route('select no_such_column from primes'));
        await until(() => /fresh\.sql:4: column \\?"no_such_column\\?" does not exist/.test(postern.logs()), () => postern.logs().slice(-2000));
        assert.ok(await says('two'));
        writeFileSync(file(), route('select :nothing'));
        await until(() => postern.logs().includes('fresh.sql:4: :nothing: there is no such parameter'), () => postern.logs().slice(-2000));
        rmSync(file());
        await until(async () => (await api('test/fresh')).status === 404, 'the removed file is still served');
    });

    test('a wrong one stops the start, with file and line', async () => {
        const env = { DATABASE_URL: cluster.url(DB, 'authenticator'), POSTERN_ROUTES_DIR: folder, POSTERN_JWT_SECRET: 'x'.repeat(40), POSTERN_PORT: '1' };
        writeFileSync(file(), route('select\n  nothing_here\n from primes'));
        try {
            for (const command of [['serve'], ['routes', '--check']]) {
                const { code, stderr } = await posternCommand(command, env);
                assert.notEqual(code, 0);
                assert.match(stderr, /fresh\.sql:5: column "nothing_here" does not exist/);
            }
        } finally {
            rmSync(file());
        }
        const { code, stdout } = await posternCommand(['routes', '--check'], env);
        assert.equal(code, 0);
        assert.match(stdout, /prepared by PostgreSQL/);
        const list = await posternCommand(['routes'], env);
        assert.match(list.stdout, /^GET +\/api\/primes\/\{id\} +anyone +read +5s/m);
    });
});
