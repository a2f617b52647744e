// The process as an operator sees it: the admin listener, unix sockets, a hand-over to a second
// process, the end, signals.
import assert from 'node:assert/strict';
import http from 'node:http';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { posternCommand, startPostern } from '../support/postern.mjs';
import { atExit, freePort, isRoot, sleep, until } from '../support/process.mjs';
import { SECRET, mint } from '../support/tokens.mjs';
import { startLanguage } from './stand.mjs';

const SETTINGS = { POSTERN_REST_PATH: '/', PGRST_DB_SCHEMAS: 'api', PGRST_DB_ANON_ROLE: 'web_anon', POSTERN_ALLOWED_ROLES: '*', POSTERN_WORKERS: '2' };
const CHURN_MS = 1500;

let stand, dir;
before(async () => {
    dir = mkdtempSync('/tmp/pt-');
    atExit(() => rmSync(dir, { recursive: true, force: true }));
    if (isRoot) chmodSync(dir, 0o755);
    stand = await startLanguage({ fixture: 'process.sql' });
});
after(async () => {
    await stand?.stop();
    rmSync(dir, { recursive: true, force: true });
});

const url = () => stand.cluster.url('app', 'gateway');
const serve = (env, wait = true, file = undefined) => startPostern({ databaseUrl: url(), env: { ...SETTINGS, ...env }, wait, file });
const refusal = async (env) => (await posternCommand(['serve'], { DATABASE_URL: url(), POSTERN_JWT_SECRET: SECRET, ...SETTINGS, ...env })).stderr;

async function withServer(env, use, wait, file) {
    const server = await serve(env, wait, file);
    try {
        await use(server);
    } finally {
        await server.stop();
    }
}

/** One request over a connection of its own: to a port, or to a unix socket. */
function ask(where, path, { method = 'GET', agent = false } = {}) {
    const to = typeof where === 'number' ? { host: '127.0.0.1', port: where } : { socketPath: where };
    return new Promise((done, fail) => {
        const request = http.request({ ...to, path, method, agent, headers: { host: 'x' } }, (reply) => {
            const parts = [];
            reply.on('data', (part) => parts.push(part));
            reply.on('end', () => done({ status: reply.statusCode, headers: reply.headers, text: Buffer.concat(parts).toString() }));
        });
        request.on('error', fail);
        request.end();
    });
}
const answers = (where, path = '/live') => ask(where, path).then(({ status }) => status === 200, () => false);

