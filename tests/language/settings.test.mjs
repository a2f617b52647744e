// Where settings come from: a file, the environment, the database; and what a reload changes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => {
    stand = await startLanguage({ fixture: 'settings.sql', env: { PGRST_DB_MAX_ROWS: '5', POSTERN_DB_MAX_CONNECTIONS: '3' } });
});
after(() => stand.stop());

const count = async (server, path = '/items') => (await server.ask(path)).json.length;
/* Until the answer is the wanted one, or for the last time after five seconds. */
async function settles(want, look) {
    const end = Date.now() + 5000;
    for (;;) {
        try {
            return assert.deepEqual(await look(), want);
        } catch (error) {
            if (Date.now() > end) throw error;
            await new Promise((wake) => setTimeout(wake, 30));
        }
    }
}

describe('settings in the database', () => {
    test('of the role we connect as beat the environment', async () => {
        assert.equal(await count(stand), 3);
    });
    test('are not read when they are switched off', async () => {
        const server = await stand.more({ PGRST_DB_CONFIG: 'false' });
        assert.equal(await count(server), 5);
    });
    test('may be set by a function, where the role has none', async () => {
        const server = await stand.more({ PGRST_DB_PRE_CONFIG: 'private.pre_config' });
        assert.equal(await count(server), 3);
        assert.equal((await server.ask('/things', { headers: { 'Accept-Profile': 'other' } })).status, 200);
        assert.equal((await stand.ask('/things', { headers: { 'Accept-Profile': 'other' } })).status, 406);
    });
    test('are read again on NOTIFY, with the schema; a running server needs no restart', async () => {
        await stand.query("alter role gateway set pgrst.db_max_rows = '2'");
        await stand.query("alter role gateway in database app set pgrst.db_schemas = 'other, api'");
        assert.equal(await count(stand), 3, 'not before it is told');
        await stand.query("notify pgrst, 'reload config'");
        await settles(200, async () => (await stand.ask('/things')).status);
        const items = await stand.ask('/items', { headers: { 'Accept-Profile': 'api' } });
        assert.deepEqual([items.status, items.json.length, items.headers.get('content-profile')], [200, 2, 'api']);
        await stand.query('alter role gateway in database app reset pgrst.db_schemas');
        await stand.query("alter role gateway set pgrst.db_max_rows = '1'");
        process.kill(stand.postern.pid, 'SIGUSR2');
        await settles(1, () => count(stand));
    });
    test('that are wrong leave the old ones in force, and are logged', async () => {
        await stand.query("alter role gateway set pgrst.db_max_rows = 'many'");
        await stand.query("notify pgrst, 'reload config'");
        await settles(true, async () => /settings kept.*PGRST_DB_MAX_ROWS=many is not valid/.test(stand.postern.logs()));
        assert.equal(await count(stand), 1);
        await stand.query("alter role gateway set pgrst.db_max_rows = '3'");
        await stand.query("notify pgrst, 'reload config'");
        await settles(3, () => count(stand));
    });
    test('change under load without a failed request', async () => {
        const statuses = new Map();
        let running = true;
        const clients = Array.from({ length: 8 }, async () => {
            while (running) {
                const { status } = await stand.ask('/items?limit=1');
                statuses.set(status, (statuses.get(status) ?? 0) + 1);
            }
        });
        for (let i = 0; i < 6; i++) {
            await stand.query(`alter role gateway set pgrst.db_max_rows = '${3 + (i % 2)}'`);
            await stand.query("notify pgrst, 'reload config'");
            await new Promise((wake) => setTimeout(wake, 80));
        }
        running = false;
        await Promise.all(clients);
        assert.deepEqual([...statuses.keys()], [200]);
    });
});

describe('errors for clients', () => {
    test('say code and message only, if the settings want it so', async () => {
        const server = await stand.more({ PGRST_CLIENT_ERROR_VERBOSITY: 'minimal' });
        for (const [path, headers, code] of [['/itens', {}, 'PGRST205'], ['/items?id=eq.x', {}, '22P02'], ['/items?offset=99', { Prefer: 'count=exact' }, 'PGRST103']]) {
            const reply = await server.ask(path, { headers });
            assert.deepEqual(Object.keys(reply.json), ['code', 'message'], path);
            assert.equal(reply.json.code, code);
        }
        const reply = await stand.ask('/itens');
        assert.deepEqual(Object.keys(reply.json), ['code', 'details', 'hint', 'message']);
        assert.equal(reply.headers.get('proxy-status'), 'Postern; error=PGRST205');
    });
});

describe('headers that the settings ask for', () => {
    test('Server-Timing has the steps that were taken', async () => {
        const server = await stand.more({ PGRST_SERVER_TIMING_ENABLED: 'true' });
        const steps = async (path, init) => (await server.ask(path, init)).headers.get('server-timing').split(', ').map((step) => step.replace(/;dur=\d+\.\d$/, ''));
        assert.deepEqual(await steps('/items'), ['jwt', 'parse', 'plan', 'transaction', 'response']);
        assert.deepEqual(await steps('/items', { method: 'OPTIONS' }), ['jwt', 'parse', 'response']);
        assert.deepEqual(await steps('/items', { headers: { Authorization: 'Bearer x' } }), ['jwt']);
        assert.deepEqual(await steps('/items?id=x'), ['jwt', 'parse']);
        assert.deepEqual(await steps('/items?id=eq.x'), ['jwt', 'parse', 'plan', 'transaction']);
        assert.equal((await stand.ask('/items')).headers.get('server-timing'), null);
    });
    test('the trace header comes back', async () => {
        const server = await stand.more({ PGRST_SERVER_TRACE_HEADER: 'X-Trace' });
        assert.equal((await server.ask('/items', { headers: { 'X-Trace': 'a b' } })).headers.get('x-trace'), 'a b');
        assert.equal((await server.ask('/items')).headers.get('x-trace'), '');
    });
    test('Vary names what an answer depends on', async () => {
        assert.equal((await stand.ask('/items')).headers.get('vary'), 'Accept, Prefer, Range');
    });
});

describe('log-query', () => {
    test('logs the text of a statement, never its values', async () => {
        const server = await stand.more({ PGRST_LOG_QUERY: 'true' });
        await server.ask('/items?id=eq.987654');
        await settles(true, async () => /event=query .*sql="select .*items/.test(server.postern.logs()));
        assert.ok(!server.postern.logs().replaceAll(/path=\S+/g, '').includes('987654'));
        assert.ok(!/sql=/.test(stand.postern.logs()));
    });
});

describe('a configuration file', () => {
    test('is read below the environment, and refused with the line that is wrong', () => {
        const folder = mkdtempSync(join(tmpdir(), 'postern-'));
        const start = (text, env = {}) => {
            const path = join(folder, 'postern.conf');
            writeFileSync(path, text);
            const { status, stderr } = spawnSync(process.env.POSTERN_BIN, ['serve', path], { env, encoding: 'utf8', timeout: 20000 });
            return [status, stderr];
        };
        try {
            const nowhere = 'db-uri = "postgres://nobody@127.0.0.1:1/x"\n';
            assert.match(start(`${nowhere}db-schemas = "pg_catalog"`)[1], /PGRST_DB_SCHEMAS=pg_catalog is not valid/);
            assert.match(start(`${nowhere}db-schemas = "pg_catalog"`, { PGRST_DB_SCHEMAS: 'api' })[1], /Cannot connect/);
            assert.match(start(`${nowhere}db-schemas`)[1], /postern\.conf, line 2: a name is followed by = and a value/);
            assert.equal(start(`${nowhere}db-schemas`)[0], 2);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
