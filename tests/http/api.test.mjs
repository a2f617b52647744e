// The curated routes: the shapes the frontend reads, every filter, downloads, the cache, who may
// call, and route files that come, change and are wrong while the server runs.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startCluster } from '../support/cluster.mjs';
import { migrate, posternCommand, startPostern } from '../support/postern.mjs';
import { root, sleep, until } from '../support/process.mjs';
import { fixture } from '../support/stand.mjs';
import { admin, anonKey, mint, serviceKey, userA } from '../support/tokens.mjs';

const CSV_HEADER = 'id,form,expression,digits,found_at,proof_method,tags';
const PRIME = ['id', 'form', 'expression', 'digits', 'found_at', 'proof_method', 'verified', 'verified_at', 'verification_method', 'verification_tier', 'tags'];

/* Route files of this test: every kind of access, parameter and answer that the shipped ones lack. */
const ROUTES = {
    'who.sql': `-- GET /api/test/who
-- access: user
-- cache: 1m
select json_build_object('uid', auth.uid(), 'role', current_user, 'at', clock_timestamp())`,
    'admin.sql': `-- GET /api/test/admin
-- access: admin
select '"welcome"'::json`,
    'node.sql': `-- GET /api/test/node
-- access: node
select to_json(postern.node_operator())`,
    'slow.sql': `-- GET /api/test/slow
-- access: anyone
-- cache: 1m
-- param: n int = 0
select json_build_object('n', :n, 'at', clock_timestamp()) from pg_sleep(0.4)`,
    'clock.sql': `-- GET /api/test/clock
-- access: anyone
-- cache: 500ms
select to_json(clock_timestamp())`,
    'total.sql': `-- GET /api/test/total
-- access: anyone
-- cache: 1h
-- reads: private.dashboard_stats
select to_json(total) from private.dashboard_stats`,
    'echo.sql': `-- POST /api/test/echo/{id}
-- access: user
-- param: id bigint
-- param: title text min 1 max 20
-- param: cost number?
-- param: tags text[]?
-- param: more json?
-- answer: created
select json_build_object('id', :id, 'title', :title, 'cost', :cost, 'tags', :tags, 'more', :more)`,
    'task.sql': `-- DELETE /api/test/tasks/{id}
-- access: admin
-- param: id bigint
-- answer: empty or 404 Task not found
delete from test_tasks where id = :id`,
    'patch.sql': `-- PATCH /api/test/tasks/{id}
-- access: user
-- param: id bigint
-- param: title text?
-- param: note text?
-- answer: row or 404 Task not found
update test_tasks
set id = id
    , title = :title  --? title
    , note = :note    --? note
where id = :id
returning row_to_json(test_tasks)`,
    'big.sql': `-- GET /api/test/big
-- access: anyone
-- param: n bigint = 100000
-- param: fail bigint?
-- answer: csv big-:n.csv
select n, repeat('x', 500) as filler, '=1+1' as formula
    , 1 / (n - :fail) as quotient  --? fail
from generate_series(1, :n) as n`,
    'raise.sql': `-- GET /api/test/raise
-- access: anyone
-- param: code text
select postern_test_raise(:code)`,
};

const SQL = `
create table test_tasks (id bigint primary key, title text, note text);
insert into test_tasks values (1, 'one', 'note'), (2, 'two', 'note');
alter table test_tasks enable row level security;
create policy all_of_it on test_tasks to postern_api using (true) with check (true);
grant select, update, delete on test_tasks to postern_api;
create function postern_test_raise(code text) returns json language plpgsql as $$
begin raise exception 'raised %', code using errcode = code; end $$;`;

const DB = 'app';
let cluster, postern, folder, api;

/** One request below /api: { status, body (JSON, or text), headers }. */
function caller(url) {
    return async (path, { token, headers = {}, method = 'GET', body, raw } = {}) => {
        const reply = await fetch(`${url}/api/${path}`, {
            method, body: raw ?? (body && JSON.stringify(body)),
            headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }), ...headers },
        });
        const text = await reply.text();
        const json = /json/.test(reply.headers.get('content-type') ?? '') && text !== '';
        return { status: reply.status, body: json ? JSON.parse(text) : text, headers: reply.headers };
    };
}

