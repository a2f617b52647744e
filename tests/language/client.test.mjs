// Unmodified supabase-js, two versions of it: every method of its query builder at least once.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { startLanguage } from './stand.mjs';
import { mint } from '../support/tokens.mjs';

const versionOf = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
const VERSIONS = [
    [versionOf('@supabase/supabase-js'), (await import('@supabase/supabase-js')).createClient],
    [versionOf('supabase-js-2-96'), (await import('supabase-js-2-96')).createClient],
];

const KEY = await mint({ role: 'web_anon' });
/* Of the library's own use. */
const INNER = new Set(['processResponse', 'cloneRequestState', 'toJSON', 'decorateFetch', 'getOpenApiSpec']);

let stand;
before(async () => {
    stand = await startLanguage({
        fixture: 'client.sql',
        env: { POSTERN_REST_PATH: '/rest/v1', PGRST_DB_SCHEMAS: 'api,other', PGRST_DB_PLAN_ENABLED: 'true', PGRST_DB_TX_END: 'commit-allow-override', PGRST_DB_EXTRA_SEARCH_PATH: 'public' },
    });
    await stand.query("create extension postgis; create table api.spots (id int primary key, geom geometry); insert into api.spots values (1, 'POINT(1 2)'); grant select on api.spots to web_anon; notify pgrst");
    const known = () => stand.ask('/rest/v1/spots', { headers: { 'Accept-Profile': 'api' } }).then(({ status }) => status === 200);
    for (let left = 100; !(await known()) && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 50));
});
after(() => stand?.stop());

/** A client that notes which methods of the builders were called; returns { client, called }. */
function watch(createClient) {
    const called = new Set();
    const client = createClient(stand.url, KEY, { db: { schema: 'api' }, auth: { persistSession: false, autoRefreshToken: false } });
    const wrap = (value) => (value === null || typeof value !== 'object' ? value : new Proxy(value, {
        get(target, name) {
            const member = target[name];
            if (typeof member !== 'function') return member;
            if (name === 'then') { called.add(name); return member.bind(target); }
            return (...args) => { called.add(name); return wrap(member.apply(target, args)); };
        },
    }));
    return { client: wrap(client.rest), called };
}

/** Names of the methods of the classes behind a builder. */
function methodsOf(builder) {
    const names = new Set();
    for (let at = Object.getPrototypeOf(builder); at !== Object.prototype; at = Object.getPrototypeOf(at))
        for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor' && typeof builder[name] === 'function') names.add(name);
    return names;
}

const ids = (rows) => rows.map(({ id }) => id).sort();

