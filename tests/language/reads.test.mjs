// Filters, paths, casts, pages and counts: what of them came after 12.0.2, or is promised here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'reads.sql' }); });
after(() => stand?.stop());

const e = encodeURIComponent;

/** Each case: a filter on things, and the ids that it leaves (a number for a status, a code for an error). */
async function filters(cases) {
    for (const [filter, want] of cases) {
        const reply = await stand.ask(`/things?select=id&order=id&${filter}`);
        const got = typeof want === 'number' ? reply.status : typeof want === 'string' ? reply.json.code : reply.json.map?.(({ id }) => id) ?? reply.json;
        assert.deepEqual(got, want, `${filter}: ${reply.text}`);
    }
}

/** Each case: a query and the JSON of its answer. */
async function answers(cases) {
    for (const [path, want] of cases) assert.deepEqual((await stand.ask(path)).json, want, path);
}

test('is.not_null, in either case, negated too', () => filters([
    ['name=is.not_null', [1, 2, 4, 5]], ['name=not.is.NOT_NULL', [3]], ['or=(name.is.not_null,id.eq.3)', [1, 2, 3, 4, 5]], ['done=is.not_true', 400],
]));

test('isdistinct treats null as a value', () => filters([
    ['name=isdistinct.', [1, 2, 3, 5]], ['done=not.isdistinct.true', [1, 4]], ['and=(tags.isdistinct.{1,2},id.lt.4)', [2, 3]],
]));

test('full text: words are searched in text and JSON too, in the language of the query', () => filters([
    ['words=fts.cat', [1]], ['words=fts(english).walking', [2]], ['words=plfts(simple).the end', [5]],
    ['name=fts.cats', [1]], ['name=plfts(german).hund', [2]], ['name=phfts.fat cat', [1]], ['name=wfts.cat or hunde', [1, 2]], ['name=not.fts(english).cats', [2, 4, 5]],
    ['short=fts(english).dog', [2]], ['fixed=plfts(english).cat', [1]], ['old=fts(english).running', [1]], ['data=fts(english).walking', [2]], ['data->>t=fts(english).running', [1]],
    ['or=(name.plfts(german).hund,data.fts(english).running)', [1, 2]], ['name=fts(nolang).x', '42704'], ['name=fts(a.b).x', 'PGRST100'], ['name=fts().x', 'PGRST100'],
]));

test('full text and JSON paths see through domains, of tables and of functions', async () => {
    for (const name of ['articles', 'rpc/all_articles', 'rpc/some_articles'])
        await answers([
            [`/${name}?select=id&words=fts(simple).of`, [{ id: 1 }]], [`/${name}?select=id&words=not.plfts(simple).end`, [{ id: 2 }]],
            [`/${name}?select=n:body->a->n->0&body->a->n->>0=eq.7`, [{ n: 7 }]],
        ]);
});

test('(any) and (all) take an array, on the operators that have them', () => filters([
    ['id=eq(any).{1,3,9}', [1, 3]], ['id=not.eq(any).{1,3}', [2, 4, 5]], ['id=gt(all).{1,3}', [4, 5]], ['name=like(any).{*cat,Z*}', [1, 2]], ['name=ilike(all).{*A*,*T}', [1]],
    ['name=match(any).{^a,^Z}', [1, 2, 5]], ['or=(id.lt(all).{2,3},id.eq(any).{5})', [1, 5]], ['id=in(any).(1)', 'PGRST100'], ['id=neq(any).{1}', 'PGRST100'],
]));

test('arrays, ranges and composites', () => filters([
    ['tags=cs.{2}', [1, 2]], ['tags=cd.{1,2,3}', [1, 2, 4]], ['tags=ov.{3,5}', [2, 5]], ['span=sl.[5,6)', [1, 5]], ['span=adj.[5,6)', [1]], ['span=nxr.[1,6)', [1, 5]], ['span=nxl.[2,6)', [2, 5]], ['span=sr.[1,2]', [2]],
    ['tags->0=eq.2', [2]], ['tags->>-1=eq.3', [2]], ['grid->1->>0=eq.7', [2]], ['spot->>y=eq.two', [2]], ['spot->x=gt.3', [4, 5]],
]));

