// Calls: how arguments are found and passed, and what becomes of each kind of result.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'rpc.sql' }); });
after(() => stand?.stop());

const get = (path, headers) => stand.ask(`/rpc/${path}`, { headers });
const post = (path, body, type = 'application/json', headers = {}) =>
    stand.ask(`/rpc/${path}`, { method: 'POST', headers: { ...headers, 'Content-Type': type }, body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) });
const rows = async (cases) => {
    for (const [reply, status, body] of cases) {
        const { status: got, json, text } = await reply;
        assert.deepEqual([got, json === undefined ? text : json], [status, body]);
    }
};

test('a lone parameter without a name takes the body, by its type', () => rows([
    [post('takes_json', [{ a: 1 }, { a: 2 }]), 200, 'array'],
    [post('takes_json', '"x"'), 200, 'string'],
    [post('takes_json', ''), 200, 'object'],
    [post('takes_jsonb', { b: 1, a: [] }), 200, { a: [], b: 1 }],
    [post('takes_text', 'čau', 'text/plain'), 200, 3],
    [post('takes_text', '', 'text/plain; charset=utf-8'), 200, 0],
    [post('takes_xml', '<a>1</a>', 'text/xml'), 200, 'xml <a>1</a>'],
    [post('takes_bytes', new Uint8Array([0, 255, 10, 39]), 'application/octet-stream'), 200, '00ff0a27'],
    [post('either', 'x', 'text/plain'), 200, 'text'],
    [post('either', { z: 1 }), 200, 'json'],
    [post('either', { a: 1, b: 2 }), 200, 'two'],
]));

test('what no function takes is 404, in the words of its type', async () => {
    const cases = [
        ['takes_json', 'x', 'text/plain', ' with a single unnamed text parameter', ''],
        ['takes_json', '<a/>', 'text/xml', ' with a single unnamed xml parameter', ''],
        ['takes_json', 'x', 'application/octet-stream', ' with a single unnamed bytea parameter', ''],
        ['takes_text', { b: 1, a: 2 }, 'application/json', ' with parameters a, b or with a single unnamed json/jsonb parameter', '(a, b)'],
        ['takes_text', 'a=1', 'application/x-www-form-urlencoded', ' with parameter a', '(a)'],
        ['takes_text', 'x,y\n1,2', 'text/csv', ' with parameters x, y', '(x, y)'],
        ['takes_number', '5', 'application/json', ' without parameters or with a single unnamed json/jsonb parameter', ' without parameters'],
    ];
    for (const [name, body, type, searched, given] of cases) {
        const { status, json } = await post(name, body, type);
        assert.deepEqual([status, json.code], [404, 'PGRST202'], `${name} ${type}`);
        assert.equal(json.message, `Could not find the function api.${name}${given} in the schema cache`);
        assert.equal(json.details, `Searched for the function api.${name}${searched}, but no matches were found in the schema cache.`);
    }
    assert.equal((await post('takes_json', 'x', 'image/png')).json.code, 'PGRST102');
});

test('names in messages are sorted, and near ones suggested', async () => {
    const hint = async (path) => (await get(path)).json.hint;
    assert.equal((await get('summed?z=1&a=2&m=3')).json.message, 'Could not find the function api.summed(a, m, z) in the schema cache');
    assert.equal(await hint('summed?a=1&b=2&d=3'), 'Perhaps you meant to call the function api.summed(a, b, c)');
    assert.equal(await hint('all_room'), 'Perhaps you meant to call the function api.all_rooms');
    assert.equal(await hint('elsewhere'), null);
});

test('two that fit are 300, with both', async () => {
    const { status, json } = await get('twins?a=1');
    assert.deepEqual([status, json.code], [300, 'PGRST203']);
    assert.equal(json.message, 'Could not choose the best candidate function between: api.twins(a => integer), api.twins(a => text)');
});

