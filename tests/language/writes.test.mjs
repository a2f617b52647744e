// Insert, update, put, delete, upsert: what of them came after 12.0.2, or is promised here.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'writes.sql' }); });
after(() => stand?.stop());
beforeEach(() => stand.query('truncate api.things, api.strict_ids, api.paints, api.tinted, api.logs, api.halves restart identity'));

const ROWS = 'return=representation';
const CSV = { 'Content-Type': 'text/csv' };
const write = (method, path, body, headers = {}) => stand.ask(path, { method, body, headers: { Prefer: ROWS, ...headers } });

/** Each case: what it shows, the request, the status, the JSON of the answer (a code alone for an error). */
async function check(cases) {
    for (const [what, [method, path, body, headers], status, want] of cases) {
        const reply = await write(method, path, body, headers);
        assert.equal(reply.status, status, `${what}: ${reply.text}`);
        assert.deepEqual(typeof want === 'string' ? reply.json.code : reply.json, want, what);
    }
}

const missing = { Prefer: `${ROWS}, missing=default` };

test('missing=default: an identity, a default of the column, one of the domain, in this order', () => check([
    ['all of them', ['POST', '/things?columns=id,name,size,weight', {}, missing], 201, [{ id: 1, name: 'unnamed', size: 7, weight: 3, double: 6 }]],
    ['by row', ['POST', '/things?columns=id,name,size&select=id,name,size', [{ id: 9 }, { name: null, size: 1 }], missing], 201, [{ id: 9, name: 'unnamed', size: 7 }, { id: 3, name: null, size: 1 }]],
    ['an update too', ['PATCH', '/things?id=eq.9&columns=name,size&select=name,size', { size: 5 }, missing], 200, [{ name: 'unnamed', size: 5 }]],
    ['names with quotes', ['POST', "/postern's%20%5C?columns=id,%22it's%22,%22back%5C%5C%22", [{ id: 1 }, { id: 2, "it's": 'x' }], missing], 201, [{ id: 1, "it's": "it's", 'back\\': 1 }, { id: 2, "it's": 'x', 'back\\': 1 }]],
    ['without it they are null', ['POST', '/things?columns=id,name,size&select=name,size', { id: 5 }], 201, [{ name: null, size: null }]],
]));

test('what the database makes itself cannot be written', () => check([
    ['a generated column', ['POST', '/things', { double: 4 }], 400, '428C9'],
    ['an identity that is always generated', ['POST', '/strict_ids', { id: 4 }], 400, '428C9'],
    ['which is filled in', ['POST', '/strict_ids', { name: 'x' }], 201, [{ id: 1, name: 'x' }]],
    ['a generated column of an update', ['PATCH', '/things?id=eq.1', { double: 4 }], 400, '428C9'],
]));

test('empty bodies', () => check([
    ['an object is a row of defaults', ['POST', '/things?select=name', {}], 201, [{ name: 'unnamed' }]],
    ['two objects are two', ['POST', '/things?select=id', [{}, {}]], 201, [{ id: 2 }, { id: 3 }]],
    ['no object is none', ['POST', '/things', []], 201, []],
    ['which a merge calls 200', ['POST', '/things', [], { Prefer: `${ROWS}, resolution=merge-duplicates` }], 200, []],
    ['an update without columns changes nothing', ['PATCH', '/things', {}], 200, []],
    ['nor does one of a list', ['PATCH', '/things', [{}]], 200, []],
]));

test('CSV: names first, NULL is null, all lines of one length', () => check([
    ['a list', ['POST', '/things?select=id,name', 'id,name\n4,"a ""b"",\nc"\n5,NULL\n', CSV], 201, [{ id: 4, name: 'a "b",\nc' }, { id: 5, name: null }]],
    ['it may bring columns that are not wanted', ['POST', '/things?columns=id&select=id', 'id,nothing\n6,x', CSV], 201, [{ id: 6 }]],
    ['and lack some', ['POST', '/things?columns=id,name,size&select=id,name,size', 'id\n7', { ...CSV, ...missing }], 201, [{ id: 7, name: 'unnamed', size: 7 }]],
    ['an update', ['PATCH', '/things?id=eq.7&select=name', 'name\nnew', CSV], 200, [{ name: 'new' }]],
    ['a put', ['PUT', '/things?id=eq.7&select=id,name', 'id,name\n7,put', CSV], 200, [{ id: 7, name: 'put' }]],
    ['a short line', ['POST', '/things', 'id,name\n8', CSV], 400, 'PGRST102'],
    ['a long line', ['POST', '/things', 'id,name\n8,a,b', CSV], 400, 'PGRST102'],
    ['no text', ['POST', '/things', '', CSV], 400, 'PGRST102'],
    ['an open quote', ['POST', '/things', 'id\n"8', CSV], 400, 'PGRST102'],
    ['an unknown column', ['POST', '/things', 'id,nothing\n8,x', CSV], 400, 'PGRST204'],
]));

