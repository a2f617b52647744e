// Media types: which one the answer has, and what makes its body.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand, explaining;
before(async () => {
    stand = await startLanguage({ fixture: 'media.sql' });
    explaining = await stand.more({ PGRST_DB_PLAN_ENABLED: 'true' });
});
after(() => stand?.stop());

const ask = (path, accept, options = {}) => stand.ask(path, { ...options, headers: { Accept: accept, ...options.headers } });
const bytes = async (path, accept) => Buffer.from(await (await fetch(stand.url + path, { headers: { Accept: accept } })).arrayBuffer()).toString('hex');

test('the type of the answer, by weight, place and how specific it is', async () => {
    const json = 'application/json; charset=utf-8', csv = 'text/csv; charset=utf-8';
    const cases = [
        ['/dots', '*/*', json],
        ['/dots', 'text/csv', csv],
        ['/dots', 'text/html, */*;q=0.1', json],
        ['/dots', 'application/json;q=0.1, text/csv;q=0.2', csv],
        ['/dots', '*/*, text/csv', csv],
        ['/dots', 'text/*', csv],
        ['/dots', 'image/png, application/*', json],
        ['/dots', 'APPLICATION/JSON', json],
        ['/dots', 'application/vnd.pgrst.array', json],
        ['/dots', 'application/vnd.pgrst.array+json;nulls=stripped', 'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8'],
        ['/dots?id=eq.1', 'application/vnd.pgrst.object', 'application/vnd.pgrst.object+json; charset=utf-8'],
        ['/dots?id=eq.1', 'application/vnd.pgrst.object+json; nulls=stripped', 'application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8'],
        ['/dots', 'application/x-dots, application/json', 'application/x-dots'],
        ['/dots', 'text/x-lines', 'text/x-lines'],
        ['/rpc/words', 'text/plain', 'text/plain; charset=utf-8'],
        ['/rpc/words', '*/*', json],
        ['/rpc/bits', 'image/png;q=0.9, image/x-bits;q=0.8, */*;q=0.1', 'image/x-bits'],
        ['/rpc/upper_words', 'text/x-upper', 'text/x-upper'],
    ];
    for (const [path, accept, type] of cases) {
        const reply = await ask(path, accept);
        assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, type], `${path} ${accept}`);
    }
});

test('what is not there is 406 with the names that were sent', async () => {
    const cases = [
        ['/dots', 'image/png, text/html;q=0.5', 'image/png, text/html'],
        ['/dots', 'nonsense', 'nonsense'],
        ['/dots?select=id', 'application/x-dots', 'application/x-dots'],
        ['/marks', 'application/x-dots', 'application/x-dots'],
        ['/rpc/many_words', 'text/plain', 'text/plain'],
        ['/dots', 'application/vnd.pgrst.plan+json', 'application/vnd.pgrst.plan+json; for="application/json"'],
    ];
    for (const [path, accept, names] of cases) {
        const { status, json } = await ask(path, accept);
        assert.deepEqual([status, json.code, json.message], [406, 'PGRST107', `None of these media types are available: ${names}`]);
    }
});

test('a handler makes the body: of one table, of any rows, of a value', async () => {
    const cases = [
        ['/dots?order=id.desc', 'application/x-dots', 'dots 2;1;'],
        ['/dots?id=eq.9', 'application/x-dots', 'dots '],
        ['/rpc/some_dots', 'application/x-dots', 'dots 1;'],
        ['/dots?select=name,id&order=id', 'text/x-lines', '(one,1)\n(,2)\n'],
        ['/marks?select=note,dots(id)&id=eq.1', 'text/x-lines', '(a,"{""id"": 1}")\n'],
        ['/rpc/pairs?a=eq.1', 'text/x-lines', '(1,"x,""y")\n'],
        ['/shouts', 'application/json', '{"shouts" : "HEYYOU"}'],
        ['/shouts?select=word', 'application/json', /^\[\{"word":"hey"\},\s*\{"word":"you"\}\]$/],
        ['/rpc/words', 'text/plain', 'čau'],
        ['/rpc/words', 'application/json', '"čau"'],
        ['/rpc/no_bits', 'image/x-bits', ''],
    ];
    for (const [path, accept, want] of cases) {
        const { status, text } = await ask(path, accept);
        assert.equal(status, 200, `${path} ${text}`);
        if (want instanceof RegExp) assert.match(text, want);
        else assert.equal(text, want);
    }
    assert.equal(await bytes('/rpc/bits?n=2', 'image/x-bits'), '00ff00ff');
});

test('a handler of */* answers to every type, and may choose its own', async () => {
    for (const [accept, type] of [['*/*', 'application/octet-stream'], ['text/csv', 'application/octet-stream'], ['application/x-mine', 'application/x-mine']]) {
        const reply = await ask('/wild', accept);
        assert.deepEqual([reply.status, reply.headers.get('content-type'), reply.text], [200, type, '1 2 ']);
    }
    assert.equal((await ask('/wild', 'application/x-refused')).status, 406);
    assert.deepEqual((await ask('/wild?v=eq.1', 'application/vnd.pgrst.object')).json, { v: 1 });
    assert.deepEqual((await ask('/wild?select=v', 'application/json')).json, [{ v: 1 }, { v: 2 }]);
});