before(async () => {
    folder = mkdtempSync('/tmp/pt-routes-');
    cpSync(join(root, 'routes/api'), folder, { recursive: true });
    for (const [name, text] of Object.entries(ROUTES)) writeFileSync(join(folder, name), text);
    cluster = await startCluster();
    await migrate(await cluster.createDatabase(DB));
    cluster.psql(fixture('people.sql') + SQL, DB);
    postern = await startPostern({
        databaseUrl: cluster.url(DB, 'authenticator'),
        env: {
            POSTERN_MIGRATION_DATABASE_URL: cluster.url(DB), POSTERN_WORKERS: '1', POSTERN_ROUTES_DIR: folder,
            POSTERN_MATVIEW_REFRESH: '2s', POSTERN_DB_POOL_TIMEOUT: '4s',
        },
    });
    api = caller(postern.url);
});
after(async () => {
    try {
        await postern?.stop();
    } finally {
        await cluster?.close();
        if (folder) rmSync(folder, { recursive: true, force: true });
    }
});

const query = (sql, values) => cluster.query(sql, DB, values);
const ids = async (where, order) => (await query(`select id::int from primes where ${where} order by ${order}`)).map((row) => row.id);

describe('the numbers of the dashboard', () => {
    test('stats has the four keys, from the whole table', async () => {
        const { status, body } = await api('stats');
        const [{ total, digits }] = await query('select count(*)::int as total, max(digits)::int as digits from primes');
        assert.equal(status, 200);
        assert.deepEqual(Object.keys(body).sort(), ['by_form', 'largest_digits', 'largest_expression', 'total']);
        assert.equal(body.total, total);
        assert.equal(body.largest_digits, digits);
        assert.deepEqual(body.by_form, [{ form: 'factorial', count: 20 }, { form: 'kbn', count: 20 }, { form: 'palindromic', count: 20 }]);
    });

    test('timeline counts by bucket, and an unknown word means day', async () => {
        const sums = {};
        for (const bucket of ['hour', 'day', 'week', 'month', 'nonsense']) {
            const { status, body } = await api(`stats/timeline?bucket_type=${bucket}`);
            assert.equal(status, 200);
            for (const row of body) assert.match(row.bucket, /^\d{4}-\d\d-\d\dT\d\d:00:00$/);
            assert.equal(body.reduce((sum, row) => sum + row.count, 0), 60);
            sums[bucket] = body.length;
        }
        assert.equal(sums.nonsense, sums.day);
        assert.ok(sums.hour > sums.day && sums.day > sums.week && sums.week >= sums.month);
    });

    test('distribution has buckets of the asked width', async () => {
        const { body } = await api('stats/distribution?bucket_size=100');
        assert.deepEqual([...new Set(body.map((row) => row.bucket_start))], [0, 100, 200, 300, 400, 500, 600]);
        assert.equal(body.reduce((sum, row) => sum + row.count, 0), 60);
        const { body: ten } = await api('stats/distribution');
        assert.equal(ten.length, 60);
        assert.equal((await api('stats/distribution?bucket_size=0')).body.error, 'bucket_size must be an integer between 1 and 1000000000, not "0"');
    });

    test('leaderboard and tags are sorted by count', async () => {
        const { body } = await api('stats/leaderboard');
        assert.equal(body.length, 3);
        assert.deepEqual(Object.keys(body[0]), ['form', 'count', 'largest_digits', 'largest_expression', 'latest_found_at', 'verified_count', 'verified_pct']);
        assert.equal(body[0].verified_pct, 50);
        assert.deepEqual((await api('stats/tags')).body, [{ tag: 'factorial', count: 20 }, { tag: 'small', count: 20 }]);
    });

    test('every public route answers below /api/v1 too', async () => {
        for (const path of ['stats', 'stats/timeline', 'stats/distribution', 'stats/leaderboard', 'stats/tags', 'primes', 'primes/7', 'primes/7/verifications', 'prime-verification/stats', 'export'])
            assert.deepEqual((await api(`v1/${path}`)).body, (await api(path)).body, path);
    });
});

