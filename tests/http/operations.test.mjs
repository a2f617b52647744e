// What the person who runs it relies on: how many connections there are and when, which database is
// asked, what a schema change needs, what PostgreSQL and the log get to see.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { migrate, posternCommand, startPostern } from '../support/postern.mjs';
import { isRoot, sleep, until } from '../support/process.mjs';
import { startCluster } from '../support/cluster.mjs';
import { fixture } from '../support/stand.mjs';
import { anonKey, as, SECRET, userA } from '../support/tokens.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const HEADERS = { ...as(userA.token), ...JSON_TYPE };

const DB = 'app';

let stand, main; /* the cluster; a server that stays, when a suite has started it */
before(async () => {
    stand = await startCluster();
    await stand.createDatabase(DB);
    await migrate(stand.url(DB));
    stand.psql(fixture('people.sql'), DB);
    stand.psql(`
        create function test_nap(seconds float) returns text language plpgsql volatile as $$ begin perform pg_sleep(seconds); return 'rested'; end $$;
        create function test_prepared() returns bigint language sql volatile as 'select count(*) from pg_prepared_statements'`, DB);
});
after(() => stand?.close());

const query = (sql, values) => stand.query(sql, DB, values);
const call = (server, name, body = {}, headers = HEADERS) => fetch(`${server.url}/rest/v1/rpc/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
const backends = async (name) => (await query('select count(*)::int as n from pg_stat_activity where application_name like $1', [name]))[0].n;
const url = () => stand.url(DB, 'authenticator');
const direct = () => ({ POSTERN_MIGRATION_DATABASE_URL: stand.url(DB) });

/** A server with these settings, for the time of `use`. */
async function withServer(env, use, databaseUrl = url()) {
    const server = await startPostern({ databaseUrl, env: { ...direct(), ...env } });
    try {
        await use(server);
    } finally {
        await server.stop();
    }
}

describe('pools', () => {
    test('twenty sleepers at once never make more than five connections', () => withServer({}, async (server) => {
        let most = 0, over = false;
        const watch = (async () => { while (!over) { most = Math.max(most, await backends('postern/%:write')); await sleep(15); } })();
        const replies = await Promise.all(Array.from({ length: 20 }, () => call(server, 'test_nap', { seconds: 0.2 })));
        over = true;
        await watch;
        assert.ok(replies.every((reply) => reply.status === 200), replies.map((reply) => reply.status).join());
        assert.ok(most > 1 && most <= 5, `${most}`);
    }));
    test('at rest there are min, under load up to max, soon after size, in the end min again', () => withServer({ DB_POOL_SIZE: '4', DB_POOL_MIN: '2', DB_MAX_OVERFLOW: '6', POSTERN_DB_IDLE_TIMEOUT: '2s' }, async (server) => {
        await until(async () => (await backends('postern/%:write')) === 2, 'two warm connections');
        const asked = Promise.all(Array.from({ length: 30 }, () => call(server, 'test_nap', { seconds: 0.3 })));
        /* each worker keeps two of its five for what is quick */
        await until(async () => (await backends('postern/%:write')) >= 6, 'overflow connections');
        assert.ok((await backends('postern/%:write')) <= 10);
        await asked;
        await until(async () => (await backends('postern/%:write')) <= 4, 'no more than size');
        await until(async () => (await backends('postern/%:write')) === 2, 'min again');
        assert.equal((await call(server, 'get_stats')).status, 200);
    }));
    test('slow statements that do not slow each other down run more and more at a time', () => withServer({ POSTERN_WORKERS: '1', DB_POOL_SIZE: '20' }, async (server) => {
        const asleep = async () => (await query("select count(*)::int as n from pg_stat_activity where wait_event = 'PgSleep'"))[0].n;
        const nap = 0.06; /* too short to be taken for stuck, so without learning it stays at two */
        let over = false;
        const sleepers = Array.from({ length: 24 }, async () => { while (!over) assert.equal((await call(server, 'test_nap', { seconds: nap })).status, 200); });
        await until(async () => (await asleep()) >= 6, 'more than two at a time', 30000);
        over = true;
        await Promise.all(sleepers);
    }));
    test('connections are renewed when their time is over, and nobody notices', () => withServer({ POSTERN_DB_MAX_LIFETIME: '1s' }, async (server) => {
        const pids = new Set();
        const end = Date.now() + 4000;
        while (Date.now() < end) {
            assert.equal((await call(server, 'get_stats')).status, 200);
            for (const { pid } of await query("select pid from pg_stat_activity where application_name like 'postern/%:write'")) pids.add(pid);
            await sleep(50);
        }
        const old = await query("select pid from pg_stat_activity where application_name like 'postern/%:write' and backend_start < now() - interval '2 seconds'");
        assert.deepEqual(old, []);
        assert.ok(pids.size > 4, `${pids.size} backends`);
    }));
    test('a connection keeps 256 prepared statements at most', () => withServer({ POSTERN_DB_MAX_CONNECTIONS: '1', POSTERN_WORKERS: '1' }, async (server) => {
        for (let i = 0; i < 300; i++) {
            /* Nine operators make a text of its own for each number. */
            const filters = Array.from({ length: 9 }, (_, bit) => `id=${(i >> bit) & 1 ? 'gt' : 'gte'}.0`).join('&');
            const reply = await fetch(`${server.url}/rest/v1/records?select=id&${filters}&limit=1`, { headers: as(userA.token) });
            assert.equal(reply.status, 200);
        }
        const count = await (await call(server, 'test_prepared')).json();
        assert.ok(count > 200 && count <= 256, `${count}`);
    }));
    test('a connection is asked for a sign of life before each use when that is wanted', () => withServer({ DB_PRE_PING: 'always' }, async (server) => {
        for (let i = 0; i < 3; i++) {
            await sleep(100);
            assert.equal((await call(server, 'test_nap', { seconds: 0 })).status, 200);
            await query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'postern/%:write'");
            assert.equal((await call(server, 'get_stats')).status, 200);
        }
        const text = await (await fetch(`${server.url}/metrics`)).text();
        const of = (name) => Number(new RegExp(`${name} (\\d+)`).exec(text)[1]);
        assert.ok(of('postern_db_round_trips_total') > of('postern_db_statements_total'), 'more segments than those that carry statements');
    }));
    test('a server that accepts but never answers ends the start when the connect timeout is over', async () => {
        const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
        await new Promise((done) => silent.once('listening', done));
        const start = Date.now();
        const { code, stderr } = await posternCommand(['serve'], { DATABASE_URL: `postgresql://x@127.0.0.1:${silent.address().port}/x`, DB_CONNECTION_TIMEOUT: '2000', POSTERN_JWT_SECRET: SECRET });
        silent.close();
        assert.notEqual(code, 0);
        assert.match(stderr, /timeout/);
        assert.ok(Date.now() - start < 8000, `${Date.now() - start} ms`);
    });
    test('Prisma\'s parameters in the URL are understood', () => withServer({}, async (server) => {
        assert.equal((await call(server, 'get_stats')).status, 200);
        await Promise.all(Array.from({ length: 12 }, () => call(server, 'test_nap', { seconds: 0.2 })));
        assert.ok((await backends('postern/%:write')) <= 3);
    }, `${url()}${url().includes('?') ? '&' : '?'}connection_limit=3&pool_timeout=20&schema=public`));
});

