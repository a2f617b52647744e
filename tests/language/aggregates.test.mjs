// count() sum() avg() max() min(): of rows, of embedded rows, of what is lifted out of them; grouped
// by all else that is selected. Off unless db-aggregates-enabled says otherwise.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'aggregates.sql', env: { PGRST_DB_AGGREGATES_ENABLED: 'true' } }); });
after(() => stand?.stop());

/** Each case: what it shows, the path, and the JSON of the answer. */
async function reads(cases) {
    for (const [what, path, want] of cases) {
        const reply = await stand.ask(path);
        assert.deepEqual(reply.json, want, `${what}: ${reply.status} ${reply.text}`);
    }
}

test('of rows', () => reads([
    ['each of them', '/sales?select=pieces.sum(),pieces.avg(),pieces.max(),pieces.min(),pieces.count(),rows:count()', [{ sum: 17, avg: 17 / 3, max: 10, min: 2, count: 3, rows: 4 }]],
    ['of dates and texts', '/sales?select=day.max()', [{ max: '2026-01-02' }]],
    ['cast before', '/sales?select=note->>n::int.sum()', [{ sum: 6 }]],
    ['cast behind', '/sales?select=average:pieces.avg()::int,n:count()::text', [{ average: 6, n: '4' }]],
    ['of the rows that are left', '/sales?select=pieces.sum()&shop_id=eq.1&day=lt.2026-01-02', [{ sum: 10 }]],
    ['of none', '/sales?select=pieces.sum(),count()&id=eq.0', [{ sum: null, count: 0 }]],
    ['grouped by none of them', '/sales?select=day,count()&id=eq.0', []],
    ['of a function', '/rpc/of_day?day=2026-01-01&select=shop_id,pieces.sum()&order=shop_id', [{ shop_id: 1, sum: 10 }, { shop_id: 2, sum: 5 }]],
]));

test('by all else', () => reads([
    ['a column', '/sales?select=day,pieces.sum()&order=day', [{ day: '2026-01-01', sum: 15 }, { day: '2026-01-02', sum: 2 }]],
    ['a path and a cast', '/sales?select=d:day::text,n:note->n,count()&day=lt.2026-01-02&shop_id=eq.1', [{ d: '2026-01-01', n: 1, count: 1 }]],
    ['pages of groups', '/sales?select=shop_id,count()&order=shop_id&limit=1&offset=1', [{ shop_id: 2, count: 2 }]],
    ['an embedded row', '/sales?select=shop_id,shops(name),pieces.sum()&order=shop_id', [{ shop_id: 1, shops: { name: 'east' }, sum: 12 }, { shop_id: 2, shops: { name: 'west' }, sum: 5 }]],
    ['embedded rows', '/shops?select=sales(pieces),count()&sales.pieces=gt.9&sales=not.is.null', [{ sales: [{ pieces: 10 }], count: 1 }]],
    ['everything', '/counted?select=*,id.sum()&order=id', [{ id: 1, count: 40, sum: 1 }, { id: 2, count: 2, sum: 2 }]],
]));

test('of embedded rows', () => reads([
    ['one number a row', '/shops?select=name,sales(count())&order=id', [{ name: 'east', sales: [{ count: 2 }] }, { name: 'west', sales: [{ count: 2 }] }, { name: 'shut', sales: [{ count: 0 }] }]],
    ['in groups', '/shops?select=name,sales(good_id,pieces.sum())&sales.order=good_id&id=lt.3&order=id', [
        { name: 'east', sales: [{ good_id: 1, sum: 10 }, { good_id: 2, sum: 2 }] }, { name: 'west', sales: [{ good_id: 1, sum: 5 }, { good_id: null, sum: null }] }]],
    ['filtered', '/shops?select=sales(pieces.sum())&sales.day=eq.2026-01-01&id=eq.1', [{ sales: [{ sum: 10 }] }]],
]));

test('of what is lifted: grouped where it is lifted to', () => reads([
    ['by a column here', '/sales?select=shop_id,...goods(price.sum())&order=shop_id', [{ shop_id: 1, sum: 9.5 }, { shop_id: 2, sum: 2 }]],
    ['by a column there', '/sales?select=pieces.sum(),...goods(good:name)&order=goods(good)', [{ sum: 2, good: 'ink' }, { sum: 15, good: 'pen' }, { sum: null, good: null }]],
    ['rows that are there', '/sales?select=...goods(count())', [{ count: 3 }]],
    ['with a name and casts', '/sales?select=...goods(total:price::int.sum()::text)', [{ total: '12' }]],
    ['through an embed', '/shops?select=name,sales(...goods(name,price.max()))&sales.order=goods(name)&id=eq.1', [{ name: 'east', sales: [{ name: 'ink', max: 7.5 }, { name: 'pen', max: 2 }] }]],
]));

test('the old count stands without parentheses', () => reads([
    ['of rows', '/sales?select=count', [{ count: 4 }]],
    ['of embedded ones', '/shops?select=name,sales(count)&id=eq.2', [{ name: 'west', sales: [{ count: 2 }] }]],
    ['but a column goes before', '/counted?select=count&order=id', [{ count: 40 }, { count: 2 }]],
    ['whose sum is one too', '/counted?select=count.sum()', [{ sum: 42 }]],
]));

test('what is refused', async () => {
    const off = await stand.more({ PGRST_DB_AGGREGATES_ENABLED: undefined });
    for (const [what, ask, path, code] of [
        ['aggregates of many that are spread', stand.ask, '/shops?select=...sales(pieces.sum())', 'PGRST127'],
        ['a sum of texts', stand.ask, '/goods?select=name.sum()', '42883'],
        ['an order by what is neither grouped nor selected', stand.ask, '/sales?select=count(),shop_id&order=day', '42803'],
        ['all of them, when off', off.ask, '/sales?select=pieces.sum()', 'PGRST123'],
        ['count too', off.ask, '/sales?select=count()', 'PGRST123'],
        ['in embeds', off.ask, '/shops?select=sales(count())', 'PGRST123'],
        ['in spreads', off.ask, '/sales?select=...goods(price.sum())', 'PGRST123'],
    ]) {
        const reply = await ask(path);
        assert.equal(reply.json.code, code, `${what}: ${reply.text}`);
    }
    assert.deepEqual((await off.ask('/sales?select=count')).json, [{ count: 4 }]);
});