test('JSON paths: keys, indexes and what only looks like one', () => filters([
    ['data->a->b->>0=eq.10', [1]], ['data->a->b->>-1=in.(20,30)', [1, 2]], ['data->1->1->>c=eq.3', [4]], ['data->1->1->c=eq.3', [4]], ['data->>t=like.r*', [1]], ['data->a=is.null', [3, 4, 5]], ['old->>t=neq.walks', [1]],
    ['data->>a->b=eq.1', '42883'], ['data->=eq.1', 'PGRST100'], ['data->>--1=eq.1', 'PGRST100'],
]));

test('a per cent sign is itself where it escapes nothing', () => filters([
    ['name=like.%Zwei%', [2]], ['short=eq.10%', [4]], ['short=eq.10%25', [4]], ['name=like.%63%', 200], ['name=eq.%ff', 'PGRST100'], ['name=eq.%00', 'PGRST100'],
]));

test('quotes, commas, parentheses and backslashes in lists and trees', () => filters([
    [`name=in.("a\\"b,(c)\\\\d",x)`, [5]], [`or=(name.eq."a\\"b,(c)\\\\d",id.eq.1)`, [1, 5]], ['name=in.()', []], ['name=in.("")', []], ['name=in.("",x)', [4]], ['name=in.( )', []], ['id=in.( 1 , 2 )', [1, 2]],
    ['and=( id.gt.1 , or( id.eq.2 , name.is.null ) )', [2, 3]], ['not.and=(id.gt.1,id.lt.4)', [1, 4, 5]], ['or=(not.and(id.gt.1,id.lt.5),id.eq.3)', [1, 3, 5]], ['or=(tags.eq.{2,3},id.eq.1)', [1, 2]],
]));

test('names that need quotes, and words that mean something elsewhere', () => answers([
    [`/odd names?select=${e('"a.b","c,d","e\\"f"')}&id=eq.1`, [{ 'a.b': 'x', 'c,d': 2, 'e"f': 3 }]],
    ['/odd%20names?select=größe,$m,x-y,order,select&"select"=eq.80', [{ größe: 40, $m: 50, 'x-y': 60, order: 70, select: 80 }]],
    [`/odd names?select=id&${e('"a.b"')}=eq.y`, [{ id: 2 }]], [`/odd names?select=id&or=(${e('"a.b"')}.eq.x,größe.eq.40)&order=${e('"c,d"')}.desc`, [{ id: 2 }, { id: 1 }]],
    [`/odd names?select=${e('"größer als":größe')}&id=eq.1`, [{ 'größer als': 4 }]],
]));

test('a cast to any type that there is', () => answers([
    ['/things?select=id::text,t:tags::_text,f:feels::text,n:short::mood&id=eq.1&short=eq.x', []],
    ['/things?select=a:id::text,b:id::float8,c:id::FLOAT,d:tags::_int8,e:feels::Text,f:done::int,g:name::varchar,h:id::double precision&id=eq.1', [{ a: '1', b: 1, c: 1, d: [1, 2], e: 'sad', f: 1, g: 'a fat cat', h: 1 }]],
    ['/things?select=k:data->>t::mood&id=eq.3', [{ k: null }]], ['/things?select=d:data->a->b->0::text&id=eq.1', [{ d: '10' }]],
    ['/things?select=id::nothing', { code: '42704', details: null, hint: null, message: 'type "nothing" does not exist' }],
]));

test('order: paths, nulls, the first of several, and words that are none', () => answers([
    ['/things?select=id&order=data->a->b->0.desc.nullslast,id&limit=2', [{ id: 2 }, { id: 1 }]], ['/things?select=id&order=spot->y.desc.nullslast&limit=2', [{ id: 2 }, { id: 1 }]], ['/things?select=id&order= feels , id&limit=2', [{ id: 1 }, { id: 5 }]],
    ['/things?select=id&id=gt.3&order=id.desc&order=id', [{ id: 5 }, { id: 4 }]],
    ['/things?order=id.asx', { code: 'PGRST100', details: 'unexpected "x" expecting "asc", "desc", "nullsfirst" or "nullslast"', hint: null, message: '"failed to parse order (id.asx)" (line 1, column 4)' }],
]));