/* [what is asked, the ids that come] */
const FILTERS = [
    ['eq', (q) => q.eq('name', 'Alpha'), [1]],
    ['neq', (q) => q.neq('id', 2), [1, 3]],
    ['gt', (q) => q.gt('size', 10), [2, 3]],
    ['gte', (q) => q.gte('size', 20), [2, 3]],
    ['lt', (q) => q.lt('size', 20), [1]],
    ['lte', (q) => q.lte('size', 20), [1, 2]],
    ['like', (q) => q.like('name', '%et%'), [2]],
    ['likeAllOf', (q) => q.likeAllOf('name', ['A%', '%a']), [1]],
    ['likeAnyOf', (q) => q.likeAnyOf('name', ['A%', 'b%']), [1, 2]],
    ['ilike', (q) => q.ilike('name', 'aLPHA'), [1]],
    ['ilikeAllOf', (q) => q.ilikeAllOf('name', ['a%', '%A']), [1]],
    ['ilikeAnyOf', (q) => q.ilikeAnyOf('name', ['a%', 'B%']), [1, 2]],
    ['regexMatch', (q) => q.regexMatch('name', '^b.*a$'), [2]],
    ['regexIMatch', (q) => q.regexIMatch('name', '^A'), [1]],
    ['is', (q) => q.is('name', null), [3]],
    ['is', (q) => q.is('done', true), [1]],
    ['isDistinct', (q) => q.isDistinct('name', 'beta'), [1, 3]],
    ['in', (q) => q.in('name', ['Alpha', 'a,b("x")']), [1]],
    ['notIn', (q) => q.notIn('id', [1, 3]), [2]],
    ['contains', (q) => q.contains('tags', ['b']), [1, 2]],
    ['contains', (q) => q.contains('data', { k: 2 }), [2]],
    ['containedBy', (q) => q.containedBy('tags', ['b', 'c']), [2, 3]],
    ['overlaps', (q) => q.overlaps('tags', ['a', 'z']), [1]],
    ['overlaps', (q) => q.overlaps('span', '[4,6)'), [1, 2]],
    ['rangeGt', (q) => q.rangeGt('span', '[1,9)'), [3]],
    ['rangeGte', (q) => q.rangeGte('span', '[5,9)'), [2, 3]],
    ['rangeLt', (q) => q.rangeLt('span', '[5,9)'), [1]],
    ['rangeLte', (q) => q.rangeLte('span', '[1,9)'), [1, 2]],
    ['rangeAdjacent', (q) => q.rangeAdjacent('span', '[9,20)'), [2, 3]],
    ['textSearch', (q) => q.textSearch('words', 'cat'), [1]],
    ['textSearch', (q) => q.textSearch('words', "'fat' & 'cat'", { config: 'english' }), [1]],
    ['textSearch', (q) => q.textSearch('words', 'thin rat', { type: 'plain' }), [2]],
    ['textSearch', (q) => q.textSearch('words', 'fat cat', { type: 'phrase', config: 'simple' }), []],
    ['textSearch', (q) => q.textSearch('words', 'rat or cat', { type: 'websearch' }), [1, 2]],
    ['match', (q) => q.match({ id: 2, size: 20 }), [2]],
    ['not', (q) => q.not('name', 'is', null), [1, 2]],
    ['not', (q) => q.not('id', 'in', '(1,2)'), [3]],
    ['or', (q) => q.or('id.eq.1,and(size.gt.20,name.is.null)'), [1, 3]],
    ['or', (q) => q.select('id,parts!inner(id)').or('label.eq.r,label.eq.p', { referencedTable: 'parts' }), [1, 2]],
    ['filter', (q) => q.filter('data->deep->>x', 'eq', 'y'), [2]],
    ['filter', (q) => q.filter('id', 'in', '(2,3)'), [2, 3]],
];

