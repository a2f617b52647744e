// The transaction of a request: what it is told, what runs before the statement, how it ends; and
// that nothing of it is left for the next one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { mint } from '../support/tokens.mjs';
import { startLanguage } from './stand.mjs';

let stand, marked, undone, choosing;
before(async () => {
    stand = await startLanguage({
        fixture: 'transactions.sql',
        env: { POSTERN_ALLOWED_ROLES: '*', PGRST_APP_SETTINGS_PLANET: 'Venus', PGRST_APP_SETTINGS_EMPTY: '', POSTERN_DB_MAX_CONNECTIONS: '3' },
    });
    marked = await stand.more({ PGRST_DB_PRE_REQUEST: 'api.before', POSTERN_DB_MAX_CONNECTIONS: '2' });
    undone = await stand.more({ PGRST_DB_TX_END: 'rollback' });
    choosing = await stand.more({ PGRST_DB_TX_END: 'commit-allow-override' });
});
after(() => stand.stop());

const tokens = Object.fromEntries(await Promise.all(['web_user', 'web_slow', 'web_strict'].map(async (role) => [role, await mint({ role })])));
const as = (role) => ({ Authorization: `Bearer ${tokens[role]}` });
const prefer = (text, more = {}) => ({ headers: { Prefer: text, ...more } });
const told = (...names) => `/rpc/told?names=${encodeURIComponent(`{${names.join(',')}}`)}`;
const items = () => stand.query('select count(*)::int as n from api.items').then((rows) => rows[0].n);

describe('what a transaction is told', () => {
    test('method, path, headers and cookies, for reads and writes', async () => {
        const names = ['request.method', 'request.path', 'request.cookies', 'request.headers'];
        const headers = { Cookie: 'a=1; b="two"; c', 'X-Mine': 'me' };
        for (const [method, path, body] of [['GET', told(...names)], ['POST', '/rpc/told_writing', { names }], ['POST', '/rpc/told', { names }]]) {
            const { status, json, text } = await stand.ask(path, { method, headers: { ...headers }, body });
            assert.equal(status, 200, text);
            assert.equal(json['request.method'], method);
            assert.equal(json['request.path'], path.split('?')[0]);
            assert.deepEqual(JSON.parse(json['request.cookies']), { a: '1', b: '"two"', c: '' });
            assert.equal(JSON.parse(json['request.headers'])['x-mine'], 'me');
            assert.ok(!('cookie' in JSON.parse(json['request.headers'])));
        }
    });
    test('settings of the application', async () => {
        const { json } = await stand.ask(told('app.settings.planet', 'app.settings.empty', 'app.settings.none'));
        assert.deepEqual(json, { 'app.settings.planet': 'Venus', 'app.settings.empty': null, 'app.settings.none': null });
    });
    test('settings and the isolation of its role', async () => {
        const names = ['role', 'statement_timeout', 'transaction_isolation', 'default_text_search_config'];
        const read = (role) => stand.ask(told(...names), { headers: role ? as(role) : {} }).then(({ json }) => Object.values(json));
        const usual = await read();
        assert.deepEqual(usual.slice(0, 3), ['web_anon', '0', 'read committed']);
        assert.deepEqual(await read('web_slow'), ['web_slow', '150ms', 'read committed', usual[3]]);
        assert.deepEqual(await read('web_strict'), ['web_strict', '0', 'serializable', 'pg_catalog.german']);
        assert.deepEqual(await read(), usual);
    });
    test('a timeout of the role ends its statement and no other', async () => {
        const nap = (headers) => stand.ask('/rpc/nap', { method: 'POST', body: { seconds: 0.4 }, headers });
        const [slow, anon] = await Promise.all([nap(as('web_slow')), nap({})]);
        assert.equal(slow.json.code, '57014');
        assert.equal(anon.status, 204);
    });
    test('hoisted settings of a function, and only those', async () => {
        assert.equal((await stand.ask('/rpc/hurried', { method: 'POST' })).json.code, '57014');
        assert.equal((await stand.ask('/rpc/careful')).json, 'repeatable read');
        const choosy = await stand.more({ PGRST_DB_HOISTED_TX_SETTINGS: 'default_text_search_config' });
        assert.equal((await choosy.ask('/rpc/whims')).json, 'pg_catalog.french');
        assert.equal((await choosy.ask('/rpc/careful')).json, 'read committed');
    });
    test('a time zone, by name or offset, for this request alone', async () => {
        const cases = [
            ['Asia/Kathmandu', '2024-01-01T17:45:00+05:45'], ['America/Los_Angeles', '2024-01-01T04:00:00-08:00'], ['-3', '2024-01-01T09:00:00-03:00'],
            ['UTC', '2024-01-01T12:00:00+00:00'],
        ];
        await Promise.all(Array.from({ length: 60 }, async (_, i) => {
            const [zone, noon] = cases[i % cases.length];
            const { json, headers } = await stand.ask('/clock', prefer(`timezone=${zone}`));
            assert.deepEqual(json, [{ noon }], zone);
            assert.equal(headers.get('preference-applied'), `timezone=${zone}`);
        }));
        const usual = await stand.ask(told('timezone'));
        for (const zone of ['Nowhere/Land', 'public']) {
            const { status, json } = await stand.ask('/clock', prefer(`timezone=${zone}`));
            assert.deepEqual([status, json.code], [400, '22023'], zone);
        }
        assert.deepEqual((await stand.ask(told('timezone'))).json, usual.json);
    });
});

