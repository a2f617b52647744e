// Errors: the status of what PostgreSQL raises, suggestions, and how much is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'reads.sql' }); });
after(() => stand?.stop());

test('the status of an SQLSTATE', async () => {
    const cases = [
        ['08006', 503], ['09000', 500], ['0L000', 403], ['0P000', 403], ['21000', 500], ['21000', 400, 'UPDATE requires a WHERE clause'], ['22023', 400], ['22023', 401, 'role "x" does not exist'], ['22P02', 400], ['23503', 409], ['23505', 409],
        ['25006', 405], ['25001', 500], ['28000', 403], ['2D000', 500], ['38000', 500], ['39000', 500], ['3B000', 500], ['40001', 500], ['53400', 500], ['53100', 503], ['54001', 500], ['55000', 500], ['57014', 500], ['58000', 500],
        ['F0000', 500], ['HV000', 500], ['P0001', 400], ['P0002', 500], ['XX000', 500], ['42883', 404], ['42883', 406, 'function xmlagg(x) does not exist'], ['42P01', 404], ['42P17', 500], ['42501', 401], ['PT418', 418], ['12345', 400],
    ];
    for (const [code, status, words = 'words'] of cases) {
        const reply = await stand.ask(`/rpc/fails?code=${code}&words=${encodeURIComponent(words)}`);
        assert.deepEqual([reply.status, reply.json], [status, { code, details: null, hint: null, message: words }], code);
    }
});

test('what PostgreSQL itself finds wrong', async () => {
    for (const [method, path, body, status, code] of [['GET', '/broken', undefined, 500, '21000'], ['GET', '/rpc/deep?n=1', undefined, 500, '54001'], ['POST', '/ring', { id: 1 }, 500, '42P17'], ['GET', '/things?id=eq.x', undefined, 400, '22P02']]) {
        const reply = await stand.ask(path, { method, body });
        assert.deepEqual([reply.status, reply.json.code], [status, code], path);
    }
});

test('a suggestion must be three quarters alike for a table or function, a third for arguments', async () => {
    const hint = async (path) => (await stand.ask(path)).json.hint;
    assert.equal(await hint('/projectx'), "Perhaps you meant the table 'api.projects'");
    assert.equal(await hint('/projecxx'), "Perhaps you meant the table 'api.projects'");
    assert.equal(await hint('/projxxxx'), null);
    assert.equal(await hint('/rpc/many_projectz'), 'Perhaps you meant to call the function api.many_projects');
    assert.equal(await hint('/rpc/many'), null);
    assert.equal(await hint('/rpc/fails?code=1&wort=x'), 'Perhaps you meant to call the function api.fails(code, words)');
});

test('paths that lead nowhere and methods that nobody knows', async () => {
    for (const path of ['/a/b', '/rpc/a/b', '/first/second/third?select=*', '/rpc']) {
        const reply = await stand.ask(path);
        assert.equal(reply.status, 404, path);
    }
    assert.deepEqual((await stand.ask('/first/second/third')).json, { code: 'PGRST125', details: null, hint: null, message: 'Invalid path specified in request URL' });
    for (const [method, path, code, message] of [['FOO', '/things', 'PGRST117', 'Unsupported HTTP method: FOO'], ['PATCH', '/rpc/takes', 'PGRST101', 'Cannot use the PATCH method on RPC']]) {
        const reply = await stand.ask(path, { method });
        assert.deepEqual([reply.status, reply.json.code, reply.json.message], [405, code, message]);
    }
});

test('client-error-verbosity=minimal tells code and message only', async () => {
    const brief = await stand.more({ PGRST_CLIENT_ERROR_VERBOSITY: 'minimal' });
    for (const [path, headers] of [['/things?id=0'], ['/projectx'], ['/a/b'], ['/rpc/fails?code=P0001&words=x'], ['/things?offset=90', { Prefer: 'count=exact' }], ['/things', { Accept: 'image/png' }], ['/things', { Authorization: 'Bearer a.b' }]]) {
        const [long, short] = [await stand.ask(path, { headers }), await brief.ask(path, { headers })];
        assert.deepEqual(short.json, { code: long.json.code, message: long.json.message }, path);
        assert.equal(short.status, long.status, path);
        assert.equal(short.headers.get('content-length'), String(Buffer.byteLength(short.text)), path);
    }
});