test('limit and offset beside the Range header', async () => {
    const cases = [
        ['limit=3', '1-', [2, 3], '1-2/*'], ['limit=2&offset=1', '0-9', [2, 3], '1-2/*'], ['offset=3', '0-3', [4], '3-3/*'], ['limit= 2 ', undefined, [1, 2], '0-1/*'], ['limit=x', undefined, [1, 2, 3, 4, 5], '0-4/*'], ['limit=x&offset=y', undefined, [], '*/*'], ['limit=0', undefined, [], '*/*'],
    ];
    for (const [query, range, ids, contentRange] of cases) {
        const reply = await stand.ask(`/things?select=id&order=id&${query}`, { headers: range === undefined ? {} : { Range: range } });
        assert.deepEqual([reply.status, reply.json.map(({ id }) => id), reply.headers.get('content-range')], [200, ids, contentRange], query);
    }
    for (const [query, status, code] of [['limit=-1', 416, 'PGRST103'], ['limit=99999999999999999999', 400, '22003'], ['offset=99999999999999999999', 400, '22003'], ['limit=1&offset=9223372036854775807', 200]]) {
        const reply = await stand.ask(`/things?${query}`);
        assert.deepEqual([reply.status, reply.json.code], [status, code], query);
    }
});

const counted = async (server, path, count, method = 'HEAD') => {
    const reply = await server.ask(path, { method, headers: { Prefer: `count=${count}` } });
    return [reply.status, reply.headers.get('content-range'), reply.headers.get('preference-applied')];
};

test('count=planned is what the planner expects, and reads no more than the page', async () => {
    for (const method of ['GET', 'HEAD']) {
        assert.deepEqual(await counted(stand, '/guessed?limit=3', 'planned', method), [206, '0-2/2000', 'count=planned']);
        assert.deepEqual(await counted(stand, '/projects', 'planned', method), [200, '0-39/40', 'count=planned']);
        assert.deepEqual(await counted(stand, '/projects?id=eq.7', 'planned', method), [200, '0-0/1', 'count=planned']);
        assert.deepEqual(await counted(stand, '/projects?limit=5&offset=2', 'planned', method), [206, '2-6/40', 'count=planned']);
    }
    assert.deepEqual(await counted(stand, '/rpc/many_projects', 'planned', 'GET'), [200, '0-39/*', 'count=planned'], 'a call is not explained');
});

test('count=estimated counts up to db-max-rows, and takes the larger of count and plan beyond', async () => {
    const few = await stand.more({ PGRST_DB_MAX_ROWS: '10' });
    assert.deepEqual(await counted(few, '/guessed', 'estimated'), [206, '0-9/2000', 'count=estimated']);
    assert.deepEqual(await counted(few, '/guessed?id=lt.5', 'estimated'), [200, '0-3/4', 'count=estimated']);
    assert.deepEqual(await counted(few, '/projects', 'estimated'), [206, '0-9/40', 'count=estimated']);
    assert.deepEqual(await counted(few, '/projects', 'exact'), [206, '0-9/40', 'count=exact']);
    assert.deepEqual(await counted(stand, '/guessed?limit=3', 'estimated'), [206, '0-2/2000', 'count=estimated'], 'without a maximum: the larger of both');
    assert.deepEqual(await counted(stand, '/guessed?limit=3', 'exact'), [206, '0-2/40', 'count=exact']);
});

test('an argument of a call is what does not begin as an operator does', () => answers([
    ['/rpc/takes?v=plain', 'plain'], ['/rpc/takes?v=eq', 'eq'], ['/rpc/takes?v=equal.1', 'equal.1'], ['/rpc/takes?v=', ''], [`/rpc/takes?${e('"v"')}=quoted`, 'quoted'],
    ['/rpc/takes?v=in.x', { code: 'PGRST100', details: 'unexpected "x" expecting "("', hint: null, message: '"failed to parse filter (in.x)" (line 1, column 4)' }],
]));

test('a cap is a clear 400', async () => {
    for (const [query, message] of [
        [`id=in.(${'1,'.repeat(10000)}1)`, 'A list has more than 10000 elements'], ['id=eq.1&'.repeat(501), 'The query has more than 500 filters'],
        [`or=(${'and('.repeat(33)}id.eq.1${')'.repeat(34)}`, 'A logic tree is more than 32 levels deep'], [`select=${'a('.repeat(17)}`, 'The select parameter is more than 16 levels deep'],
    ]) {
        const reply = await stand.ask(`/things?${query}`);
        assert.deepEqual([reply.status, reply.json.code, reply.json.message], [400, 'PGRST100', message]);
    }
    const long = (length) => stand.ask(`/things?select=id&short=eq.${'x'.repeat(length)}`);
    assert.deepEqual((await long(60000)).json, []);
    const longer = await long(66000);
    assert.deepEqual([longer.status, longer.json.hint], [431, 'At most 65536 bytes are read']);
});