for (const [version, createClient] of VERSIONS)
    describe(`supabase-js ${version}`, () => {
        let client, called;
        before(() => { ({ client, called } = watch(createClient)); });
        const items = () => client.from('items');
        const has = (name) => typeof items().select()[name] === 'function';
        const good = (result, status = 200) => {
            assert.equal(result.error, null, JSON.stringify(result.error));
            assert.equal(result.status, status);
            return result.data;
        };

        test('each filter finds its rows', async () => {
            for (const [name, build, want] of FILTERS) {
                if (!has(name)) continue;
                assert.deepEqual(ids(good(await build(items().select('id')))), want, `${name}: ${build}`);
            }
        });

        test('rows are ordered, paged, counted, made one', async () => {
            assert.deepEqual(good(await items().select('id').order('name', { ascending: false, nullsFirst: true }).limit(2)), [{ id: 3 }, { id: 2 }]);
            assert.deepEqual(good(await items().select('id').order('id').range(1, 2)), [{ id: 2 }, { id: 3 }]);
            assert.deepEqual(good(await items().select('id,parts(id)').eq('id', 1).order('id', { referencedTable: 'parts', ascending: false }).limit(1, { referencedTable: 'parts' })), [{ id: 1, parts: [{ id: 2 }] }]);
            const counted = await items().select('*', { count: 'exact', head: true });
            assert.deepEqual([counted.status, counted.count, counted.data], [200, 3, null]);
            for (const count of ['planned', 'estimated']) assert.ok((await items().select('id', { count })).count > 0);
            assert.equal(good(await items().select('name').eq('id', 1).single()).name, 'Alpha');
            assert.equal(good(await items().select().eq('id', 9).maybeSingle()), null);
            assert.equal((await items().select().single()).error.code, 'PGRST116');
            assert.equal(good(await items().select('name').eq('id', 2).limit(1).overrideTypes()).length, 1);
            assert.equal(good(await items().select('name').eq('id', 2).returns()).length, 1);
        });

        test('other forms: CSV, GeoJSON, a plan, without nulls', async () => {
            assert.equal(good(await items().select('id,name').order('id').csv()), 'id,name\n1,Alpha\n2,beta\n3,');
            assert.match(good(await items().select().explain()), /^Aggregate/);
            assert.ok(good(await items().select().eq('id', 1).explain({ analyze: true, verbose: true, settings: true, buffers: true, wal: true, format: 'json' }))[0].Plan);
            if (has('stripNulls')) assert.deepEqual(good(await items().select('id,name').eq('id', 3).stripNulls()), [{ id: 3 }]);
            assert.deepEqual(good(await client.from('spots').select().geojson()), { type: 'FeatureCollection', features: [{ type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] }, properties: { id: 1 } }] });
        });

        test('writes, and what they return', async () => {
            assert.equal((await items().insert({ id: 10, name: 'ten' })).status, 201);
            assert.deepEqual(good(await items().insert([{ id: 11 }, { id: 12, name: 'x' }], { defaultToNull: false, count: 'exact' }).select('id'), 201), [{ id: 11 }, { id: 12 }]);
            assert.deepEqual(good(await items().upsert({ id: 10, name: 'Ten' }, { onConflict: 'id' }).select('name').single()), { name: 'Ten' });
            assert.deepEqual(good(await items().upsert([{ id: 10, name: 'no' }, { id: 13 }], { ignoreDuplicates: true }).select('id'), 201), [{ id: 13 }]);
            assert.deepEqual(good(await items().update({ size: 1 }, { count: 'exact' }).gte('id', 10).select('id').order('id', { ascending: false })), [{ id: 13 }, { id: 12 }, { id: 11 }, { id: 10 }]);
            assert.equal((await items().update({ size: 2 }).gte('id', 10).maxAffected(2)).error.code, 'PGRST124');
            assert.equal(good(await items().update({ size: 99 }).eq('id', 10).rollback().select('size').single()).size, 99);
            assert.equal(good(await items().select('size').eq('id', 10).single()).size, 1);
            assert.equal((await items().delete({ count: 'exact' }).gte('id', 10)).count, 4);
        });

        test('calls: POST, GET, HEAD, with filters', async () => {
            assert.equal(good(await client.rpc('add', { a: 1, b: 2 })), 3);
            assert.equal(good(await client.rpc('add', { a: 1, b: 2 }, { get: true })), 3);
            const head = await client.rpc('some_items', {}, { head: true, count: 'exact' });
            assert.deepEqual([head.status, head.count, head.data], [200, 3, null]);
            assert.deepEqual(good(await client.rpc('some_items', { floor: 20 }, { get: true }).select('id,parts(label)').eq('id', 2)), [{ id: 2, parts: [{ label: 'r' }] }]);
            assert.equal((await client.rpc('nothing_like_it')).error.code, 'PGRST202');
        });

        test('another schema, headers, signals, errors that are thrown', async () => {
            assert.deepEqual(good(await client.schema('other').from('items').select()), [{ id: 1, note: 'elsewhere' }]);
            assert.equal((await client.schema('none').from('items').select()).error.code, 'PGRST106');
            assert.equal(good(await items().select('id').eq('id', 1).setHeader('Accept', 'application/vnd.pgrst.object+json')).id, 1);
            assert.equal(good(await items().select('id').abortSignal(new AbortController().signal)).length, 3);
            assert.ok((await items().select('id').abortSignal(AbortSignal.abort())).error);
            await assert.rejects(async () => await items().select('nope').throwOnError(), { code: '42703' });
            if (has('retry')) assert.equal(good(await items().select('id').retry(false)).length, 3);
        });

        test('no method of the builders was left out', () => {
            const plain = createClient(stand.url, KEY, { db: { schema: 'api' } }).rest;
            for (const builder of [plain, plain.from('items'), plain.from('items').select()])
                for (const name of methodsOf(builder)) assert.ok(called.has(name) || INNER.has(name), `${name} was not called`);
        });
    });