test('a domain with casts reads bodies and filters, and shows rows, in its own form', () => check([
    ['json', ['POST', '/paints', { id: 1, tint: '#00ff10' }], 201, [{ id: 1, tint: '#00ff10', under: '#0000ff' }]],
    ['a list with nulls', ['POST', '/paints?select=tint,u:under', [{ id: 2, tint: null }, { id: 3, tint: '#000001' }]], 201, [{ tint: null, u: '#0000ff' }, { tint: '#000001', u: '#0000ff' }]],
    ['csv', ['POST', '/paints?select=tint', 'id,tint\n4,#0a0b0c', CSV], 201, [{ tint: '#0a0b0c' }]],
    ['a form', ['POST', '/paints?select=tint', 'id=5&tint=%23010101', { 'Content-Type': 'application/x-www-form-urlencoded' }], 201, [{ tint: '#010101' }]],
    ['its default is one of its values', ['POST', '/paints?columns=id,under&select=under', { id: 6 }, missing], 201, [{ under: '#0000ff' }]],
    ['an update by a filter', ['PATCH', '/paints?tint=eq.000001&select=id,tint', { tint: '#000002' }], 200, [{ id: 3, tint: '#000002' }]],
    ['a filter with a list', ['DELETE', '/paints?tint=in.(000002,010101)&select=id&order=tint', undefined], 200, [{ id: 3 }, { id: 5 }]],
    ['an upsert', ['POST', '/paints?select=under', { id: 1, under: '#ffffff' }, { Prefer: `${ROWS}, resolution=merge-duplicates` }], 200, [{ under: '#ffffff' }]],
    ['a put', ['PUT', '/paints?id=eq.1&select=tint', { id: 1, tint: '#111111' }], 200, [{ tint: '#111111' }]],
    ['a key of it', ['PUT', '/tinted?tint=eq.0000aa', { tint: '#0000aa', name: 'x' }], 201, [{ tint: '#0000aa', name: 'x' }]],
    ['another key than the body', ['PUT', '/tinted?tint=eq.0000ab', { tint: '#0000aa' }], 400, 'PGRST115'],
]));

test('rows that come back are ordered, whatever is selected', () => check([
    ['an insert', ['POST', '/things?select=id&order=name.desc', [{ id: 1, name: 'a' }, { id: 2, name: 'c' }, { id: 3, name: 'b' }]], 201, [{ id: 2 }, { id: 3 }, { id: 1 }]],
    ['an update', ['PATCH', '/things?select=name&order=id.desc', { size: 1 }], 200, [{ name: 'b' }, { name: 'c' }, { name: 'a' }]],
    ['limit and offset mean nothing', ['DELETE', '/things?select=id&order=id&limit=1&offset=1', undefined], 200, [{ id: 1 }, { id: 2 }, { id: 3 }]],
    ['an unknown column', ['POST', '/things?order=nothing', { id: 1 }], 400, '42703'],
]));

test('partitions and views with triggers are written as tables are', () => check([
    ['a partition', ['POST', '/logs', { day: '2026-05-01', id: 1, note: 'x' }], 201, [{ day: '2026-05-01', id: 1, note: 'x' }]],
    ['a merge into it', ['POST', '/logs', { day: '2026-05-01', id: 1, note: 'y' }, { Prefer: `${ROWS}, resolution=merge-duplicates` }], 200, [{ day: '2026-05-01', id: 1, note: 'y' }]],
    ['a put', ['PUT', '/logs?day=eq.2026-05-01&id=eq.1', { day: '2026-05-01', id: 1, note: 'z' }], 200, [{ day: '2026-05-01', id: 1, note: 'z' }]],
    ['no partition for it', ['POST', '/logs', { day: '2020-05-01', id: 1 }], 400, '23514'],
    ['a view', ['POST', '/joined', [{ id: 1, both: 'a/b' }, { id: 2, both: 'c/d' }]], 201, [{ id: 1, both: 'a/b' }, { id: 2, both: 'c/d' }]],
    ['its update', ['PATCH', '/joined?id=eq.1', { both: 'x/y' }], 200, [{ id: 1, both: 'x/y' }]],
    ['its delete', ['DELETE', '/joined?id=eq.2&select=both', undefined], 200, [{ both: 'c/d' }]],
]));

test('Location names the row by its key', async () => {
    for (const [path, body, want] of [
        ['/things', { id: 4 }, '/things?id=eq.4'],
        ['/logs', { day: '2026-05-02', id: 3 }, '/logs?day=eq.2026-05-02&id=eq.3'],
        ['/strict_ids', {}, '/strict_ids?id=eq.1'],
        ['/things', [{ id: 5 }, { id: 6 }], null],
    ]) {
        const reply = await write('POST', path, body, { Prefer: 'return=headers-only' });
        assert.deepEqual([reply.status, reply.text, reply.headers.get('location')], [201, '', want], path);
    }
});

test('a PUT names its row by the key alone', () => check([
    ['another column', ['PUT', '/things?name=eq.x', { id: 1 }], 405, 'PGRST105'],
    ['an unknown column', ['PUT', '/things?nothing=eq.x', { id: 1 }], 405, 'PGRST105'],
    ['a tree', ['PUT', '/things?and=(id.eq.1)', { id: 1 }], 405, 'PGRST105'],
    ['a limit', ['PUT', '/things?id=eq.1&limit=1', { id: 1 }], 400, 'PGRST114'],
    ['another row', ['PUT', '/things?id=eq.1', { id: 2 }], 400, 'PGRST115'],
    ['no key in the body', ['PUT', '/things?id=eq.1', { name: 'x' }], 400, 'PGRST115'],
    ['half a key', ['PUT', '/logs?id=eq.1', { day: '2026-05-01', id: 1 }], 405, 'PGRST105'],
]));

test('caps on a body', async () => {
    const deep = '['.repeat(65) + ']'.repeat(65);
    for (const [body, headers, status, code] of [
        [deep, { 'Content-Type': 'application/json' }, 400, 'PGRST102'],
        [`[{}${',{}'.repeat(100000)}]`, { 'Content-Type': 'application/json' }, 413, 'PST413'],
        [`id\n${'1\n'.repeat(100001)}`, CSV, 413, 'PST413'],
    ]) {
        const reply = await write('POST', '/things', body, headers);
        assert.deepEqual([reply.status, reply.json.code], [status, code]);
    }
});
