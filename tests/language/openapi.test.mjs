// The API's description of itself: OpenAPI 2.0 member for member what PostgREST writes, and 3.1.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startPostgrest } from '../support/postgrest.mjs';
import { mint } from '../support/tokens.mjs';
import { startLanguage } from './stand.mjs';

const user = { Authorization: `Bearer ${await mint({ role: 'web_user' })}` };
const OPENAPI = 'application/openapi+json; charset=utf-8';

/** In words, where a document is not valid. */
async function troubles(document) {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    return valid ? [] : errors;
}

/** What 12.0.2 wrote otherwise than the version we follow, undone. */
function asToday(old) {
    const formats = { smallint: 'int32', integer: 'int32', bigint: 'int64' };
    const walk = (value) => {
        if (Array.isArray(value)) return value.map(walk);
        if (value === null || typeof value !== 'object') return value;
        return Object.fromEntries(Object.entries(value).map(([key, of]) =>
            [key, key === 'format' && typeof of === 'string' ? formats[of] ?? of : walk(of)]));
    };
    const today = walk(old);
    delete today.parameters.preferParams.enum; // params=single-object is gone
    for (const [name, parameter] of Object.entries(today.parameters)) if (name.startsWith('rowFilter.')) delete parameter.format;
    today.definitions.books.properties.code = { format: 'character varying', maxLength: 12, type: 'string' }; // a domain over a domain
    today.definitions.covers.properties.book_id.description += "\nThis is a Foreign Key to `books.id`.<fk table='books' column='id'/>"; // one to one
    delete today.paths['/rpc/change'].get; // a volatile function is only posted to
    return today;
}