describe('the pre-request function', () => {
    const mark = (text, more = {}) => ({ ...more, headers: { 'X-Mark': text, ...more.headers } });

    test('runs first, in the transaction, and may refuse, write and choose the role', async () => {
        assert.deepEqual((await marked.ask(told('app.mark', 'role'), mark('one'))).json, { 'app.mark': 'one', role: 'web_anon' });
        assert.deepEqual((await marked.ask(told('role'), mark('other role'))).json, { role: 'web_user' });
        const refused = await marked.ask('/items?id=eq.1', mark('refused', { headers: as('web_user') }));
        assert.deepEqual([refused.status, refused.json.message], [403, 'not today']);
        const reading = await marked.ask('/items?id=eq.1', mark('writes'));
        assert.deepEqual([reading.status, reading.json.code], [405, '25006']);
        const writing = await marked.ask('/items', mark('writes', { method: 'POST', body: { id: 1 } }));
        assert.equal(writing.status, 409);
        assert.equal(await items(), 20, 'what it wrote is undone with the statement');
    });
    test('is called for each request, and what it sets is gone with the transaction', async () => {
        await Promise.all(Array.from({ length: 120 }, async (_, i) => {
            const text = i % 3 === 0 ? undefined : i % 7 === 0 ? 'refused' : `mark ${i % 5}`;
            const { status, json } = await marked.ask(told('app.mark', 'role'), text === undefined ? {} : mark(text));
            if (text === 'refused') assert.equal(status, 401);
            else assert.deepEqual(json, { 'app.mark': text ?? null, role: 'web_anon' });
        }));
    });
    test('one that does not exist refuses everything', async () => {
        const server = await stand.more({ PGRST_DB_PRE_REQUEST: 'nowhere' });
        const { status, json } = await server.ask('/items');
        assert.deepEqual([status, json.code], [404, '42883']);
    });
});

describe('how a transaction ends', () => {
    const one = { id: 50, name: 'new' };
    const create = (server, text) => server.ask('/items', { method: 'POST', body: one, headers: { Prefer: text } });

    test('rolled back by the settings, whatever the client prefers', async () => {
        const reply = await create(undone, 'return=representation, tx=commit');
        assert.deepEqual([reply.status, reply.json], [201, [one]]);
        assert.equal(reply.headers.get('preference-applied'), 'return=representation');
        assert.equal(await items(), 20);
    });
    test('rolled back by preference, where the settings let it choose', async () => {
        const reply = await create(choosing, 'return=representation, tx=rollback, count=exact');
        assert.deepEqual([reply.status, reply.json], [201, [one]]);
        assert.equal(reply.headers.get('preference-applied'), 'return=representation, count=exact, tx=rollback');
        assert.equal(await items(), 20);
        assert.equal((await create(choosing, 'tx=commit')).status, 201);
        assert.equal((await stand.ask('/items?id=eq.50', { method: 'DELETE' })).status, 204);
        assert.equal((await create(stand, 'tx=rollback')).status, 201, 'it is not asked here');
        assert.equal((await stand.ask('/items?id=eq.50', { method: 'DELETE' })).status, 204);
    });
    test('a constraint that waits for the end is checked before a rollback', async () => {
        for (const server of [undone, stand]) {
            const { status, json } = await server.ask('/pairs', { method: 'POST', body: { id: 1 } });
            assert.deepEqual([status, json.code], [409, '23505']);
        }
    });
    test('mixed with commits on few connections, none takes another along', async () => {
        await Promise.all(Array.from({ length: 60 }, async (_, i) => {
            const id = 1000 + i;
            const reply = await choosing.ask('/items', { method: 'POST', body: { id }, headers: { Prefer: i % 2 ? 'tx=rollback' : 'tx=commit' } });
            assert.equal(reply.status, 201);
        }));
        const rows = await stand.query('select array_agg(id order by id) as ids from api.items where id >= 1000');
        assert.deepEqual(rows[0].ids, Array.from({ length: 30 }, (_, i) => 1000 + 2 * i));
        await stand.query('delete from api.items where id >= 1000');
    });
    test('more rows than max-affected undo the request, if handling is strict', async () => {
        const strict = (n) => `handling=strict, max-affected=${n}`;
        const cases = [
            ['DELETE', '/items?id=lte.3', strict(2), 400, 'PGRST124'], ['PATCH', '/items?id=lte.3', strict(0), 400, 'PGRST124'],
            ['PATCH', '/items?id=lte.3', strict(3), 204], ['PATCH', '/items?id=lte.3', 'max-affected=1', 204],
            ['POST', '/rpc/drop_items', strict(2), 400, 'PGRST124'], ['POST', '/rpc/drop_all', strict(50), 400, 'PGRST128'],
            ['DELETE', '/items?id=eq.-1', strict('many'), 204],
        ];
        for (const [method, path, text, status, code] of cases) {
            const body = { PATCH: { name: 'changed' }, POST: path.endsWith('items') ? { up_to: 5 } : {} }[method];
            const reply = await stand.ask(path, { method, body, headers: { Prefer: text } });
            assert.deepEqual([reply.status, reply.json?.code], [status, code], `${method} ${path} ${text}`);
            if (code === 'PGRST124') assert.match(reply.json.details, /^The query affects \d+ rows$/);
        }
        assert.equal(await items(), 20);
    });
});