test('arguments: defaults, variadic and repeated ones, by query, JSON, form and CSV', () => rows([
    [get('summed?a=1'), 200, 111],
    [get('summed?a=1&c=2'), 200, 13],
    [post('summed', { a: 1, b: 2, c: 3 }), 200, 6],
    [post('summed', 'a=1&b=1&b=2', 'application/x-www-form-urlencoded'), 200, 103],
    [post('summed', 'a,b\n1,2\n5,6', 'text/csv'), 200, 103],
    [post('summed', [{ a: 1 }, { a: 2 }]), 200, 111],
    [post('summed?columns=a', { a: 1, b: 5, x: 1 }), 200, 111],
    [get('joined?sep=-&parts=a&parts=b,c&parts='), 200, 'a-b,c-'],
    [get('joined?sep=-&sep=%2B&parts=a&parts=b'), 200, 'a+b'],
    [post('joined', { sep: '-', parts: ['a', 'b'] }), 200, 'a-b'],
    [post('joined', 'sep=-&parts=a&parts=b', 'application/x-www-form-urlencoded'), 200, 'a-b'],
    [post('joined', 'sep=-&parts=only', 'application/x-www-form-urlencoded'), 200, 'only'],
    [get('letters?one=abc&many={de}&bits=101'), 200, 'abc,de,101'],
    [get('joined?sep=-&parts=a%22b&parts=c%5Cd'), 200, 'a"b-c\\d'],
    [get('kind_of?data={"a":[1]}'), 200, 'object'],
    [post('kind_of', 'data=[1]', 'application/x-www-form-urlencoded'), 200, 'array'],
    [get('kind_of?data="s"'), 200, 'string'],
    [post('all_optional', 'ignored', 'text/plain'), 200, 1],
]));

test('each kind of result has its shape', () => rows([
    [post('nothing', {}), 204, ''],
    [get('null_int'), 200, null],
    [get('one_pair'), 200, { a: 1, b: 'x' }],
    [get('no_pair'), 200, { a: null, b: null }],
    [get('pairs'), 200, [{ a: 1, b: 'x' }, { a: 2, b: 'y' }]],
    [get('numbers'), 200, [1, 2, 3]],
    [get('a_domain'), 200, 3],
    [get('out_and_in?a=1&c=5'), 200, { b: 2, c: 10 }],
    [get('as_table?low=15'), 200, [{ id: 30, label: 'hall', weight: 15 }, { id: 20, label: 'cellar', weight: 10 }]],
    [get('nested'), 200, [1, { a: null }]],
]));

test('rows of a call are filtered, ordered, paged and embedded like others', () => rows([
    [get('as_table?select=label&weight=gte.10&order=id'), 200, [{ label: 'cellar' }, { label: 'hall' }]],
    [get('as_table?select=name:label,weight::text&id=in.(10,30)&order=weight.desc'), 200, [{ name: 'hall', weight: '15.0000000000000000' }, { name: 'attic', weight: '5.0000000000000000' }]],
    [get('all_rooms?or=(id.eq.1,size.lt.15)&select=id'), 200, [{ id: 1 }, { id: 2 }]],
    [get('all_rooms?select=name,seats(id)&seats.order=id.desc&id=eq.1'), 200, [{ name: 'hall', seats: [{ id: 2 }, { id: 1 }] }]],
    [get('big_room?select=name,seats(row_name)'), 200, { name: 'hall', seats: [{ row_name: 'a' }, { row_name: 'b' }] }],
    [get('numbers?n=9&limit=2&offset=3'), 200, [4, 5]],
]));

test('a page of a call and its total', async () => {
    const cases = [
        [{ Range: '1-2' }, 200, '1-2/*'],
        [{ Range: '1-1', Prefer: 'count=exact' }, 206, '1-1/3'],
        [{ Prefer: 'count=exact' }, 200, '0-2/3'],
        [{ Range: '7-8', Prefer: 'count=exact' }, 416, '*/3'],
    ];
    for (const [headers, status, range] of cases) {
        const reply = await get('all_rooms', headers);
        assert.deepEqual([reply.status, reply.headers.get('content-range')], [status, range]);
    }
});

test('GET and HEAD may not write, POST may', async () => {
    assert.deepEqual([(await get('counted')).status, (await get('counted')).json.code], [405, '25006']);
    assert.equal((await stand.ask('/rpc/counted', { method: 'HEAD' })).status, 405);
    await rows([[post('counted', {}), 200, 9]]);
});

test('other methods are 405, OPTIONS says which are there', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const { status, json } = await stand.ask('/rpc/numbers', { method });
        assert.deepEqual([status, json.message], [405, `Cannot use the ${method} method on RPC`]);
    }
    const allow = async (name) => (await stand.ask(`/rpc/${name}`, { method: 'OPTIONS' })).headers.get('allow');
    assert.deepEqual([await allow('numbers'), await allow('counted')], ['OPTIONS,GET,HEAD,POST', 'OPTIONS,POST']);
});
