// The curated routes: the shapes the frontend reads, every filter, downloads.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { sleep, until } from '../support/process.mjs';
import { startApi } from './api_stand.mjs';

const CSV_HEADER = 'id,form,expression,digits,found_at,proof_method,tags';
const PRIME = ['id', 'form', 'expression', 'digits', 'found_at', 'proof_method', 'verified', 'verified_at', 'verification_method', 'verification_tier', 'tags'];

let stand, postern, api, query, ids;
before(async () => {
    stand = await startApi();
    ({ postern, api, query, ids } = stand);
});
after(() => stand?.stop());

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