describe('the description of the API', () => {
    let stand;
    let peer;
    const root = async (headers = {}, path = '/') => (await stand.ask(path, { headers })).json;

    before(async () => {
        stand = await startLanguage({ fixture: 'openapi.sql', env: { PGRST_DB_SCHEMAS: 'api,other', POSTERN_ALLOWED_ROLES: '*' } });
        peer = await startPostgrest({ databaseUrl: stand.cluster.url('app', 'gateway'), env: { PGRST_DB_SCHEMAS: 'api,other', PGRST_DB_ANON_ROLE: 'web_anon' } });
    });
    after(async () => {
        await peer?.stop();
        await stand?.stop();
    });

    it('is what PostgREST 12.0.2 writes, but for what changed since', async () => {
        const ours = await root();
        const theirs = asToday(await (await fetch(`${peer.url}/`)).json());
        for (const one of [ours, theirs]) for (const key of ['host', 'externalDocs']) delete one[key];
        delete ours.info.version;
        delete theirs.info.version;
        assert.deepEqual(ours, theirs);
    });

    it('is valid in both dialects, for everybody', async () => {
        for (const path of ['/', '/?openapi=2.0', '/?openapi=3.1', '/?openapi=3.1.0'])
            for (const headers of [{}, user, { 'Accept-Profile': 'other' }]) assert.deepEqual(await troubles(await root(headers, path)), [], path);
    });

    it('negotiates', async () => {
        const cases = [
            [{}, 200], [{ Accept: 'application/openapi+json' }, 200], [{ Accept: 'application/json' }, 200], [{ Accept: 'text/html, */*;q=0.1' }, 200],
            [{ Accept: 'text/csv' }, 406, 'PGRST107'], [{ 'Accept-Profile': 'nowhere' }, 406, 'PGRST106'],
        ];
        for (const [headers, status, code] of cases) {
            const reply = await stand.ask('/', { headers });
            assert.equal(reply.status, status, JSON.stringify(headers));
            if (status === 200) assert.equal(reply.headers.get('content-type'), OPENAPI);
            else assert.equal(reply.json.code, code);
        }
        assert.equal((await stand.ask('/?openapi=4')).json.code, 'PGRST100');
        const head = await stand.ask('/', { method: 'HEAD' });
        assert.deepEqual([head.status, head.text, head.headers.get('content-type')], [200, '', OPENAPI]);
        const again = await stand.ask('/', { headers: { 'If-None-Match': head.headers.get('etag') } });
        assert.deepEqual([again.status, again.text], [304, '']);
        assert.equal((await stand.ask('/', { method: 'POST', body: {} })).json.code, 'PGRST117');
        const options = await stand.ask('/', { method: 'OPTIONS' });
        assert.deepEqual([options.status, options.headers.get('allow')], [200, 'OPTIONS,GET,HEAD']);
    });

    it('shows each role what it may use, at once after a grant', async () => {
        const seen = async (headers) => {
            const paths = Object.keys((await root(headers)).paths);
            return ['/secrets', '/half_secret', '/books', '/rpc/hidden', '/rpc/add', '/log_old', '/things'].filter((path) => paths.includes(path));
        };
        assert.deepEqual(await seen({}), ['/half_secret', '/books', '/rpc/add']);
        assert.deepEqual(await seen(user), ['/secrets', '/rpc/add']);
        assert.deepEqual(await seen({ 'Accept-Profile': 'other' }), ['/things']);
        await stand.query('grant execute on function api.hidden() to web_user');
        assert.deepEqual(await seen(user), ['/secrets', '/rpc/hidden', '/rpc/add']);
        await stand.query('revoke execute on function api.hidden() from web_user');
    });

    it('names types, keys, comments and defaults', async () => {
        const { info, definitions } = await root();
        assert.equal(info.title, 'A library');
        assert.equal(info.description, 'Books and their readers,\nas far as they are known.');
        const { properties, required } = definitions.books;
        assert.deepEqual(required, ['id', 'author_id', 'title']);
        assert.deepEqual(properties.code, { format: 'character varying', maxLength: 12, type: 'string' });
        assert.deepEqual(properties.mood, { default: 'fine', enum: ['so so', 'fine'], format: 'api.mood', type: 'string' });
        assert.deepEqual(properties.at, { default: 'now()', format: 'timestamp with time zone', type: 'string' });
        assert.deepEqual(properties.data, { format: 'jsonb' });
        assert.equal(properties.author_id.description, "Note:\nThis is a Foreign Key to `authors.id`.<fk table='authors' column='id'/>");
        assert.equal(definitions.authors.properties.id.description, 'A number of ours\n\nNote:\nThis is a Primary Key.<pk/>');
        assert.match(definitions.covers.properties.book_id.description, /<pk\/>\n.*<fk table='books' column='id'\/>/);
        assert.equal(definitions.copies.properties.floor.description, undefined, 'a key of two columns is no note');
    });

    it('says in 3.1 what 2.0 cannot', async () => {
        const { components, paths, servers, security } = await root({}, '/?openapi=3.1');
        const { schemas } = components;
        assert.equal(servers[0].url, stand.url);
        assert.equal(security, undefined);
        assert.deepEqual(schemas['books.columns'].properties.mood.type, ['string', 'null']);
        assert.deepEqual(schemas['books.columns'].properties.mood.enum, ['so so', 'fine', null]);
        assert.equal(schemas['books.columns'].properties.twice.readOnly, true);
        assert.deepEqual(schemas.books.required, ['id', 'author_id', 'title']);
        assert.deepEqual(schemas['books.insert'].required, ['author_id'], 'what has a default need not be given');
        assert.deepEqual(Object.keys(paths['/books']), ['get', 'post', 'put', 'patch', 'delete']);
        assert.deepEqual(Object.keys(paths['/counts']), ['get'], 'a view that takes no writes');
        assert.ok(paths[`/${encodeURIComponent('odd name.é')}`]);
        assert.ok(components.parameters['rowFilter.odd-20name-2e-c3-a9.a-20b']);
        const result = (name, method = 'post') => paths[`/rpc/${name}`][method].responses['200'].content['application/json'].schema;
        assert.deepEqual(result('find'), { type: 'array', items: { $ref: '#/components/schemas/books' } });
        assert.deepEqual(result('one_author', 'get'), { anyOf: [{ $ref: '#/components/schemas/authors' }] });
        assert.deepEqual(result('add', 'get'), { anyOf: [{ type: 'integer', format: 'int32' }] });
        assert.ok(paths['/rpc/change'].post.responses['204'] && !paths['/rpc/change'].get);
        assert.deepEqual(paths['/rpc/whole'].post.requestBody.content, { 'application/json': { schema: {} } });
        assert.deepEqual(paths['/rpc/feel'].get.parameters[0].schema, { enum: ['so so', 'fine'], format: 'mood', type: 'string' });
    });

    it('follows its settings', async () => {
        const all = await stand.more({ PGRST_OPENAPI_MODE: 'ignore-privileges', PGRST_OPENAPI_SECURITY_ACTIVE: 'true', PGRST_OPENAPI_SERVER_PROXY_URI: 'https://example.com/base' });
        const old = (await all.ask('/')).json;
        assert.ok(old.paths['/secrets'] && old.paths['/rpc/hidden']);
        assert.deepEqual([old.host, old.basePath, old.schemes], ['example.com:443', '/base', ['https']]);
        assert.deepEqual(old.security, [{ JWT: [] }]);
        assert.equal(old.securityDefinitions.JWT.in, 'header');
        const next = (await all.ask('/?openapi=3.1')).json;
        assert.equal(next.servers[0].url, 'https://example.com:443/base');
        assert.deepEqual(next.security, [{ JWT: [] }, {}]);
        assert.deepEqual(await troubles(next), []);
        const none = await stand.more({ PGRST_OPENAPI_MODE: 'disabled' });
        const reply = await none.ask('/');
        assert.equal(reply.status, 404);
        assert.deepEqual(reply.json, { code: 'PGRST126', details: null, hint: null, message: 'Root endpoint metadata is disabled' });
        assert.equal((await none.ask('/', { method: 'OPTIONS' })).status, 200);
        for (const name of ['root', 'api.root']) {
            const own = await stand.more({ PGRST_DB_ROOT_SPEC: name });
            assert.deepEqual((await own.ask('/')).json, { swagger: '2.0', own: true });
        }
        const below = await stand.more({ POSTERN_REST_PATH: '/rest/v1' });
        assert.equal((await below.ask('/rest/v1/')).json.basePath, '/rest/v1');
    });
});
