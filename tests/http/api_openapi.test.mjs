// /api/openapi.json: it is valid, it says what the files say, and every operation it lists answers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { admin, anonKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

let stand, api, document;
before(async () => {
    stand = await startApi();
    ({ api } = stand);
    document = (await api('openapi.json')).body;
});
after(() => stand?.stop());

const operations = () => Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation, name: `${method.toUpperCase()} ${path}` })));

/** A value that a schema takes; every operation of the list is called with these. */
function valueOf(schema) {
    const { type, format } = schema;
    if (schema.default !== undefined) return schema.default;
    if (schema.enum) return schema.enum[0];
    if (type === 'array') return valueOf(schema.items);
    if (format === 'uuid') return '00000000-0000-4000-8000-000000000001';
    if (format === 'date-time') return '2026-01-31T12:00:00Z';
    if (format === 'date') return '2026-01-31';
    if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, Math.min(1, schema.maximum ?? 1));
    if (type === 'boolean') return true;
    return 'x'.repeat(Math.max(1, schema.minLength ?? 1));
}

/** The path of an operation with its required parameters. */
function fill(path, parameters) {
    const query = new URLSearchParams();
    for (const { name, in: place, required, schema } of parameters) {
        if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(valueOf(schema)));
        else if (required) query.set(name, valueOf(schema));
    }
    return `${path.replace('/api/', '')}${query.size ? `?${query}` : ''}`;
}

describe('the description of the curated routes', () => {
    test('is valid OpenAPI 3.1, on both mounts', async () => {
        const { valid, errors } = await new Validator().validate(structuredClone(document));
        assert.ok(valid, JSON.stringify(errors));
        assert.equal(document.openapi, '3.1.0');
        assert.deepEqual((await api('v1/openapi.json')).body, document);
    });

    test('says what a file says', () => {
        const { get } = document.paths['/api/primes'];
        const limit = get.parameters.find((one) => one.name === 'limit');
        assert.deepEqual(limit, { name: 'limit', in: 'query', required: false, schema: { type: 'integer', format: 'int32', minimum: 1, maximum: 1000, default: 50 } });
        assert.deepEqual(get.parameters.find((one) => one.name === 'tags').schema, { type: 'array', items: { type: 'string' }, maxItems: 20 });
        assert.deepEqual(get.parameters.find((one) => one.name === 'sort_dir').schema, { type: 'string', examples: ['asc', 'desc'], default: 'desc' });
        assert.equal(get.description, 'One page of primes, filtered and sorted; `total` counts all that match.');
        assert.deepEqual([get['x-access'], get.security, get.tags], ['anyone', [], ['primes']]);
        assert.deepEqual(Object.keys(document.paths['/api/export'].get.responses['200'].content), ['application/json', 'text/csv']);
        assert.equal(document.paths['/api/primes/{id}'].get.responses['404'].description, 'Prime not found');

        const { post } = document.paths['/api/test/echo/{id}'];
        assert.deepEqual(post.parameters, [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', format: 'int64' } }]);
        const body = post.requestBody.content['application/json'].schema;
        assert.deepEqual(body.required, ['title']);
        assert.deepEqual(body.properties.title, { type: 'string', minLength: 1, maxLength: 20 });
        assert.deepEqual(body.properties.cost, { anyOf: [{ type: 'number' }, { type: 'null' }] });
        assert.deepEqual(Object.keys(post.responses), ['201', '400', '401', '404', '409']);
        assert.deepEqual(Object.keys(document.paths['/api/test/tasks/{id}'].delete.responses), ['204', '400', '401', '403', '404', '409']);
        assert.deepEqual(Object.keys(document.paths['/api/v1/contribute/work'].get.responses), ['200', '204', '401']);
        assert.deepEqual(document.paths['/api/test/node'].get.security, [{ key: [] }]);
    });

    test('every path stands below both mounts, but those of the tests and of v1 alone', () => {
        for (const path of Object.keys(document.paths))
            if (!path.startsWith('/api/v1/') && !path.startsWith('/api/test/'))
                assert.ok(document.paths[path.replace('/api/', '/api/v1/')], path);
    });

    test('every operation has a description and a parameter for each name of its path', () => {
        for (const { path, operation, name } of operations()) {
            if (!path.startsWith('/api/test/')) assert.ok(operation.description.length > 10, name);
            const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
            assert.deepEqual(operation.parameters.filter((one) => one.in === 'path').map((one) => one.name).sort(), named.sort(), name);
        }
    });

    test('every GET answers as it says', async () => {
        let answered = 0;
        for (const { path, method, operation, name } of operations()) {
            if (method !== 'get' || path === '/api/test/raise' || path === '/api/test/slow') continue;
            const token = { user: userA.token, admin: admin.token }[operation['x-access']];
            const { status } = await api(fill(path, operation.parameters), { token });
            assert.ok(status < 500 && operation.responses[status] !== undefined, `${name}: ${status} is not one of ${Object.keys(operation.responses)}`);
            answered++;
        }
        assert.ok(answered > 40, `${answered}`);
    });

    test('who may not gets the 401 or 403 that stands there', async () => {
        for (const { path, method, operation, name } of operations()) {
            const send = (token) => api(fill(path, operation.parameters), { method: method.toUpperCase(), token, body: method === 'get' || method === 'delete' ? undefined : body(operation) });
            if (operation['x-access'] === 'anyone') continue;
            assert.equal((await send(anonKey)).status, 401, name);
            if (operation['x-access'] === 'admin') assert.equal((await send(userA.token)).status, 403, name);
        }
    });

    test('every write that it describes answers as it says', async () => {
        const { body: { api_key: key } } = await api('v1/operators/rotate-key', { method: 'POST', token: userA.token });
        const tokens = { user: userA.token, admin: admin.token, node: key }, unlike = [];
        let answered = 0;
        for (const { path, method, operation, name } of operations()) {
            if (method === 'get') continue;
            const { status } = await api(fill(path, operation.parameters), { method: method.toUpperCase(), token: tokens[operation['x-access']], body: method === 'delete' ? undefined : body(operation) });
            if (status >= 500 || operation.responses[status] === undefined) unlike.push(`${name}: ${status} is not one of ${Object.keys(operation.responses)}`);
            answered++;
        }
        assert.deepEqual(unlike, []);
        assert.ok(answered > 60, `${answered}`);
    });
});

function body(operation) {
    const schema = operation.requestBody?.content['application/json'].schema;
    return Object.fromEntries((schema?.required ?? []).map((name) => {
        const value = valueOf(schema.properties[name]);
        return [name, schema.properties[name].type === 'array' ? [value] : value];
    }));
}
