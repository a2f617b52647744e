// `postern demo`: the first start and the next, a second demo beside it, a taken port, and that
// nothing stays behind however it ends.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { posternBinary } from '../support/postern.mjs';
import { freePort, start, until } from '../support/process.mjs';

const START_MS = 120000; // with sanitizers, on a busy machine
const PRIMES_MIN = 100000;

let dir, port, demo, runs = 0;
before(async () => {
    dir = mkdtempSync('/tmp/pt-demo-');
    chmodSync(dir, 0o755); // PostgreSQL runs as another user when we are root
    port = await freePort();
});
after(async () => {
    await stopped(demo, 'TERM');
    rmSync(dir, { recursive: true, force: true });
});

const get = async (path, headers = {}, at = port) => {
    const reply = await fetch(`http://127.0.0.1:${at}${path}`, { headers });
    return { status: reply.status, json: await reply.json() };
};

function run(...options) {
    return start(posternBinary(), ['demo', '--port', String(port), ...options], {
        log: join(dir, `run-${++runs}.log`),
        env: { PATH: process.env.PATH, HOME: '/nonexistent', POSTERN_DEMO_DIR: join(dir, 'demo') },
    });
}

async function ready(process) {
    await until(() => /Ready after/.test(process.output()) || !process.running(), () => process.output(), START_MS);
    assert.ok(process.running(), process.output());
    return process;
}

async function stopped(process, signal) {
    if (!process?.running()) return null;
    process.signal(`SIG${signal}`);
    return process.exited;
}

/** The processes whose working directory is the demo's. */
const leftovers = () => readdirSync('/proc').filter((pid) => {
    try {
        return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(dir);
    } catch {
        return false;
    }
});

const newKeysOf = (output) => output.match(/sb_(publishable|secret)_\S+/g);
const keyOf = (output, name) => new RegExp(`${name}\\s+(\\S+)`).exec(output)[1];