test('a handler makes what a write returns, and a page has its total', async () => {
    const made = await ask('/dots', 'application/x-dots', { method: 'POST', headers: { Prefer: 'return=representation' }, body: { id: 7 } });
    assert.deepEqual([made.status, made.text, made.headers.get('content-type')], [201, 'dots 7;', 'application/x-dots']);
    const gone = await ask('/dots?id=eq.7', 'text/x-lines', { method: 'DELETE', headers: { Prefer: 'return=representation' } });
    assert.deepEqual([gone.status, gone.text], [200, '(7,,)\n']);
    assert.equal((await ask('/dots', 'application/x-dots', { method: 'POST', body: { id: 8 } })).text, '');
    await stand.query('delete from api.dots where id > 2');
    const page = await ask('/dots?limit=1', 'text/x-lines', { headers: { Prefer: 'count=exact' } });
    assert.deepEqual([page.status, page.headers.get('content-range')], [206, '0-0/2']);
    const head = await ask('/dots', 'application/x-dots', { method: 'HEAD' });
    assert.deepEqual([head.status, head.text, head.headers.get('content-type')], [200, '', 'application/x-dots']);
});

test('nulls are stripped where that is asked for', async () => {
    const array = 'application/vnd.pgrst.array+json;nulls=stripped', object = 'application/vnd.pgrst.object+json;nulls=stripped';
    assert.deepEqual((await ask('/dots?order=id', array)).json, [{ id: 1, name: 'one', x: 1.5 }, { id: 2, x: 2 }]);
    assert.deepEqual((await ask('/dots?id=eq.2', object)).json, { id: 2, x: 2 });
    assert.deepEqual((await ask('/dots?select=id,marks(note)&id=eq.1', array)).json, [{ id: 1, marks: [{ note: 'a' }, {}] }]);
    assert.deepEqual((await ask('/rpc/pairs?order=a', array)).json, [{ a: 1, b: 'x,"y' }, { a: 2 }]);
});

test('CSV has a line of names, also of calls and of what is embedded', async () => {
    const cases = [
        ['/dots?order=id', 'id,name,x\n1,one,1.5\n2,,2'],
        ['/dots?select=n:name,id&id=eq.1', 'n,id\none,1'],
        ['/dots?id=eq.9', '\n'],
        ['/rpc/pairs', 'a,b\n1,"x,""y"\n2,'],
        ['/rpc/words', 'pgrst_scalar\nčau'],
        ['/rpc/a_record', 'pgrst_scalar\n"(1,y)"'],
        ['/rpc/some_dots?select=x', 'x\n1.5'],
        ['/marks?select=id,dots(id)&id=eq.1', 'id,dots\n1,"{""id"": 1}"'],
        ['/marks?select=id,...dots(name)&id=eq.1', 'id,name\n1,one'],
    ];
    for (const [path, want] of cases) {
        const { status, text } = await ask(path, 'text/csv');
        assert.equal(status, 200, text);
        if (want instanceof RegExp) assert.match(text, want);
        else assert.equal(text, want, path);
    }
});

test('a plan is explained, not run, when that is allowed', async () => {
    const explain = (path, accept, options = {}) => explaining.ask(path, { ...options, headers: { Accept: accept, ...options.headers } });
    const text = await explain('/dots?id=eq.1', 'application/vnd.pgrst.plan');
    assert.deepEqual([text.status, text.headers.get('content-type')], [200, 'application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8']);
    assert.match(text.text, /^Aggregate .*\n.*Scan.* on dots/);
    assert.equal(text.headers.get('content-range'), null);

    const json = await explain('/dots?id=eq.1', 'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose|settings|buffers|wal');
    assert.equal(json.headers.get('content-type'), 'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose|settings|buffers|wal; charset=utf-8');
    assert.equal(json.json[0].Plan['Actual Rows'], 1);
    assert.match(json.text, /string_agg/);
    assert.equal(json.json[0].Settings.search_path, '"api", "public"');

    assert.match((await explain('/dots', 'application/vnd.pgrst.plan; for="application/x-dots"; options=verbose')).text, /dots_of/);
    const output = async (path, options) => (await explain(path, 'application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object"; options=verbose', options)).json[0].Plan.Output;
    assert.match((await output('/dots'))[2], /^COALESCE\(\(json_agg\(ROW\(dots.id, dots.name, dots.x\)\) -> 0\), 'null'::json\)$/);
    assert.match((await output('/dots?id=eq.1', { method: 'DELETE', headers: { Prefer: 'return=representation' } }))[3], /json_agg/);
    assert.match((await explain('/rpc/words', 'application/vnd.pgrst.plan; for="text/plain"; options=verbose')).text, /Output: NULL::text, 1, .čau./);
    assert.match((await explain('/rpc/some_dots', 'application/vnd.pgrst.plan')).text, /on dots/);
    assert.match((await explain('/dots', 'application/vnd.pgrst.plan', { method: 'POST', body: { id: 99 } })).text, /Insert on dots/);
    assert.deepEqual((await stand.ask('/dots?id=eq.99')).json, []);
    for (const inner of ['image/png', 'application/vnd.pgrst.plan'])
        assert.equal((await explain('/dots', `application/vnd.pgrst.plan; for="${inner}"`)).status, 406);
});

test('geo+json needs PostGIS', async () => {
    const { status, json } = await ask('/dots', 'application/geo+json');
    assert.deepEqual([status, json.code], [404, '42883']);
});