describe('primes', () => {
    const FILTERS = {
        '': 'true', 'form=kbn': "form = 'kbn'", 'search=*2^': "expression like '%*2^%'", 'search=%C3%9C': "expression like '%ü%'",
        'min_digits=300': 'digits >= 300', 'max_digits=300': 'digits <= 300', 'min_digits=100&max_digits=200&form=factorial': "digits between 100 and 200 and form = 'factorial'",
        'tags=small': "tags @> '{small}'", 'tags=small,factorial': "tags @> '{small,factorial}'", 'tags=small,nothing': 'false', 'form=': 'true', 'form=it%27s': 'false',
        'unknown=1&_=17': 'true',
    };
    for (const [query, where] of Object.entries(FILTERS))
        test(`filter: ${query || 'none'}`, async () => {
            const { status, body } = await api(`primes?limit=1000&${query}`);
            assert.equal(status, 200);
            const want = await ids(where, 'id desc');
            assert.deepEqual(body.primes.map((prime) => prime.id), want);
            assert.equal(body.total, want.length);
        });

    const ORDERS = {
        'sort_by=digits&sort_dir=asc': 'digits asc, id desc', 'sort_by=form': 'form desc, id desc', 'sort_by=expression&sort_dir=asc': 'expression asc, id desc',
        'sort_by=found_at&sort_dir=desc': 'found_at desc, id desc', 'sort_by=id;drop&sort_dir=up': 'id desc',
    };
    for (const [query, order] of Object.entries(ORDERS))
        test(`order: ${query}`, async () => {
            const { body } = await api(`primes?${query}&limit=7&offset=3`);
            assert.deepEqual(body.primes.map((prime) => prime.id), (await ids('true', order)).slice(3, 10));
            assert.equal(body.total, 60);
            assert.equal(body.limit, 7);
            assert.equal(body.offset, 3);
        });

    test('a page has the record that the frontend reads, 50 of them', async () => {
        const { body } = await api('primes');
        assert.equal(body.primes.length, 50);
        assert.deepEqual(Object.keys(body.primes[0]), PRIME);
    });

    const BAD = {
        'limit=x': 'limit must be an integer between 1 and 1000, not "x"', 'limit=1001': 'limit must be an integer between 1 and 1000, not "1001"',
        'limit=0': 'limit must be an integer between 1 and 1000, not "0"', 'offset=-1': 'offset must be an integer of at least 0, not "-1"',
        'min_digits=9e9': 'min_digits must be an integer of at least 0, not "9e9"', 'form=%ff': 'form is not percent-encoded UTF-8',
        [`search=${'a'.repeat(300)}`]: `search must be text of at most 200 characters, not "${'a'.repeat(64)}..."`,
    };
    for (const [query, error] of Object.entries(BAD))
        test(`400: ${query.slice(0, 20)}`, async () => {
            const { status, body, headers } = await api(`primes?${query}`, { headers: { origin: 'http://localhost:3000' } });
            assert.equal(status, 400);
            assert.deepEqual(body, { error });
            assert.ok(headers.get('access-control-allow-origin'));
        });

    test('one prime, and 404 with a sentence', async () => {
        const { body } = await api('primes/7');
        assert.deepEqual(Object.keys(body), [...PRIME, 'search_params']);
        assert.equal(body.expression, '7!% ü+1');
        assert.deepEqual(JSON.parse(body.search_params), { n: 7 });
        const missing = await api('primes/424242');
        assert.equal(missing.status, 404);
        assert.deepEqual(missing.body, { error: 'Prime not found' });
        assert.equal((await api('primes/seven')).body.error, 'id must be an integer, not "seven"');
    });

    test('verifications of a prime, and of all', async () => {
        const { body } = await api('primes/2/verifications');
        assert.equal(body.ok, true);
        assert.deepEqual(Object.keys(body.results[0]), ['id', 'prime_id', 'status', 'claimed_by', 'claimed_at', 'completed_at', 'verification_tier', 'verification_method', 'result_detail', 'error_reason']);
        assert.deepEqual((await api('primes/3/verifications')).body, { ok: true, results: [] });
        assert.deepEqual((await api('prime-verification/stats')).body, { ok: true, stats: { pending: 1, claimed: 0, verified: 1, failed: 0, total_primes: 60, quorum_met: 1 } });
    });

    test('a wrong method is told the right ones', async () => {
        const { status, body, headers } = await api('primes/7', { method: 'DELETE' });
        assert.equal(status, 405);
        assert.equal(typeof body.error, 'string');
        assert.equal(headers.get('allow'), 'GET, HEAD');
        assert.deepEqual((await api('nothing/here')).body, { error: 'Not found' });
        assert.equal((await api('primes/7/')).status, 404);
        const head = await api('primes/7', { method: 'HEAD' });
        assert.equal(head.status, 200);
        assert.equal(head.body, '');
    });
});