describe('the first start', () => {
    before(async () => { demo = await ready(run()); });

    test('finds and loads more than a hundred thousand primes', async () => {
        const { status, json } = await get('/api/stats');
        assert.equal(status, 200);
        assert.ok(json.total > PRIMES_MIN, `${json.total}`);
        assert.equal(json.by_form.length, 11);
        assert.equal(json.by_form.reduce((sum, form) => sum + form.count, 0), json.total);
    });

    test('prints passwords that sign in', async () => {
        const output = demo.output(), roles = [];
        for (const [, email, password] of output.matchAll(/(\S+@example\.org), an .* with "(\S+)"/g)) {
            const reply = await fetch(`http://127.0.0.1:${port}/auth/v1/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email, password }) });
            const { access_token: token } = await reply.json();
            roles.push((await get('/rest/v1/user_profiles?select=role,display_name&order=display_name', { authorization: `Bearer ${token}` })).json);
        }
        assert.deepEqual(roles[0], [{ role: 'operator', display_name: 'Ada' }]);
        assert.deepEqual(roles[1]?.map(({ role }) => role).sort(), ['admin', 'operator', 'operator'], 'an administrator sees all');
    });

    test('prints keys that work', async () => {
        const output = demo.output();
        const anon = await get('/rest/v1/primes?select=id&limit=1', { apikey: keyOf(output, 'anon key') });
        const service = await get('/rest/v1/primes?select=id&limit=1', { apikey: keyOf(output, 'service key') });
        const ada = await get('/rest/v1/user_profiles?select=display_name', { authorization: `Bearer ${keyOf(output, 'Ada\'s token')}` });
        assert.deepEqual([anon.status, anon.json], [200, []]);
        assert.equal(service.json.length, 1);
        assert.deepEqual(ada.json, [{ display_name: 'Ada' }]);
        const [page, server] = newKeysOf(output);
        assert.deepEqual((await get('/rest/v1/primes?select=id&limit=1', { apikey: page })).json, []);
        assert.equal((await get('/rest/v1/primes?select=id&limit=1', { apikey: server })).json.length, 1);
    });

    test('has machines that are heard of again and again, with another load; one that is told to stop stops', async () => {
        const headers = { apikey: keyOf(demo.output(), 'service key') };
        const machines = async () => (await get('/rest/v1/workers?select=worker_id,last_heartbeat,current,metrics,pending_command&order=worker_id', headers)).json;
        const first = await machines();
        assert.equal(first.length, 18);
        const stop = { pending_command: 'stop' };
        const told = await fetch(`http://127.0.0.1:${port}/rest/v1/workers?worker_id=eq.ada-1`, { method: 'PATCH', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(stop) });
        assert.equal(told.status, 204);
        const later = await until(async () => {
            const now = await machines();
            return now[0].current === 'stopped' && now[0].pending_command === null && now;
        }, 'the next beat', START_MS, 500);
        assert.ok(later.every(({ last_heartbeat }, i) => Date.parse(last_heartbeat) > Date.parse(first[i].last_heartbeat)));
        assert.notDeepEqual(later.slice(1).map(({ metrics }) => metrics), first.slice(1).map(({ metrics }) => metrics));
        assert.equal(later[0].metrics.load_avg_1m, 0);
    });

    test('keeps its secret and its socket to itself', () => {
        const mode = (name) => statSync(join(dir, 'demo', name)).mode & 0o777;
        assert.deepEqual([mode('secret'), mode('secret-key'), mode('socket'), mode('.')], [0o600, 0o600, 0o700, 0o700]);
    });

    test('trusts the disk again once all is on it', async () => {
        const conf = join(dir, 'demo', 'data', 'postgresql.conf');
        await until(() => existsSync(join(dir, 'demo', 'loaded')), 'the mark', START_MS);
        assert.doesNotMatch(readFileSync(conf, 'utf8'), /^fsync/m);
    });

    test('a second demo says that one runs, and where', async () => {
        const second = run();
        assert.equal((await second.exited).code, 1);
        assert.match(second.output(), new RegExp(`a demo is already running: http://127.0.0.1:${port}/`));
    });

    test('Ctrl-C stops everything', async () => {
        assert.equal((await stopped(demo, 'INT')).code, 0, demo.output());
        assert.deepEqual(leftovers(), []);
    });
});

describe('the next start', () => {
    let next;
    test('finds the data and the keys again, on the next port when its own is taken', async () => {
        const other = createServer().listen(port, '127.0.0.1');
        try {
            const first = readFileSync(join(dir, 'run-1.log'), 'utf8');
            demo = await ready(run());
            next = Number(new RegExp(`port ${port} is taken, using (\\d+)`).exec(demo.output())?.[1]);
            assert.ok(next > port, demo.output()); // the one behind it may be taken, too
            assert.doesNotMatch(demo.output(), /primes were found/);
            assert.equal(keyOf(demo.output(), 'anon key'), keyOf(first, 'anon key'));
            assert.deepEqual(newKeysOf(demo.output()), newKeysOf(first));
            assert.ok((await get('/api/stats', {}, next)).json.total > PRIMES_MIN);
        } finally {
            other.close();
        }
    });

    test('has its machines at once, also the one that was stopped', async () => {
        const token = keyOf(demo.output(), "Ada's token");
        await until(async () => {
            const { json } = await get('/api/fleet', { authorization: `Bearer ${token}` }, next);
            return json.total_workers === 18 && json.workers[0].current !== 'stopped';
        }, 'the machines', START_MS, 500);
    });

    test('killed without a chance to tidy up, it takes PostgreSQL with it', async () => {
        await stopped(demo, 'KILL');
        await until(() => leftovers().length === 0, () => leftovers().join(' '));
    });

    test('and starts again', async () => {
        demo = await ready(run());
        assert.equal((await get('/health/database')).status, 200);
        assert.equal((await stopped(demo, 'TERM')).code, 0, demo.output());
    });
});

describe('a start that was broken off', () => {
    test('while it loaded: it answered already, and leaves nothing', async () => {
        rmSync(join(dir, 'demo', 'loaded'));
        demo = run();
        await until(() => /answers after/.test(demo.output()) || !demo.running(), () => demo.output(), START_MS);
        assert.equal((await get('/api/stats')).status, 200);
        assert.equal((await stopped(demo, 'INT')).code, 0, demo.output());
        assert.doesNotMatch(demo.output(), /Ready after/);
        assert.ok(!existsSync(join(dir, 'demo', 'loaded')));
        assert.deepEqual(leftovers(), []);
    });

    test('is made anew', async () => {
        demo = await ready(run());
        assert.match(demo.output(), /primes were found/);
        assert.equal((await stopped(demo, 'TERM')).code, 0, demo.output());
        assert.ok(existsSync(join(dir, 'demo', 'loaded')));
        assert.deepEqual(leftovers(), []);
    });
});