const stays = () => {
    before(async () => { main = await startPostern({ databaseUrl: url(), env: direct() }); });
    after(() => main.stop());
};

describe('databases', () => {
    test('curated reads go to the replica, everything else to the primary', () => withServer({ REPLICA_DATABASE_URL: url() }, async (server) => {
        await fetch(`${server.url}/api/stats/tags`);
        await call(server, 'get_stats');
        const asked = async (name) => (await query("select string_agg(query, ' ') as text from pg_stat_activity where application_name like $1 and query like '%tag_counts%'", [name]))[0].text;
        assert.match(String(await asked('postern/%:read')), /tag_counts/);
        assert.equal(await asked('postern/%:write'), null);
    }));
    test('X-Postern-Pool says which one, when that is wanted', async () => {
        const pools = async (server) => [(await fetch(`${server.url}/api/stats/tags`)).headers.get('x-postern-pool'),
            (await call(server, 'get_stats')).headers.get('x-postern-pool'), (await fetch(`${server.url}/live`)).headers.get('x-postern-pool')];
        await withServer({ REPLICA_DATABASE_URL: url(), POSTERN_POOL_HEADER: 'true' }, async (server) => assert.deepEqual(await pools(server), ['read', 'write', null]));
        await withServer({ POSTERN_POOL_HEADER: 'true' }, async (server) => assert.deepEqual(await pools(server), ['write', 'write', null]));
        await withServer({ REPLICA_DATABASE_URL: url() }, async (server) => assert.deepEqual(await pools(server), [null, null, null]));
    });
    test('request.path is set for reads when something reads it, or always', async () => {
        await query("create view public.told as select current_setting('req' || 'uest.path', true) as path; grant select on public.told to anon");
        const path = async (server) => (await (await fetch(`${server.url}/rest/v1/told`, { headers: { Accept: 'application/vnd.pgrst.object+json' } })).json()).path;
        try {
            await withServer({}, async (server) => assert.equal(await path(server) || null, null)); /* nobody can find a name that is put together */
            await withServer({ POSTERN_REQUEST_SETTINGS: 'always' }, async (server) => assert.equal(await path(server), '/rest/v1/told'));
            await query("create view public.told_openly as select current_setting('request.path', true)");
            await withServer({}, async (server) => assert.equal(await path(server), '/rest/v1/told'));
        } finally {
            await query('drop view if exists public.told, public.told_openly');
        }
    });
    test('without one there is one pool', () => withServer({}, async (server) => {
        await fetch(`${server.url}/api/stats/tags`);
        assert.equal(await backends('postern/%:read'), 0);
        assert.ok((await backends('postern/%:write')) > 0);
    }));
    test('the sessions say who they are', () => withServer({}, async () => {
        const names = await query("select distinct application_name as name from pg_stat_activity where application_name like 'postern%'");
        assert.ok(names.some(({ name }) => /^postern\/\d+\.\d+\.\d+:write$/.test(name)), JSON.stringify(names));
    }));
});

