// What PostgREST does not have: a required filter, entity tags, QUERY, and NDJSON that streams.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { mint } from '../support/tokens.mjs';
import { startLanguage } from './stand.mjs';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const e = encodeURIComponent;

describe('beyond PostgREST', () => {
    let stand;
    before(async () => (stand = await startLanguage({ fixture: 'beyond.sql', env: { POSTERN_ALLOWED_ROLES: '*' } })));
    after(() => stand?.stop());

    describe('a filter is required', () => {
        let strict;
        before(async () => (strict = await stand.more({ POSTERN_REQUIRE_FILTER: 'true' })));
        const service = async () => ({ Authorization: `Bearer ${await mint({ role: 'service_role' })}` });

        it('of PATCH and DELETE', async () => {
            for (const [method, body, word] of [['PATCH', { body: 'x' }, 'UPDATE'], ['DELETE', undefined, 'DELETE']]) {
                for (const path of ['/notes', '/notes?select=id', '/notes?limit=1&order=id']) {
                    const reply = await strict.ask(path, { method, body });
                    assert.equal(reply.status, 400, path);
                    assert.equal(reply.json.code, '21000');
                    assert.equal(reply.json.message, `${word} requires a WHERE clause`);
                    assert.match(reply.json.hint, /filter/);
                }
                assert.equal((await strict.ask('/notes?id=eq.0', { method, body })).status, 204);
                assert.equal((await strict.ask('/notes?or=(id.eq.0,id.eq.-1)', { method, body })).status, 204);
            }
            assert.deepEqual((await stand.ask('/notes?select=body&order=id')).json, [{ body: 'one' }, { body: 'two' }]);
        });

        it('but not of service_role, and not with the settings of PostgREST alone', async () => {
            const rollback = { Prefer: 'tx=rollback' };
            assert.equal((await strict.ask('/notes', { method: 'PATCH', body: { body: 'all' }, headers: await service() })).status, 204);
            assert.equal((await stand.ask('/notes', { method: 'PATCH', body: { body: 'again' }, headers: rollback })).status, 204);
        });
    });

    describe('entity tags', () => {
        it('say that nothing changed', async () => {
            for (const path of ['/items?id=lt.5', '/items?id=eq.-1', '/rpc/sizes', '/items?select=id&limit=2&offset=1', '/parts?select=id,items(name)']) {
                const first = await stand.ask(path);
                const tag = first.headers.get('etag');
                assert.match(tag, /^W\/"[0-9a-f]{32}"$/, path);
                for (const method of ['GET', 'HEAD'])
                    for (const held of [tag, tag.slice(2), `"x", ${tag}`, '*']) {
                        const again = await stand.ask(path, { method, headers: { 'If-None-Match': held } });
                        assert.deepEqual([again.status, again.text, again.headers.get('etag')], [304, '', tag], `${method} ${path} ${held}`);
                        assert.match(again.headers.get('vary'), /Accept/);
                    }
                const other = await stand.ask(path, { headers: { 'If-None-Match': '"x"' } });
                assert.deepEqual([other.status, other.text], [200, first.text]);
            }
        });

        it('change with the rows, and with their form', async () => {
            const read = async (headers = {}, path = '/notes?order=id') => (await stand.ask(path, { headers })).headers.get('etag');
            const tag = await read();
            assert.equal(await read(), tag);
            assert.notEqual(await read({ Accept: 'text/csv' }), tag);
            await stand.ask('/notes?id=eq.1', { method: 'PATCH', body: { body: 'new' } });
            assert.notEqual(await read(), tag);
            assert.equal((await stand.ask('/notes?order=id', { headers: { 'If-None-Match': tag } })).status, 200);
        });

        it('are of whole answers to reads only', async () => {
            const none = [
                ['/items?limit=1', { headers: { Prefer: 'count=exact' } }], ['/items?limit=1', { method: 'HEAD' }], ['/nothing', {}], ['/rpc/sizes', { method: 'POST', body: {} }],
                ['/notes?id=eq.1', { method: 'PATCH', body: { body: 'x' }, headers: { Prefer: 'return=representation' } }],
            ];
            for (const [path, options] of none) assert.equal((await stand.ask(path, options)).headers.get('etag'), null, path);
        });
    });

    describe('QUERY', () => {
        // fetch knows QUERY only as a method like any other, which suffices.
        const query = (path, body, headers = FORM) => stand.ask(path, { method: 'QUERY', headers, body });
        const post = (path, body, headers = FORM) => stand.ask(`${path}${path.includes('?') ? '&' : '?'}_method=query`, { method: 'POST', headers, body });

        for (const [name, ask] of [['QUERY', query], ['POST ?_method=query', post]])
            it(`${name} is the GET it stands for`, async () => {
                const ids = Array.from({ length: 1900 }, (_, i) => i + 1).join(',');
                const cases = [
                    ['/items', 'id=eq.3'], ['/items', 'select=id,name&id=in.(1,2)&order=id.desc'], ['/items?select=id', 'id=lt.4'], ['/items', `name=eq.${e('item 7')}`], ['/items', 'name=eq.item+7'],
                    ['/items?id=gt.1990', ''], ['/rpc/sizes', 'lowest=7'], ['/items', 'nothing=eq.1'], ['/items', 'id=eq.x'], ['/nothing', ''],
                ];
                for (const [path, body] of cases) {
                    const as = await stand.ask(`${path}${path.includes('?') ? '&' : '?'}${body}`);
                    const reply = await ask(path, body);
                    assert.deepEqual([reply.status, reply.text], [as.status, as.text], `${path} ${body}`);
                    for (const header of ['etag', 'content-location', 'content-range', 'content-type']) assert.equal(reply.headers.get(header), as.headers.get(header), header);
                }
                const long = await ask('/items', `select=id&id=in.(${ids})`);
                assert.equal(long.json.length, 1900);
            });

        it('takes more than a URL does, within its cap', async () => {
            const filler = `name=neq.${'x'.repeat(200000)}&id=eq.1`;
            assert.deepEqual((await query('/items?select=id', filler)).json, [{ id: 1 }]);
            assert.equal((await query('/items', filler)).headers.get('content-location'), null, 'no header is that long');
            const capped = await stand.more({ POSTERN_BODY_MAX: '4MiB' });
            const reply = await capped.ask('/items', { method: 'QUERY', headers: FORM, body: `name=eq.${'x'.repeat(1 << 20)}` });
            assert.deepEqual([reply.status, reply.json.code], [413, 'PST413']);
        });

        it('only reads', async () => {
            const before = (await stand.query('select count(*) from api.notes'))[0];
            for (const ask of [query, post]) assert.equal((await ask('/rpc/change', '')).status, 405);
            assert.deepEqual((await stand.query('select count(*) from api.notes'))[0], before);
        });

        it('wants a form', async () => {
            for (const ask of [query, post]) {
                assert.equal((await ask('/items', '{}', { 'Content-Type': 'application/json' })).status, 415);
                assert.equal((await ask('/items', 'id=eq.1', { 'Content-Type': 'text/plain' })).status, 415);
            }
            assert.equal((await stand.ask('/notes?_method=other', { method: 'POST', body: { body: 'a row' } })).json.code, 'PGRST100', 'any other word is a filter, as ever');
        });

        it('says where it is understood', async () => {
            const accepts = async (path) => (await stand.ask(path, { method: 'OPTIONS' })).headers.get('accept-query');
            assert.equal(await accepts('/items'), '"application/x-www-form-urlencoded"');
            assert.equal(await accepts('/rpc/sizes'), '"application/x-www-form-urlencoded"');
            assert.equal(await accepts('/rpc/change'), null);
            const preflight = (method) => ask({ method: 'OPTIONS', path: '/items', headers: { Origin: 'http://a.example', 'Access-Control-Request-Method': method } });
            assert.match((await preflight('QUERY')).headers['access-control-allow-methods'], /QUERY$/);
            assert.doesNotMatch((await preflight('GET')).headers['access-control-allow-methods'], /QUERY/);
        });

        const ask = (options) =>
            new Promise((done, fail) => {
                http.request(`${stand.url}${options.path}`, options, (reply) => reply.resume().on('end', () => done(reply))).on('error', fail).end();
            });
    });

    describe('NDJSON', () => {
        const ND = { Accept: 'application/x-ndjson' };
        const lines = (text) => text.split('\n').slice(0, -1).map((line) => JSON.parse(line));

        it('is the rows of the JSON answer, one a line', async () => {
            const cases = [
                '/items?order=id', '/items?id=eq.-1', '/items?select=id,n:name&order=id.desc&limit=3&offset=1', '/items?select=size,id.sum()&order=size', '/items?select=id.count()',
                '/parts?select=*,items(name)&order=id', '/parts?select=id,...items(name)&order=id', '/breaks', '/rpc/sizes', '/rpc/sizes?lowest=8', '/rpc/first?count=2', '/rpc/first?count=3&select=name&id=gt.1',
            ];
            for (const path of cases) {
                const [json, reply] = [await aggregates.ask(path), await aggregates.ask(path, { headers: ND })];
                assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'application/x-ndjson'], `${path} ${reply.text}`);
                assert.deepEqual(lines(reply.text), [].concat(json.json), path);
                assert.equal(reply.headers.get('etag'), null);
                assert.equal(reply.headers.get('content-length'), null);
            }
            assert.equal((await stand.ask('/rpc/sizes', { method: 'POST', body: { lowest: 9 }, headers: ND })).text, '9\n');
            const head = await stand.ask('/items', { method: 'HEAD', headers: ND });
            assert.deepEqual([head.status, head.text, head.headers.get('content-type')], [200, '', 'application/x-ndjson']);
        });

        it('fails as ever before the first row, and breaks off behind it', async () => {
            assert.equal((await stand.ask('/items?id=eq.x', { headers: ND })).json.code, '22P02');
            assert.equal((await stand.ask('/nothing', { headers: ND })).json.code, 'PGRST205');
            await assert.rejects(stand.ask('/broken', { headers: ND }), 'half an answer must not look whole');
        });

        it('is not there for what writes or must be counted first', async () => {
            const refused = [
                ['/notes', { method: 'POST', body: { body: 'x' }, headers: { ...ND, Prefer: 'return=representation' } }], ['/rpc/change', { method: 'POST', body: {}, headers: ND }],
                ['/rpc/sizes', { headers: { ...ND, Prefer: 'handling=strict, max-affected=1' } }],
            ];
            for (const [path, options] of refused) assert.equal((await stand.ask(path, options)).json.code, 'PGRST107', path);
            assert.equal((await stand.ask('/items', { headers: { Accept: 'application/x-ndjson;q=0.5, application/json' } })).headers.get('content-type'), 'application/json; charset=utf-8');
        });

        it('of a million rows takes no more memory than of one', async () => {
            await stand.ask('/many?limit=50000', { headers: ND });
            const before = stand.postern.rss();
            let most = before;
            let count = 0;
            const timer = setInterval(() => (most = Math.max(most, stand.postern.rss())), 20);
            const reply = await fetch(`${stand.url}/many`, { headers: ND });
            for await (const piece of reply.body) for (const byte of piece) count += byte === 10;
            clearInterval(timer);
            assert.equal(count, 1000000);
            assert.ok(most - before < slack(), `${most - before} KiB more`);
        });

        it('waits for a slow client, and ends the statement of one who leaves', async () => {
            const before = stand.postern.rss();
            const request = http.request(`${stand.url}/many`, { headers: ND });
            const reply = await new Promise((done) => request.on('response', done).end());
            const active = () => stand.query("select 1 from pg_stat_activity where query like '%many%' and query not like '%pg_stat%' and state = 'active'");
            await new Promise((done) => setTimeout(done, 500)); // nobody reads
            assert.ok(stand.postern.rss() - before < slack());
            assert.equal((await active()).length, 1);
            reply.destroy();
            const end = Date.now() + 5000;
            while ((await active()).length > 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
            assert.equal((await active()).length, 0);
        });

        let aggregates;
        before(async () => (aggregates = await stand.more({ PGRST_DB_AGGREGATES_ENABLED: 'true' })));
        const slack = () => (stand.postern.sanitized() ? 128 : 8) * 1024;
    });
});