describe('export', () => {
    const today = () => new Date().toISOString().slice(0, 10).replaceAll('-', '');

    test('CSV with a name, the header and joined tags', async () => {
        const { status, body, headers } = await api('export?form=factorial&sort_dir=asc');
        const lines = body.trimEnd().split('\r\n');
        assert.equal(status, 200);
        assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
        assert.equal(headers.get('content-disposition'), `attachment; filename="darkreach-primes-factorial-${today()}.csv"`);
        assert.equal(lines[0], CSV_HEADER);
        assert.equal(lines.length, 21);
        assert.equal(lines[1], '3,factorial,3!+1,30,2026-01-01T21:00:00+00:00,probabilistic,factorial;small');
    });

    test('JSON is one array of the same', async () => {
        const { body, headers } = await api('export?format=json&tags=small&sort_by=digits&sort_dir=asc');
        assert.equal(headers.get('content-disposition'), `attachment; filename="darkreach-primes-${today()}.json"`);
        assert.deepEqual(body.map((row) => row.id), await ids("tags @> '{small}'", 'digits, id desc'));
        assert.deepEqual(Object.keys(body[0]), CSV_HEADER.split(','));
        assert.deepEqual(body[0].tags, ['factorial', 'small']);
    });

    test('nothing that matches is an empty file', async () => {
        assert.equal((await api('export?form=none')).body, `${CSV_HEADER}\r\n`);
        assert.deepEqual((await api('export?form=none&format=json')).body, []);
        assert.equal((await api('export?format=xml')).body.error, 'format must be one of csv, json, not "xml"');
    });

    test('a file name takes no bytes that a header must not have', async () => {
        const { headers } = await api(`export?form=${encodeURIComponent('a"\r\nX: y/é')}`);
        assert.match(headers.get('content-disposition'), /^attachment; filename="darkreach-primes-a___X__y___-\d{8}\.csv"$/);
    });

    test('a failure in the middle breaks the answer off', async () => {
        await assert.rejects(api('test/big?fail=90000'));
        const early = await api('test/big?fail=1');
        assert.equal(early.status, 400);
        assert.equal(typeof early.body.error, 'string');
    });

    test('formulas are defused', async () => {
        assert.match((await api('test/big?n=1')).body, /^n,filler,formula\r\n1,x{500},"'=1\+1"\r\n$/);
    });

    test('a slow reader holds neither memory nor others up, and a leaver ends the statement', async () => {
        const before = postern.rss();
        const socket = connect(postern.port, '127.0.0.1');
        socket.pause();
        socket.write('GET /api/test/big?n=2000000 HTTP/1.1\r\nHost: x\r\n\r\n'); /* 1 GB, were it read */
        await sleep(1500);
        assert.equal((await api('primes/7/verifications')).status, 200);
        const grown = postern.rss() - before;
        assert.ok(grown < 64 * 1024, `grew by ${grown} KiB`);
        const running = `select count(*)::int as n from pg_stat_activity where usename = 'authenticator' and query like '%filler%' and state <> 'idle'`;
        assert.equal((await query(running))[0].n, 1);
        socket.destroy();
        await until(async () => (await query(running))[0].n === 0, 'the statement goes on');
    });
});