describe('TLS to the database', () => {
    const NAME = 'db.example.test';
    const address = `127.${1 + Math.floor(Math.random() * 254)}.${Math.floor(Math.random() * 255)}.${1 + Math.floor(Math.random() * 254)}`;
    const port = 5432; /* the cluster's own; the address is nobody else's */
    let secure, dir;

    before(async () => {
        dir = mkdtempSync('/tmp/pt-');
        chmodSync(dir, 0o755);
        const [key, certificate] = ['key', 'cert'].map((name) => join(dir, name));
        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
        chmodSync(key, 0o600);
        if (isRoot) execFileSync('chown', ['postgres', key]);
        secure = await startCluster({ settings: { listen_addresses: address, ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key } });
        await secure.createDatabase(DB);
        secure.psql('create role anon; create role authenticator login noinherit; grant anon to authenticator', DB);
    });
    after(async () => {
        await secure?.close();
        rmSync(dir, { recursive: true, force: true });
    });
    const at = (parameters) => `postgresql://authenticator@/${DB}?host=${NAME}&hostaddr=${address}&port=${port}&${parameters}`;
    /** A server on this URL alone, and what PostgreSQL says of its sessions. */
    const sessions = async (databaseUrl) => {
        const server = await startPostern({ databaseUrl });
        try {
            assert.equal((await fetch(`${server.url}/ready`)).status, 200);
            let rows = [];
            await until(async () => { /* ready comes before the last session has begun */
                rows = await secure.query("select ssl, application_name as name from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'postern%'", DB);
                return ['write', 'listen'].every((kind) => rows.some(({ name }) => name.endsWith(`:${kind}`)));
            }, () => JSON.stringify(rows));
            return { encrypted: rows.every(({ ssl }) => ssl), open: rows.every(({ ssl }) => !ssl), logs: server.logs() };
        } finally {
            await server.stop();
        }
    };

    test('sslmode=require: every session is encrypted, and nobody is warned', async () => {
        const { encrypted, logs } = await sessions(at('sslmode=require'));
        assert.ok(encrypted);
        assert.ok(!/plain connection/.test(logs));
    });
    test('verify-full with the certificate of the name', async () => {
        assert.ok((await sessions(at(`sslmode=verify-full&sslrootcert=${join(dir, 'cert')}`))).encrypted);
    });
    test('verify-full against another name ends the start with one sentence', async () => {
        const { code, stderr } = await posternCommand(['serve'], { DATABASE_URL: at(`sslmode=verify-full&sslrootcert=${join(dir, 'cert')}`).replace(NAME, 'other.example.test'), POSTERN_JWT_SECRET: SECRET });
        assert.equal(code, 1);
        assert.match(stderr, /server certificate for "db\.example\.test" .*does not match host name "other\.example\.test"/);
    });
    test('a connection that may be plain is used, and warned of', async () => {
        const { open, logs } = await sessions(at('sslmode=disable'));
        assert.ok(open);
        assert.match(logs, /plain connection.*pool=write host=db\.example\.test hint="the database may be reached without TLS: sslmode=require"/);
        assert.equal(logs.match(/plain connection/g).length, 1);
    });
    test('sslmode=require where there is no TLS ends the start with one sentence', async () => {
        const bare = await startCluster({ settings: { listen_addresses: address.replace(/\d+$/, '255') } });
        try {
            const { code, stderr } = await posternCommand(['serve'], { DATABASE_URL: `postgresql://postgres@${address.replace(/\d+$/, '255')}:${port}/postgres?sslmode=require`, POSTERN_JWT_SECRET: SECRET });
            assert.equal(code, 1);
            assert.match(stderr, /^postern: Cannot connect to the database: .*server does not support SSL, but SSL was required\n$/);
        } finally {
            await bare.close();
        }
    });
    test('a session over TCP is kept alive every 30 s', async () => {
        const server = await startPostern({ databaseUrl: at('sslmode=prefer') });
        try {
            let lines = [];
            const timers = () => lines.map((line) => Number(/timer:\(keepalive,(\d+)/.exec(line)?.[1]));
            await until(() => { /* while something is sent another timer runs */
                lines = execFileSync('ss', ['-Htno', 'state', 'established', 'dst', `${address}:${port}`], { encoding: 'utf8' }).trim().split('\n');
                return lines.length >= 2 && timers().every((seconds) => seconds > 20 && seconds <= 30);
            }, () => lines.join('\n'));
        } finally {
            await server.stop();
        }
    });
});

describe('the schema', () => {
    stays();
    const status = async (path) => (await fetch(main.url + path, { headers: as(userA.token) })).status;
    test('a new table is there without a word: event triggers notify', async () => {
        assert.equal(await status('/rest/v1/test_fresh'), 404);
        stand.psql('create table test_fresh (id int); alter table test_fresh enable row level security; grant select on test_fresh to authenticated', DB);
        await until(async () => (await status('/rest/v1/test_fresh')) === 200, 'the new table');
        stand.psql('drop table test_fresh', DB);
        await until(async () => (await status('/rest/v1/test_fresh')) === 404, 'the table is gone');
    });
    test('NOTIFY pgrst reloads it', async () => {
        const loads = async () => Number(/postern_schema_loads_total\S* (\d+)/.exec(await (await fetch(`${main.url}/metrics`)).text())?.[1]);
        const earlier = await loads();
        stand.psql("notify pgrst, 'reload schema'", DB);
        await until(async () => (await loads()) > earlier, 'another load');
    });
    test('a load that fails leaves the old snapshot in service', async () => {
        stand.psql("alter role postgres set statement_timeout = '1ms'; notify pgrst, 'reload schema'", DB);
        try {
            await until(() => /schema not loaded/.test(main.logs()), 'the failed load');
            assert.equal(await status('/rest/v1/records'), 200);
        } finally {
            stand.psql('set statement_timeout = 0; alter role postgres reset statement_timeout', DB);
        }
        await until(() => /schema loaded[^]*schema not loaded[^]*schema loaded/.test(main.logs()), 'the load after it', 15000);
    });
});

describe('secrets and names', () => {
    stays();
    test('the client\'s application name is in the log', async () => {
        await fetch(`${main.url}/rest/v1/records`, { headers: { ...as(anonKey), 'x-application-name': 'billing' } });
        await until(() => /app=billing/.test(main.logs()), 'the log line');
    });
    test('a password is nowhere: not in the log, not in the command line, not in what config prints', async () => {
        const secret = 'canary-4711';
        const withPassword = url().replace('authenticator', `authenticator:${secret}`);
        await withServer({}, async (server) => {
            await call(server, 'get_stats');
            assert.ok(!server.logs().includes(secret));
            assert.ok(!readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').includes(secret));
            assert.ok(!(await (await fetch(`${server.url}/metrics`)).text()).includes(secret));
        }, withPassword);
        const { stdout } = await posternCommand(['config'], { DATABASE_URL: withPassword, POSTERN_JWT_SECRET: `${SECRET}${secret}` });
        assert.match(stdout, /DATABASE_URL/);
        assert.ok(!stdout.includes(secret));
    });
});