describe('the admin listener', () => {
    let server, admin;
    before(async () => {
        admin = await freePort();
        server = await serve({ PGRST_ADMIN_SERVER_PORT: String(admin) });
    });
    after(() => server.stop());

    for (const [path, status, text] of [
        ['/live', 200, /live/],
        ['/ready', 200, /ready/],
        ['/metrics', 200, /postern_schema_load_microseconds \d+/],
        ['/schema_cache', 200, /"relations":\[\{"schema":"api","name":"things"/],
        ['/', 404, /\/schema_cache/],
        ['/things', 404, /./],
        ['/live/', 404, /./],
    ])
        test(`${path}: ${status}`, async () => {
            const reply = await ask(admin, path);
            assert.equal(reply.status, status);
            assert.match(reply.text, text);
        });
    test('HEAD answers as GET without a body, other methods are not there', async () => {
        const head = await ask(admin, '/ready', { method: 'HEAD' });
        assert.deepEqual([head.status, head.text], [200, '']);
        assert.equal((await ask(admin, '/ready', { method: 'POST' })).status, 404);
    });
    test('the schema is what requests are planned with, and one JSON text', async () => {
        const schema = JSON.parse((await ask(admin, '/schema_cache')).text);
        assert.deepEqual(schema.schemas, ['api']);
        assert.deepEqual(schema.relations[0].columns.map(({ name }) => name), ['id', 'name']);
        assert.equal(schema.routines[0].name, 'nap');
    });
    test('the main port does not tell it', async () => {
        assert.equal((await ask(server.port, '/schema_cache')).status, 404);
    });
    test('every figure PostgREST has, it has too', async () => {
        const { text, headers } = await ask(admin, '/metrics');
        assert.match(headers['content-type'], /^text\/plain/);
        for (const name of ['postern_schema_load_microseconds', 'postern_schema_loads_total{result="ok"}', 'postern_schema_loads_total{result="failed"}',
            'postern_db_pool_timeouts_total', 'postern_db_connections{state="open"}', 'postern_db_connections{state="busy"}', 'postern_db_connections_max',
            'postern_db_waiting', 'postern_token_cache_total{result="hit"}', 'postern_token_cache_total{result="miss"}', 'postern_token_cache_evictions_total'])
            assert.ok(text.includes(`\n${name} `), name);
    });
    test('not ready while the schema cannot be loaded; requests go on', async () => {
        const slow = (time) => stand.cluster.psql(`alter role gateway set statement_timeout = '${time}'`);
        slow('1ms');
        try {
            server.signal('SIGUSR1');
            await until(async () => (await ask(admin, '/ready')).status === 503, 'not ready');
            assert.equal((await ask(server.port, '/ready')).status, 200);
        } finally {
            slow('0');
        }
        await until(async () => (await ask(admin, '/ready')).status === 200, 'ready again', 30000);
    });
    test('--ready asks it', async () => {
        const env = { PGRST_ADMIN_SERVER_PORT: String(admin), POSTERN_PORT: '1' };
        const good = await posternCommand(['--ready'], env);
        assert.deepEqual([good.code, good.stdout], [0, `OK: http://127.0.0.1:${admin}/ready\n`]);
        const refused = await posternCommand(['--ready'], { ...env, PGRST_ADMIN_SERVER_PORT: '1', POSTERN_PORT: '2' });
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /^ERROR: connection refused to http:\/\/127\.0\.0\.1:1\/ready/);
        const none = await posternCommand(['--ready'], {});
        assert.equal(none.code, 1);
        assert.match(none.stderr, /Admin server is not running/);
    });
    test('its port is not the other one', async () => {
        assert.match(await refusal({ PGRST_ADMIN_SERVER_PORT: '3000', POSTERN_PORT: '3000' }), /admin-server-port cannot be the same as server-port/);
    });
});

describe('unix sockets', () => {
    const socket = () => join(dir, 'main.sock');

    test('instead of a port, with the mode that is asked for; gone at the end', async () => {
        const admin = join(dir, 'admin.sock');
        await withServer({ PGRST_SERVER_UNIX_SOCKET: socket(), PGRST_ADMIN_SERVER_UNIX_SOCKET: admin, PGRST_ADMIN_SERVER_UNIX_SOCKET_MODE: '600' }, async (server) => {
            await until(() => answers(socket()), () => server.logs());
            assert.equal(statSync(socket()).mode & 0o777, 0o660);
            assert.equal(statSync(admin).mode & 0o777, 0o600);
            assert.equal(JSON.parse((await ask(socket(), '/things?id=eq.2')).text)[0].name, 'thing 2');
            assert.equal((await ask(admin, '/ready')).status, 200);
            await assert.rejects(ask(server.port, '/live'), /ECONNREFUSED/);
            const ready = await posternCommand(['--ready'], { PGRST_ADMIN_SERVER_UNIX_SOCKET: admin });
            assert.deepEqual([ready.code, ready.stdout], [0, `OK: unix:${admin}:/ready\n`]);
        }, false);
        assert.ok(!existsSync(socket()) && !existsSync(admin));
    });
    test('what a killed process has left is replaced', async () => {
        const first = await serve({ POSTERN_UNIX_SOCKET: socket() }, false);
        await until(() => answers(socket()), () => first.logs());
        first.kill();
        await first.exited;
        assert.ok(existsSync(socket()));
        await withServer({ POSTERN_UNIX_SOCKET: socket() }, async (server) => {
            await until(() => answers(socket()), () => server.logs());
        }, false);
    });
    test('another program\'s is not, nor is a file', async () => {
        const path = join(dir, 'other');
        const other = createServer().listen(path);
        await new Promise((done) => other.once('listening', done));
        assert.match(await refusal({ POSTERN_UNIX_SOCKET: path }), /unix:.*other is taken by another program/);
        await new Promise((done) => other.close(done));
        writeFileSync(path, 'precious');
        assert.match(await refusal({ POSTERN_UNIX_SOCKET: path }), /is taken by another program/);
        assert.equal(statSync(path).size, 8);
    });
    for (const mode of ['800', '599', '778', '7', '0660'])
        test(`mode ${mode} is none`, async () => {
            assert.match(await refusal({ PGRST_SERVER_UNIX_SOCKET_MODE: mode }), /must be three octal digits from 600 to 777/);
        });
    test('a path that is too long is said to be', async () => {
        assert.match(await refusal({ POSTERN_UNIX_SOCKET: join(dir, 'x'.repeat(120)) }), /Cannot listen on unix:.*name too long/i);
    });
});

/** Asks for a row all the time, each time over a new connection, and over one that is kept. */
function churn(where) {
    const state = { asked: 0, failures: [], over: false };
    const keeper = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const loop = async (agent) => {
        while (!state.over) {
            const reply = await ask(where, '/things?limit=1', { agent }).catch((error) => ({ status: String(error) }));
            state.asked++;
            if (reply.status !== 200) state.failures.push(reply.status);
            await sleep(2);
        }
    };
    const loops = [loop(false), loop(false), loop(false), loop(keeper)];
    state.end = async () => {
        state.over = true;
        await Promise.all(loops);
        keeper.destroy();
    };
    return state;
}

describe('a second process takes over', () => {
    test('a port is not shared unless it is said', async () => {
        await withServer({}, async (server) => {
            assert.match(await refusal({ POSTERN_PORT: String(server.port) }), /http:\/\/127\.0\.0\.1:\d+ is taken by another program/);
        });
    });
    for (const [what, env, where] of [
        ['a port', async () => ({ PGRST_SERVER_REUSEPORT: 'true', POSTERN_PORT: String(await freePort()) }), (env) => Number(env.POSTERN_PORT)],
        ['a unix socket', () => ({ POSTERN_REUSEPORT: 'true', POSTERN_UNIX_SOCKET: join(dir, 'handover.sock') }), (env) => env.POSTERN_UNIX_SOCKET],
    ])
        test(`${what}: no request is lost`, async () => {
            const settings = await env();
            let old = await serve(settings, false);
            await until(() => answers(where(settings)), () => old.logs());
            const clients = churn(where(settings));
            for (let round = 0; round < 3; round++) {
                const fresh = await serve(settings, false);
                await until(() => /serving/.test(fresh.logs()), () => fresh.logs());
                await sleep(CHURN_MS / 3);
                await old.stop();
                old = fresh;
                await sleep(CHURN_MS / 3);
            }
            await clients.end();
            assert.deepEqual(clients.failures, []);
            assert.ok(clients.asked > 100, `${clients.asked}`);
            await old.stop();
        });
});

describe('the end', () => {
    test('a request that runs is answered, with Connection: close; new clients are refused', async () => {
        const server = await serve({});
        const nap = ask(server.port, '/rpc/nap?seconds=1');
        await sleep(300);
        server.signal('SIGTERM');
        await until(async () => !(await answers(server.port)), 'no new clients');
        const reply = await nap;
        assert.deepEqual([reply.status, reply.text, reply.headers.connection], [200, '"done"', 'close']);
        assert.deepEqual(await server.exited, { code: 0, signal: null });
    });
    test('while it goes on, the admin listener says so', async () => {
        const admin = await freePort();
        const server = await serve({ POSTERN_ADMIN_PORT: String(admin), POSTERN_WORKERS: '1' });
        const nap = ask(server.port, '/rpc/nap?seconds=1');
        await sleep(300);
        server.signal('SIGTERM');
        await sleep(100);
        const ready = await ask(admin, '/ready');
        assert.deepEqual([ready.status, JSON.parse(ready.text).status], [503, 'stopping']);
        assert.equal((await nap).status, 200);
        assert.deepEqual(await server.exited, { code: 0, signal: null });
    });
    test('it may come with the first answer', async () => {
        for (let i = 0; i < 8; i++) {
            const server = await serve({}, false);
            while (!(await answers(server.port))) await sleep(1);
            await server.stop(); /* throws unless it ends by itself, with 0 */
        }
    });
    test('a client that has connected and says nothing holds nothing up', async () => {
        const server = await serve({});
        const silent = connect(server.port, '127.0.0.1');
        await new Promise((done) => silent.once('connect', done));
        const start = Date.now();
        await server.stop();
        assert.ok(Date.now() - start < 8000, `${Date.now() - start} ms`);
        silent.destroy();
    });
    test('port 0 is any free one, and the log names it', () => withServer({ POSTERN_PORT: '0' }, async (server) => {
        const found = await until(() => /serving.*url=http:\/\/127\.0\.0\.1:(\d+)/.exec(server.logs()), () => server.logs());
        assert.ok(await answers(Number(found[1])));
    }, false));
});

describe('reloads', () => {
    test('a burst of notifications is one load', () => withServer({ PGRST_ADMIN_SERVER_PORT: String(0) }, async (server) => {
        const loads = async () => Number(/postern_schema_loads_total\{result="ok"\} (\d+)/.exec((await ask(server.port, '/metrics')).text)[1]);
        await until(async () => (await loads()) === 1, 'the load at the start');
        stand.cluster.psql("notify pgrst, 'reload schema';\n".repeat(20), 'app'); /* each its own transaction */
        await until(async () => (await loads()) >= 2, 'another one');
        await sleep(500);
        const count = await loads();
        assert.ok(count <= 4, `${count} loads for 20 notifications`);
    }));
    test('SIGUSR1 loads the schema', () => withServer({}, async (server) => {
        stand.cluster.psql('create table api.fresh (id int); grant select on api.fresh to web_anon', 'app');
        server.signal('SIGUSR1');
        await until(async () => (await ask(server.port, '/fresh')).status === 200, 'the new table');
        stand.cluster.psql('drop table api.fresh', 'app');
    }));
});

describe('the configuration file', () => {
    test('is read again on SIGUSR2; one that is wrong changes nothing', async () => {
        const file = join(dir, 'postern.conf');
        const count = async (server) => JSON.parse((await ask(server.port, '/things')).text).length;
        const says = (text) => writeFileSync(file, text);
        says('db-max-rows = 2\nlog-level = "info"');
        chmodSync(file, 0o644);
        await withServer({}, async (server) => {
            assert.equal(await count(server), 2);
            says('db-max-rows = 1');
            server.signal('SIGUSR2');
            await until(async () => (await count(server)) === 1, 'one row');
            says('db-max-rows = "');
            server.signal('SIGUSR2');
            await until(() => /settings kept.*postern\.conf, line 1: /.test(server.logs()), () => server.logs());
            assert.equal(await count(server), 1);
            rmSync(file);
            server.signal('SIGUSR2');
            await until(() => /settings kept.*cannot be read/.test(server.logs()), () => server.logs());
            assert.equal(await count(server), 1);
        }, true, file);
    });
});

describe('settings under their other names', () => {
    test('the admin listener may have an address of its own', async () => {
        const admin = await freePort();
        await withServer({ PGRST_ADMIN_SERVER_HOST: '127.0.0.2', PGRST_ADMIN_SERVER_PORT: String(admin) }, async () => {
            assert.equal((await fetch(`http://127.0.0.2:${admin}/live`)).status, 200);
            assert.equal(await answers(admin), false);
        });
    });
    test('PostgREST had them, files still do', () => withServer({
        PGRST_DB_SCHEMAS: undefined, PGRST_DB_SCHEMA: 'api', PGRST_MAX_ROWS: '2', PGRST_PRE_REQUEST: 'api.marks', PGRST_ROOT_SPEC: 'front', PGRST_DB_POOL_TIMEOUT: '7', PGRST_DB_POOL_MAX_LIFETIME: '9',
        PGRST_SECRET_IS_BASE64: 'true', POSTERN_JWT_SECRET: Buffer.from(SECRET).toString('base64'), PGRST_SERVER_CORS_ALLOWED_ORIGINS: 'http://a.example, http://b.example',
    }, async (server) => {
        assert.equal(JSON.parse((await ask(server.port, '/things')).text).length, 2);
        assert.equal((await ask(server.port, '/rpc/marked')).text, '"marked"');
        assert.equal(JSON.parse((await ask(server.port, '/')).text).info.title, 'ours');
        const reply = async (origin) => fetch(`${server.url}/things`, { headers: { Origin: origin, Authorization: `Bearer ${await mint({ role: 'web_user' })}` } });
        assert.equal((await reply('http://b.example')).status, 200);
        assert.equal((await reply('http://b.example')).headers.get('access-control-allow-origin'), 'http://b.example');
        assert.equal((await reply('http://c.example')).headers.get('access-control-allow-origin'), null);
        const shown = (await posternCommand(['config'], { PGRST_DB_POOL_TIMEOUT: '7', PGRST_DB_POOL_MAX_LIFETIME: '9' })).stdout;
        assert.match(shown, /DB_IDLE_TIMEOUT +7000 ms/);
        assert.match(shown, /DB_MAX_LIFETIME +9000 ms/);
    }));
    test('channel and prepared statements change with the file; another channel is not heard', async () => {
        const file = join(dir, 'channel.conf');
        const says = (text) => { writeFileSync(file, text); chmodSync(file, 0o644); };
        const prepared = async (server) => Number((await ask(server.port, '/rpc/prepared')).text);
        const prepares = async (server, column) => {
            const before = await prepared(server);
            for (let i = 0; i < 5; i++) await ask(server.port, `/things?select=${column}`);
            return (await prepared(server)) - before;
        };
        says('db-channel = "ours"');
        /* Settings that are read anew, and a listener that comes back, load the schema too: only its log says who asked. */
        await withServer({ POSTERN_WORKERS: '1', PGRST_DB_POOL: '1', PGRST_LOG_LEVEL: 'debug' }, async (server) => {
            const count = () => server.logs().split('\n').filter((line) => /event="schema reload" reason=notification/.test(line)).length;
            const notify = (...channels) => stand.cluster.psql(channels.map((channel) => `notify ${channel}, 'reload schema';`).join(' '), 'app');
            const listened = () => server.logs().split('reason=listening').length;
            const heard = async (channel) => {
                const before = count();
                notify(channel);
                await until(() => count() > before, () => `${channel} is not heard:\n${server.logs().slice(-3000)}`);
            };
            const takes = async (text) => {
                const before = listened();
                says(text);
                server.signal('SIGUSR2');
                await until(() => listened() > before, 'a listener on other channels');
            };
            await until(() => listened() > 1, 'the listener');
            await heard('ours');
            assert.ok((await prepares(server, 'name')) > 0);
            await takes('db-channel = "theirs"\ndb-prepared-statements = false');
            await until(async () => (await prepares(server, 'id')) === 0, 'no more prepared statements');
            await heard('theirs');
            const before = count();
            notify('ours', 'theirs', 'ours', 'ours', 'theirs');
            await until(() => count() >= before + 2, 'what follows the other channel');
            await sleep(100);
            assert.equal(count(), before + 2);
            await takes('db-channel-enabled = false');
            const last = count();
            notify('pgrst', 'theirs', 'ours');
            await sleep(500);
            assert.equal(count(), last);
        }, true, file);
    });
});

describe('the log', () => {
    const told = (level) => stand.cluster.psql(`alter role gateway set pgrst.log_level = '${level}'`, 'app');
    const lines = (server, status) => server.logs().split('\n').filter((line) => line.includes('event=access') && line.includes(`status=${status} `));

    test('has another level on SIGUSR2, and on NOTIFY; it is that of the statuses too', () => withServer({ PGRST_LOG_LEVEL: 'error' }, async (server) => {
        const asked = async (status) => {
            await ask(server.port, '/things');
            await ask(server.port, '/nothing');
            return lines(server, status)[0];
        };
        try {
            await asked(404);
            await sleep(300);
            assert.deepEqual([lines(server, 200), lines(server, 404)], [[], []]);
            told('warn');
            server.signal('SIGUSR2');
            assert.match(await until(() => asked(404), 'a line of a 404'), /level=warn .*code=PGRST205/);
            assert.deepEqual(lines(server, 200), []);
            told('info');
            stand.cluster.psql("notify pgrst, 'reload config'", 'app');
            assert.match(await until(() => asked(200), 'a line of a 200'), /level=info .*path=\/(things|live)/);
        } finally {
            stand.cluster.psql('alter role gateway reset pgrst.log_level', 'app');
        }
    }));
    test('says once for many that no connection could be had', () => withServer({ PGRST_DB_POOL: '1', PGRST_DB_POOL_ACQUISITION_TIMEOUT: '1', POSTERN_WORKERS: '1' }, async (server) => {
        const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(server.port, `/rpc/nap?seconds=3.${i}`)));
        const late = replies.filter(({ status }) => status === 504).length;
        const said = server.logs().split('\n').filter((line) => line.includes('event="no connection in time"'));
        assert.ok(late >= 10, `${late} of 20 were late`);
        assert.equal(said.length, 1, said.join('\n'));
        assert.match(said[0], /level=error .*pool=write requests=\d+/);
    }));
});