describe('who may call', () => {
    const key = randomBytes(32).toString('hex');
    const use = (hash, more = '') => query(`update private.operators set api_key_hash = $1 ${more} where username = 'ada'`, [hash]);
    before(() => use(createHash('sha256').update(key).digest('hex')));

    const CASES = [
        ['who', 'nobody', undefined, 401, 'Authentication required'],
        ['who', 'the anon key', anonKey, 401, 'Authentication required'],
        ['who', 'the service key (no sub)', serviceKey, 401, 'Authentication required'],
        ['who', 'a machine', key, 401, 'Authentication required'],
        ['who', 'a user', userA.token, 200],
        ['admin', 'nobody', undefined, 401, 'Authentication required'],
        ['admin', 'the anon key', anonKey, 401, 'Authentication required'],
        ['admin', 'a user', userA.token, 403, 'Admin access required'],
        ['admin', 'a machine', key, 403, 'Admin access required'],
        ['admin', 'an administrator', admin.token, 200],
        ['admin', 'the service key', serviceKey, 200],
        ['node', 'nobody', undefined, 401, 'Missing or invalid Authorization header'],
        ['node', 'an administrator', admin.token, 401, 'Missing or invalid Authorization header'],
        ['node', 'a key nobody has', 'f'.repeat(64), 401, 'Invalid or expired API key'],
        ['node', 'a machine', key, 200],
    ];
    for (const [path, who, token, status, error] of CASES)
        test(`${path}: ${who}`, async () => {
            const reply = await api(`test/${path}`, { token });
            assert.equal(reply.status, status, JSON.stringify(reply.body));
            if (error) assert.deepEqual(reply.body, { error });
        });

    test('a route runs as its own role and knows the caller', async () => {
        const { body } = await api('test/who', { token: userA.token });
        assert.equal(body.uid, userA.id);
        assert.equal(body.role, 'postern_api');
    });

    test('what is cached for one caller is not for another', async () => {
        const { body: a } = await api('test/who', { token: userA.token });
        const { body: b, headers } = await api('test/who', { token: admin.token });
        assert.equal(b.uid, admin.id);
        assert.notEqual(a.at, b.at);
        assert.equal(headers.get('cache-control'), 'private, max-age=60');
        assert.match(headers.get('vary') ?? '', /Authorization/);
        assert.equal((await api('test/who', { token: userA.token })).body.at, a.at);
    });

    test('a token cannot claim to be a key', async () => {
        const hash = createHash('sha256').update(key).digest('hex');
        const claims = { aud: 'authenticated', sub: userA.id, key_hash: hash };
        assert.equal((await api('test/node', { token: await mint({ ...claims, role: 'authenticated' }) })).status, 401);
        assert.notEqual((await api('test/node', { token: await mint({ ...claims, role: 'postern_api' }) })).status, 200);
    });

    test('an old, a fenced and an inactive key are refused; below /rest no key counts', async () => {
        const hash = createHash('sha256').update(key).digest('hex');
        await use(hash, ", key_rotated_at = now() - interval '91 days'");
        assert.deepEqual((await api('test/node', { token: key })).body, { error: 'API key expired, please rotate' });
        await use(hash, ", key_rotated_at = now(), allowed_ips = '{10.0.0.1}'");
        const fenced = await api('test/node', { token: key });
        assert.equal(fenced.status, 403);
        assert.deepEqual(fenced.body, { error: 'IP address not in allowlist' });
        await use(hash, ", allowed_ips = '{127.0.0.1}'");
        assert.equal((await api('test/node', { token: key })).status, 200);
        await use(hash, ', allowed_ips = null, is_active = false');
        assert.deepEqual((await api('test/node', { token: key })).body, { error: 'Invalid or expired API key' });
        const rest = await fetch(`${postern.url}/rest/v1/projects`, { headers: { authorization: `Bearer ${key}` } });
        assert.equal(rest.status, 401);
    });

    test('a bad token is refused even where anyone may call', async () => {
        const { status, body } = await api('stats', { token: 'a.b.c' });
        assert.equal(status, 401);
        assert.equal(typeof body.error, 'string');
    });
});

