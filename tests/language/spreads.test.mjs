// ...relation(columns): the columns of an embedded row stand among those around it; those of many
// rows stand there as arrays.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'spreads.sql', env: { PGRST_DB_TX_END: 'rollback' } }); });
after(() => stand?.stop());

/** Each case: what it shows, the path, and the JSON of the answer. */
async function reads(cases, options) {
    for (const [what, path, want] of cases) {
        const reply = await stand.ask(path, options);
        assert.deepEqual(reply.json, want, `${what}: ${reply.status} ${reply.text}`);
    }
}

test('of one row', () => reads([
    ['its columns', '/orders?select=id,...customers(customer:name,notes)&order=id', [
        { id: 1, customer: 'Ann', notes: { vip: true } }, { id: 2, customer: 'Ann', notes: { vip: true } }, { id: 3, customer: 'Bob', notes: null }, { id: 4, customer: null, notes: null }]],
    ['all of them', '/customers?select=name,...regions(*)&id=eq.1', [{ name: 'north', id: 1 }]],
    ['a path and a cast', '/orders?select=id,...customers(notes->vip,key:id::text)&id=eq.1', [{ id: 1, vip: true, key: '1' }]],
    ['through another', '/lines?select=item,...orders(placed,...customers(name,...regions(region:name)))&id=eq.1', [{ item: 'pen', placed: '2026-01-01', name: 'Ann', region: 'north' }]],
    ['what is embedded in it', '/orders?select=id,...customers(regions(name),orders(id))&id=eq.3', [{ id: 3, regions: { name: 'south' }, orders: [{ id: 3 }] }]],
    ['inside an embed', '/customers?select=name,orders(id,...customers(again:name))&id=eq.2', [{ name: 'Bob', orders: [{ id: 3, again: 'Bob' }] }]],
    ['computed', '/customers?select=name,...newest(placed)&order=id', [{ name: 'Ann', placed: '2026-02-01' }, { name: 'Bob', placed: '2026-03-01' }, { name: 'Cid', placed: null }]],
    ['inner', '/orders?select=id,...customers!inner(name)&customers.name=eq.Bob', [{ id: 3, name: 'Bob' }]],
    ['null filter', '/orders?select=id,...customers(name)&customers=is.null', [{ id: 4, name: null }]],
    ['in its order', '/orders?select=id,...customers(name)&order=customers(name).desc.nullslast,id', [
        { id: 3, name: 'Bob' }, { id: 1, name: 'Ann' }, { id: 2, name: 'Ann' }, { id: 4, name: null }]],
]));

test('of many rows', () => reads([
    ['an array a column', '/customers?select=name,...orders(ids:id,placed)&orders.order=id&order=id', [
        { name: 'Ann', ids: [1, 2], placed: ['2026-01-01', '2026-02-01'] }, { name: 'Bob', ids: [3], placed: ['2026-03-01'] }, { name: 'Cid', ids: [], placed: [] }]],
    ['nulls stay', '/orders?select=...lines(price)&id=eq.2', [{ price: [null] }]],
    ['all of them', '/orders?select=...lines(*)&id=eq.1&lines.order=id', [{ id: [1, 2], order_id: [1, 1], item: ['pen', 'ink'], price: [2.5, 7] }]],
    ['in their order, all arrays alike', '/orders?select=...lines(item,price)&lines.order=price.desc&id=eq.1', [{ item: ['ink', 'pen'], price: [7, 2.5] }]],
    ['the first of them', '/orders?select=...lines(item)&lines.order=price.desc&lines.limit=1&id=eq.1', [{ item: ['ink'] }]],
    ['filtered', '/orders?select=id,...lines(item)&lines.item=eq.pen&id=in.(1,2)&order=id', [{ id: 1, item: ['pen'] }, { id: 2, item: [] }]],
    ['inner', '/orders?select=id,...lines!inner(item)&lines.item=eq.pad', [{ id: 2, item: ['pad'] }]],
    ['many to many', '/orders?select=id,...tags(tag)&tags.order=tag&id=lt.4&order=id', [{ id: 1, tag: ['new', 'paid'] }, { id: 2, tag: [] }, { id: 3, tag: ['paid'] }]],
    ['columns of one row in each', '/regions?select=name,...customers(customer:name,...newest(placed))&order=id', [{ name: 'north', customer: ['Ann'], placed: ['2026-02-01'] }, { name: 'south', customer: ['Bob'], placed: ['2026-03-01'] }]],
    ['arrays in arrays', '/customers?select=...orders(ids:id,...lines(items:item))&orders.order=id&orders.lines.order=id&id=eq.1', [{ ids: [1, 2], items: [['pen', 'ink'], ['pad']] }]],
    ['rows in arrays', '/customers?select=...orders(lines(item),tags(tag))&orders.order=id&orders.lines.order=id&orders.tags.order=id&id=eq.1', [
        { lines: [[{ item: 'pen' }, { item: 'ink' }], [{ item: 'pad' }]], tags: [[{ tag: 'new' }, { tag: 'paid' }], []] }]],
    ['ordered by a row of theirs', '/regions?select=...customers(name,...newest(placed))&customers.order=newest(placed).desc&id=eq.2', [{ name: ['Bob'], placed: ['2026-03-01'] }]],
]));

test('in the rows of a write', () => reads([
    ['of one and of many', '/orders?select=id,...customers(name),...lines(item)&order=customers(name)', [{ id: 9, name: 'Cid', item: [] }]],
], { method: 'POST', headers: { Prefer: 'return=representation' }, body: { id: 9, customer_id: 3 } }));

test('as CSV, the lifted columns follow the others', async () => {
    const reply = await stand.ask('/orders?select=...customers(name),id&id=lt.3&order=id', { headers: { Accept: 'text/csv' } });
    assert.equal(reply.text, 'id,name\n1,Ann\n2,Ann');
});