describe('a database that is away', () => {
    test('ends the program, if it is told not to wait', async () => {
        const server = await serve({ PGRST_DB_POOL_AUTOMATIC_RECOVERY: 'false' });
        stand.cluster.psql("select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%listen%'", 'app');
        assert.equal((await server.exited).code, 1);
        assert.match(server.logs(), /event=stopping reason="the database is away/);
        server.kill();
        await until(() => answers(stand.postern.port, '/things'), 'the other program, which waited');
    });
});

describe('the command line', () => {
    const run = (args, env = {}) => posternCommand(args, env);
    const DUMP = { PGRST_DB_URI: 'postgresql://app@/app', PGRST_JWT_SECRET: SECRET, PGRST_DB_MAX_ROWS: '7', PGRST_APP_SETTINGS_HOST: 'a"b$c', PGRST_APP_SETTINGS_API_KEY: 'hush' };

    for (const args of [['--help'], ['-h'], ['--version'], ['-v'], ['--example'], ['-e'], ['serve', '--help'], ['serve', '--example']])
        test(`${args.join(' ')} needs no settings, however wrong they are`, async () => {
            const { code, stdout, stderr } = await run(args, { POSTERN_PORT: 'no port' });
            assert.deepEqual([code, stderr], [0, '']);
            assert.ok(stdout.length > 10);
        });
    test('nothing, or what is no command, is told how to go on', async () => {
        const none = await run([]);
        assert.deepEqual([none.code, none.stdout], [2, '']);
        assert.match(none.stderr, /usage: postern/);
        for (const args of [['--nonsense'], ['nonsense'], ['serve', '--nonsense']]) {
            const { code, stderr } = await run(args);
            assert.equal(code, 2);
            assert.match(stderr, /there is no command "(--)?nonsense"; see postern --help/);
        }
    });
    for (const args of [['--dump-config'], ['serve', '--dump-config']])
        test(`${args.join(' ')} is a configuration file, sorted, without secrets`, async () => {
            const { code, stdout } = await run(args, DUMP);
            assert.equal(code, 0);
            const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
            assert.deepEqual(lines, [...lines].sort());
            for (const line of lines) assert.match(line, /^[\w.-]+ = ("([^"\\]|\\.)*"|\d+|true|false)$/);
            for (const line of ['db-max-rows = 7', 'db-uri = "postgresql://app@/app"', 'app.settings.HOST = "a\\"b$$c"', 'jwt-role-claim-key = "$$.role"', 'db-pool-acquisition-timeout = 10', 'log-level = "info"'])
                assert.ok(lines.includes(line), line);
            assert.ok(!stdout.includes(SECRET) && !stdout.includes('hush'));
            assert.match(stdout, /^# jwt-secret is set, and secret$/m);
        });
    test('what is dumped reads as the same settings again; the file may stand alone', async () => {
        const file = join(dir, 'dumped.conf');
        const settings = { ...DUMP, PGRST_JWT_SECRET: undefined, PGRST_APP_SETTINGS_API_KEY: undefined, PGRST_DB_POOL_TIMEOUT: '45', PGRST_JWT_ROLE_CLAIM_KEY: '$.a[?@ == "b"]' };
        const first = (await run(['--dump-config'], settings)).stdout;
        writeFileSync(file, first);
        const again = await run(['--dump-config', file]);
        assert.deepEqual([again.stdout, again.stderr], [first, '']);
        assert.match(first, /^jwt-role-claim-key = "\$\$\.a\[\?@ == \\"b\\"\]"$/m);
        writeFileSync(file, 'db-uri = "postgresql://x@127.0.0.1:1/x"\njwt-secret = "short"');
        assert.match((await run([file])).stderr, /JWT_SECRET has 5 bytes/);
        assert.match((await run([join(dir, 'none.conf')])).stderr, /there is no command/);
    });
    test('a password in the database\'s URL is a secret', async () => {
        const { stdout } = await run(['--dump-config'], { PGRST_DB_URI: 'postgresql://app:hush@/app' });
        assert.ok(!stdout.includes('hush'));
    });
    for (const [what, env, message] of [
        ['a short secret', { PGRST_JWT_SECRET: 'short' }, /JWT_SECRET has 5 bytes; it must have at least 32/],
        ['a secret that is not base64', { PGRST_JWT_SECRET: 'no base-64!', PGRST_JWT_SECRET_IS_BASE64: 'true' }, /is not base64/],
        ['a role claim key', { PGRST_JWT_ROLE_CLAIM_KEY: 'role.other' }, /failed to parse role-claim-key value \(role\.other\)/],
        ['an audience', { PGRST_JWT_AUD: 'foo://%%$$^^.com' }, /jwt-aud should be a string or a valid URI/],
        ['a log level', { PGRST_LOG_LEVEL: 'never' }, /must be one of: crit error warn info debug/],
        ['an end of transactions', { PGRST_DB_TX_END: 'random' }, /must be one of: commit/],
        ['a schema of PostgreSQL\'s own', { PGRST_DB_SCHEMAS: 'public, pg_catalog' }, /pg_catalog/],
        ['a proxy that is no URL', { PGRST_OPENAPI_SERVER_PROXY_URI: 'htp:/@@localhorst.invalid' }, /PROXY_URI/],
    ])
        test(`${what} that is wrong is refused in one sentence`, async () => {
            const { code, stdout, stderr } = await run(['--dump-config'], { ...DUMP, ...env });
            assert.deepEqual([code, stdout], [2, '']);
            assert.match(stderr, message);
            assert.equal(stderr.trim().split('\n').length, 1);
        });
    test('--dump-schema is the JSON of the admin listener', async () => {
        const { code, stdout } = await run(['--dump-schema'], { DATABASE_URL: url(), PGRST_DB_SCHEMAS: 'api' });
        assert.equal(code, 0);
        assert.equal(JSON.parse(stdout).relations[0].name, 'things');
        const gone = await run(['--dump-schema'], { DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' });
        assert.equal(gone.code, 1);
        assert.match(gone.stderr, /Cannot read the schema: .*refused/);
    });
    test('every line of the example is a setting that is understood', async () => {
        const { stdout } = await run(['--example']);
        const keys = [...stdout.matchAll(/^# ([\w-]+) = /gm)].map(([, key]) => key);
        const dump = (await run(['--dump-config'])).stdout;
        assert.ok(keys.length > 30);
        for (const key of keys) assert.match(dump, new RegExp(`^(# )?${key} `, 'm'));
    });
});