describe('bodies', () => {
    const token = userA.token;

    test('the top-level keys are parameters, typed', async () => {
        const { status, body } = await api('test/echo/5', { token, method: 'POST', body: { title: "it's ü", cost: 1.5, tags: ['a', 'b,"c'], more: { x: [null] }, id: 9, other: 1 } });
        assert.equal(status, 201);
        assert.deepEqual(body, { id: 5, title: "it's ü", cost: 1.5, tags: ['a', 'b,"c'], more: { x: [null] } });
        assert.deepEqual((await api('test/echo/5', { token, method: 'POST', body: { title: 't', cost: null } })).body, { id: 5, title: 't', cost: null, tags: null, more: null });
    });

    const BAD = [
        [{}, 400, 'title is required: text of 1 to 20 characters'],
        [{ title: '' }, 400, 'title must be text of 1 to 20 characters, not """"'],
        [{ title: 1 }, 400, 'title must be text of 1 to 20 characters, not "1"'],
        [{ title: 't', cost: 'much' }, 400, 'cost must be a number, not ""much""'],
        [{ title: 't', tags: [1] }, 400, 'tags must be a list of text, not "[1]"'],
        [[1], 400, 'The body must be a JSON object'],
    ];
    for (const [body, status, error] of BAD)
        test(`refused: ${JSON.stringify(body)}`, async () => {
            const reply = await api('test/echo/5', { token, method: 'POST', body });
            assert.equal(reply.status, status);
            assert.deepEqual(reply.body, { error });
        });

    test('a body that is no JSON, or says so', async () => {
        const json = { 'content-type': 'application/json' };
        assert.equal((await api('test/echo/5', { token, method: 'POST', raw: '{"title":', headers: json })).status, 400);
        assert.equal((await api('test/echo/5', { token, method: 'POST', raw: '{"title":"\\u0000"}', headers: json })).status, 400);
        assert.equal((await api('test/echo/5', { token, method: 'POST', raw: 'title=t', headers: { 'content-type': 'text/plain' } })).status, 415);
    });

    test('PATCH changes what is given, to null if it says null', async () => {
        assert.deepEqual((await api('test/tasks/1', { token, method: 'PATCH', body: { title: 'new' } })).body, { id: 1, title: 'new', note: 'note' });
        assert.deepEqual((await api('test/tasks/1', { token, method: 'PATCH', body: { note: null } })).body, { id: 1, title: 'new', note: null });
        assert.deepEqual((await api('test/tasks/9', { token, method: 'PATCH', body: { note: 'x' } })).body, { error: 'Task not found' });
    });

    test('DELETE answers nothing, or 404', async () => {
        assert.equal((await api('test/tasks/2', { token, method: 'DELETE' })).status, 403);
        const gone = await api('test/tasks/2', { token: admin.token, method: 'DELETE' });
        assert.equal(gone.status, 204);
        assert.equal(gone.body, '');
        assert.equal((await api('test/tasks/2', { token: admin.token, method: 'DELETE' })).status, 404);
    });

    test('what SQL raises becomes a status and a sentence', async () => {
        for (const [code, status] of [['PT409', 409], ['PT418', 418], ['22012', 400], ['42501', 401]]) {
            const reply = await api(`test/raise?code=${code}`);
            assert.equal(reply.status, status, code);
            assert.equal(typeof reply.body.error, 'string');
        }
    });
});

describe('the cache', () => {
    test('a hit has age and tag, and the tag spares the body', async () => {
        const path = 'stats/distribution?bucket_size=77';
        const first = await api(path);
        assert.equal(first.headers.get('cache-status'), 'postern; fwd=miss; stored');
        const hit = await api(path);
        assert.match(hit.headers.get('cache-status'), /^postern; hit; ttl=[45]$/);
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
        const replies = await Promise.all(Array.from({ length: 100 }, () => api('test/slow?n=1')));
        assert.equal(new Set(replies.map((reply) => reply.body.at)).size, 1);
        assert.equal(replies.filter((reply) => reply.headers.get('cache-status') === 'postern; fwd=miss; stored').length, 1);
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
        assert.ok(performance.now() - start < 2500, 'an old answer does not wait for the pool');
        assert.equal(stale.status, 200);
        assert.equal(stale.body, old);
        assert.match(stale.headers.get('cache-status'), /^postern; fwd=stale/);
        const quick = performance.now();
        assert.equal((await api('test/clock')).status, 200);
        assert.ok(performance.now() - quick < 500, 'the second one does not wait');
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
