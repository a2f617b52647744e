// Malformed and hostile bytes: each gets the right 4xx, or the connection is closed; the server
// goes on, in the debug build under ASan and UBSan.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { exchange, requestText } from '../support/raw.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as, serviceKey, userA } from '../support/tokens.mjs';

const KEYS = { apikey: anonKey };
const JSON_TYPE = { 'Content-Type': 'application/json' };
let stand, port;
before(async () => {
    stand = await startStand({ env: { POSTERN_HEADER_TIMEOUT: '1s', POSTERN_BODY_MAX: '262144' } });
    port = stand.postern.port;
});
after(() => stand?.stop());
afterEach(async () => {
    stand.postern.check();
    const { replies } = await exchange(port, requestText('GET', '/rest/v1/records?select=id', KEYS));
    assert.deepEqual(JSON.parse(replies[0].text), [{ id: 1 }, { id: 2 }], 'the server goes on');
});

/** Sends it; the first answer has one of the statuses, and is JSON. */
async function answers(text, statuses, label = text.slice(0, 80)) {
    const { replies, rest } = await exchange(port, text, { timeout: 4000 });
    assert.ok(replies.length > 0, `an answer to ${label}, not ${JSON.stringify(rest)}`);
    assert.ok([statuses].flat().includes(replies[0].status), `${replies[0].status} for ${label}: ${replies[0].text}`);
    if (/json/.test(replies[0].headers.get('content-type'))) JSON.parse(replies[0].text);
    return replies[0];
}
const query = (text, headers = KEYS) => requestText('GET', `/rest/v1/records?${text}`, headers);
const body = (text, path = 'agent_memory', headers = {}) =>
    Buffer.concat([Buffer.from(`POST /rest/v1/${path} HTTP/1.1\r\nHost: x\r\napikey: ${anonKey}\r\nAuthorization: Bearer ${userA.token}\r\n${Object.entries({ ...JSON_TYPE, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`), Buffer.from(text)]);

describe('where a request ends is never in doubt', () => {
    /* Each is refused with 400 and the connection closed; the request behind it is never answered. */
    const BEHIND = requestText('GET', '/live');
    const post = (...lines) => `POST /rest/v1/rpc/get_stats HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
    const chunked = '0\r\n\r\n';
    const cases = {
        'Content-Length and Transfer-Encoding': post('Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked') + chunked,
        'Transfer-Encoding and Content-Length': post('Host: x', 'Transfer-Encoding: chunked', 'Content-Length: 5') + chunked,
        'two lengths that differ': `${post('Host: x', 'Content-Length: 2', 'Content-Length: 5')}{}`,
        'two lengths that agree': `${post('Host: x', 'Content-Length: 2', 'Content-Length: 2')}{}`,
        'a list of lengths': `${post('Host: x', 'Content-Length: 2, 2')}{}`,
        'a length with a sign': `${post('Host: x', 'Content-Length: +2')}{}`,
        'a negative length': `${post('Host: x', 'Content-Length: -2')}{}`,
        'a hexadecimal length': `${post('Host: x', 'Content-Length: 0x2')}{}`,
        'a length with a blank inside': `${post('Host: x', 'Content-Length: 1 2')}{}`,
        'an empty length': `${post('Host: x', 'Content-Length:')}{}`,
        'a length of no number': `${post('Host: x', 'Content-Length: two')}{}`,
        'a length beyond 64 bits': `${post('Host: x', 'Content-Length: 99999999999999999999999')}{}`,
        'two encodings': post('Host: x', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunked,
        'two different encodings': post('Host: x', 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked') + chunked,
        'a list of encodings': post('Host: x', 'Transfer-Encoding: gzip, chunked') + chunked,
        'an unknown encoding': post('Host: x', 'Transfer-Encoding: xchunked') + chunked,
        'an encoding with a vertical tab': post('Host: x', 'Transfer-Encoding: \x0bchunked') + chunked,
        'an encoding in HTTP/1.0': `POST /rest/v1/rpc/get_stats HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n${chunked}`,
        'a header folded over two lines': post('Host: x', 'X-A: b', ' c', 'Content-Length: 0'),
        'a folded encoding': post('Host: x', 'Transfer-Encoding:', ' chunked') + chunked,
        'lines that end in a bare line feed': `POST /rest/v1/rpc/get_stats HTTP/1.1\nHost: x\nContent-Length: 0\n\n`,
        'one line that ends in a bare line feed': `GET /live HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n`,
        'a bare carriage return in a header': `GET /live HTTP/1.1\r\nHost: x\r\nX-A: b\rX-B: c\r\n\r\n`,
        'a blank before the colon': post('Host: x', 'Content-Length : 2') + '{}',
        'a blank before the colon of the encoding': post('Host: x', 'Transfer-Encoding : chunked') + chunked,
        'no Host': 'GET /live HTTP/1.1\r\n\r\n',
        'two Hosts': 'GET /live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
        'two Hosts that agree': 'GET /live HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n',
        'a header without a colon': 'GET /live HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n',
        'a header without a name': 'GET /live HTTP/1.1\r\nHost: x\r\n: nonsense\r\n\r\n',
        'a NUL in a header': 'GET /live HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n',
        'a control character in a header name': 'GET /live HTTP/1.1\r\nHost: x\r\nX-\x01A: b\r\n\r\n',
        'a request line of one word': 'GET\r\nHost: x\r\n\r\n                ',
        'a request line without a version': 'GET /live/live/live\r\nHost: x\r\n\r\n',
        'another version': 'GET /live HTTP/3.0\r\nHost: x\r\n\r\n',
        'bytes of no protocol': '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n',
    };
    for (const [name, text] of Object.entries(cases)) {
        test(name, async () => {
            const { replies, closed } = await exchange(port, text + BEHIND, { count: 2, timeout: 3000 });
            assert.ok(closed, `closed, after ${replies.map(({ status, text: said }) => `${status} ${said}`)}`);
            assert.ok(replies.length <= 1, `one answer at most: ${replies.map(({ status }) => status)}`);
            if (replies.length) assert.ok([400, 411, 413, 417, 501, 505].includes(replies[0].status), `${replies[0].status} ${replies[0].text}`);
        });
    }
    test('broken chunks are 400, and the connection is closed', async () => {
        const head = post('Host: x', 'Transfer-Encoding: chunked');
        for (const text of ['x\r\n', '-1\r\n', '5\r\nab', 'ffffffffffffffffff\r\n', '2\r\n{}x\r\n', ' 2\r\n{}\r\n0\r\n\r\n']) {
            const { replies, closed } = await exchange(port, [head + text, 100, BEHIND], { count: 3, timeout: 3000 });
            assert.ok(closed, JSON.stringify(text));
            assert.ok(replies.every(({ status }) => status >= 400 && status < 500) && replies.length <= 1, `${JSON.stringify(text)} ${replies.map(({ status }) => status)}`);
        }
    });
    test('what a front proxy could hide in a body is not answered', async () => {
        const smuggled = 'GET /rest/v1/primes HTTP/1.1\r\nHost: x\r\nX-Ignore: x';
        const text = `POST /rest/v1/rpc/get_stats HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`;
        const { replies, closed } = await exchange(port, text + BEHIND, { count: 3, timeout: 3000 });
        assert.deepEqual(replies.map(({ status }) => status), [400]);
        assert.ok(closed);
    });
});

describe('targets', () => {
    test('malformed percent-encoding is 400', async () => {
        for (const text of ['id=eq.%C3', 'id=eq.%C3%28', 'id=eq.%ED%A0%80', 'id=eq.%F8%80%80%80', 'id=eq.%C0%AF', 'id=eq.%00', 'form=eq.a%00b', '%zz=eq.1'])
            await answers(query(text), 400);
        for (const path of ['/rest/v1/%', '/rest/v1/%zz', '/rest/v1/rec%00ords', '/rest/v1/%C3%28', '/rest/v1/rpc/%ff']) await answers(requestText('GET', path, KEYS), [400, 404]);
    });
    test('what stands behind a whole select list, or instead of one, is not looked at, as in PostgREST', async () => {
        for (const text of ['select=%', 'select=%2', 'select=%zz', 'select=(', 'select=id)']) await answers(query(text), 200);
    });
    test('bytes that are not UTF-8 are 400', async () => {
        for (const text of ['form=eq.\xff', 'form=eq.\xc3\x28', 'se\xfflect=id']) await answers(query(text), 400);
    });
    test('queries that mean nothing are 400 and say why', async () => {
        for (const text of ['id=', 'id=eq', 'id=nonsense.1', 'id=eq.x', 'id=in.1', 'id=in.(1', 'id=in.(1,', 'id=in.("a)', 'select=id,,form', 'order=id.sideways', 'order=.', 'limit=-1', 'id=eq.99999999999999999999', 'id=not.', 'id=not.not.eq.1', 'nosuch=eq.1', 'select=nosuch', 'order=nosuch']) {
            const reply = await answers(query(text), [400, 416]);
            const { code, message } = JSON.parse(reply.text);
            assert.ok(code && message, text);
        }
    });
    test('paths that climb, double or end in nothing', async () => {
        for (const path of ['/../etc/passwd', '/..%2f..%2fetc/passwd', '/rest/v1/../../live', '/rest/v1/', '/rest/v1', '/rest//v1/records', '//', '/rest/v1/rpc/', '/rest/v1/rpc/a/b', '/rest/v1/a/b/c', '/.git/config', '/%2e%2e/%2e%2e/etc/passwd', '/index.html%00.png', '/api/', '/api/stats/../primes', '*', '/\\..\\..\\etc'])
            await answers(requestText('GET', path, KEYS), [400, 404, 301, 200], path).then((reply) => assert.ok(!/root:/.test(reply.text), path));
    });
    test('text that looks like SQL stays text', async () => {
        for (const value of ["'; drop table records; --", "1'; select pg_sleep(5); --", '$1', '$$', '\\', '\\\'; --', '"; drop table records; --', "' or '1'='1"]) {
            const start = Date.now();
            const reply = await answers(query(`form=eq.${encodeURIComponent(value)}`), 200, value);
            assert.equal(reply.text, '[]');
            for (const key of ['select', 'order']) await answers(query(`${key}=${encodeURIComponent(value)}`), [200, 400], value);
            await answers(query(`${encodeURIComponent(value)}=eq.1`), 400, value);
            await answers(requestText('GET', `/rest/v1/${encodeURIComponent(value)}`, KEYS), [400, 404], value);
            await answers(requestText('POST', `/rest/v1/rpc/${encodeURIComponent(value)}`, { ...KEYS, ...JSON_TYPE }, '{}'), [400, 404], value);
            assert.ok(Date.now() - start < 4900);
        }
    });
    test('very long and very many parts', async () => {
        await answers(query(`form=eq.${'x'.repeat(50000)}`), [200, 414, 431]);
        await answers(query(`id=in.(${Array.from({ length: 8000 }, (_, i) => i).join(',')})`), [200, 414, 431]);
        await answers(query(Array.from({ length: 3000 }, () => 'id=gt.0').join('&')), [200, 400, 414, 431]);
        await answers(query(`select=${Array.from({ length: 5000 }, () => 'id').join(',')}`), [400, 413, 414, 431]);
        await answers(query(`order=${Array.from({ length: 5000 }, () => 'id').join(',')}`), [200, 400, 414, 431]);
        await answers(query(`select=${'a('.repeat(5000)}`), 400);
        await answers(query(`id=${'not.'.repeat(5000)}eq.1`), 400);
        await answers(requestText('GET', `/${'a/'.repeat(20000)}`, KEYS), [400, 404, 414, 431]);
    });
});

describe('headers', () => {
    test('a method that nobody knows is 405, one that is no token 400 or 405', async () => {
        for (const method of ['BREW', 'get', 'TRACE', 'CONNECT', 'G(ET', 'X'.repeat(1000)]) await answers(`${method} /rest/v1/records HTTP/1.1\r\nHost: x\r\n\r\n`, [400, 405, 501], method);
    });
    test('more than a person counts', async () => {
        const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`X-${i}`, 'y']));
        await answers(requestText('GET', '/live', many), [400, 431]);
    });
    test('Range that is none is ignored or refused, never a crash', async () => {
        for (const range of ['', 'x', '-', '0-', '-5', '5-1', 'bytes=0-1', '0-1,3-4', '99999999999999999999-', '0-99999999999999999999', '1-2-3'])
            await answers(query('select=id', { ...KEYS, 'Range-Unit': 'items', Range: range }), [200, 206, 400, 416], range);
    });
    test('Accept and Content-Type that nobody speaks', async () => {
        await answers(query('select=id', { ...KEYS, Accept: 'application/x-nonsense' }), [406, 415]);
        for (const accept of ['', ',', ';q=', '*/*;q=x', 'text', '/', 'application/json;;;', 'application/json; q=0']) await answers(query('select=id', { ...KEYS, Accept: accept }), [200, 400, 406, 415], accept);
        await answers(body('{"key":"a"}', 'agent_memory', { 'Content-Type': 'application/x-nonsense' }), [400, 415], 'content type');
    });
    test('Prefer that makes no sense', async () => {
        for (const prefer of ['', ',', '=', 'count=', 'count=many', 'return=all', 'x'.repeat(10000), ';;;', 'count=exact,count=exact'])
            await answers(query('select=id', { ...KEYS, Prefer: prefer }), [200, 206, 400], prefer);
    });
    test('credentials that are none are 401', async () => {
        for (const value of ['Bearer', 'Bearer ', 'Bearer x', 'Bearer ..', 'Bearer a.b.c', `Bearer ${'x'.repeat(20000)}`, `Bearer ${userA.token}x`, `Bearer ${userA.token.slice(0, -2)}`, 'Bearer \xff\xff'])
            await answers(query('select=id', { ...KEYS, Authorization: value }), 401, value);
    });
});

describe('bodies', () => {
    test('JSON that is none is 400 PGRST102', async () => {
        for (const text of ['', '{', '}', '[', '{"a"}', '{"a":}', '{"a":1,}', '[1,]', '{a:1}', "{'a':1}", '{"a":01}', '{"a":1e}', '{"a":NaN}', '{"a":tru}', '"\\x"', '{"a":"\t"}', '{"a":1}{"b":2}', '{"a":1} x', '// a\n{}', '\u{feff}{}', 'x'.repeat(1000)]) {
            const reply = await answers(body(text), 400, `body ${text.slice(0, 30)}`);
            assert.equal(JSON.parse(reply.text).code, 'PGRST102', text);
        }
    });
    test('JSON that PostgreSQL could not hold is 400', async () => {
        for (const text of ['{"key":"a\\u0000b","value":"x","category":"general"}', '{"key":"\\ud800","value":"x","category":"general"}', '{"key":"\\udc00\\ud800","value":"x","category":"general"}'])
            await answers(body(text), 400, text);
        await answers(Buffer.concat([Buffer.from(requestText('POST', '/rest/v1/agent_memory', { ...as(userA.token), ...JSON_TYPE, 'Content-Length': '11' })), Buffer.from('{"key":"', 'latin1'), Buffer.from([0xff, 0x22, 0x7d])]), 400, 'not UTF-8');
    });
    test('JSON of another kind is 400', async () => {
        for (const text of ['[1]', '[[]]', '["a"]', '[{"key":"a"},1]', '[{"key":"a"},{"value":"b"}]']) await answers(body(text), 400, text);
        /* as PostgREST: a scalar is an empty list of rows */
        for (const text of ['1', '"text"', 'true', 'null']) await answers(body(text), 201, text);
        assert.deepEqual(await stand.query('select key from agent_memory where id >= 1000'), []);
    });
    test('JSON nested deeper than anybody means it', async () => {
        for (const text of ['['.repeat(100000), '['.repeat(50000) + ']'.repeat(50000), '{"a":'.repeat(20000) + '1' + '}'.repeat(20000)]) await answers(body(text), 400, 'deep');
        await answers(body(`{"bucket_type":${'['.repeat(100)}1${']'.repeat(100)}}`, 'rpc/get_discovery_timeline'), 400, 'deep argument');
    });
    test('keys and values of every kind', async () => {
        await answers(body('{"":1}'), 400);
        await answers(body('{"nosuch":1}'), 400);
        await answers(body(`{"${'k'.repeat(100000)}":1}`), 400, 'a long key');
        await answers(body('{"key; drop table records":1}'), 400);
        await answers(body('{"key\\"":1}'), 400);
        await answers(body(`{${Array.from({ length: 5000 }, (_, i) => `"k${i}":1`).join(',')}}`), 400, 'many keys');
        await answers(body('{"title":{"a":[1]}}', 'agent_tasks'), [201, 400], 'an object for a text');
        await answers(body('{"title":"x","permission_level":"x"}', 'agent_tasks'), 400, 'a text for a number');
        await answers(body('{"title":"x","permission_level":1e400}', 'agent_tasks'), 400, 'a number beyond all');
        await answers(body('{"title":null}', 'agent_tasks'), 400, 'null where none may be');
        await answers(body('{"key":"twice","key":"twice","value":"x","category":"general"}'), [201, 400], 'a key twice');
    });
    test('a call with arguments that do not fit', async () => {
        await answers(body('{"nosuch":1}', 'rpc/get_stats'), 404);
        await answers(body('{"bucket_size_param":"x"}', 'rpc/get_digit_distribution'), 400);
        await answers(body('{"bucket_size_param":9223372036854775808}', 'rpc/get_digit_distribution'), 400);
        await answers(body('[]', 'rpc/get_stats'), [400, 200], 'an array for arguments');
        await answers(body('{}', 'rpc/nosuch'), 404);
    });
});

describe('a thousand random mutations', () => {
    test('of good requests: no answer but a whole one, and the server goes on', async () => {
        const seeds = [
            query('select=id,form&digits=gte.1&order=id.desc&limit=2'), requestText('GET', '/api/primes?limit=3&form=kbn&tags=a,b', KEYS),
            body('{"key":"m","value":"x","category":"general"}').toString('latin1'), requestText('POST', '/rest/v1/rpc/get_digit_distribution', { ...KEYS, ...JSON_TYPE }, '{"bucket_size_param":10}'),
            requestText('HEAD', '/rest/v1/operators?select=id&primes_found=gte.3', { ...as(serviceKey), Prefer: 'count=exact' }),
        ];
        const random = generator(20260105);
        for (let round = 0; round < 25; round++)
            await Promise.all(Array.from({ length: 40 }, async () => {
                const text = mutate(seeds[random(seeds.length)], random);
                const { replies } = await exchange(port, text, { count: 1, timeout: 1300, methods: [text.slice(0, 4) === 'HEAD' ? 'HEAD' : 'GET'] });
                for (const { status } of replies) assert.ok(status >= 200 && status < 500, `${status} for ${JSON.stringify(text)}`);
            }));
    });
});

/** Small numbers that look random and are the same in each run. */
function generator(seed) {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        return (state >> 8) % below;
    };
}

function mutate(text, random) {
    const bytes = [...text];
    for (let i = 1 + random(4); i > 0; i--) {
        const at = random(bytes.length);
        const kind = random(4);
        if (kind === 0) bytes[at] = String.fromCharCode(random(256));
        else if (kind === 1) bytes.splice(at, 1 + random(5));
        else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + random(20)));
        else bytes.splice(at, 0, ['%', '"', '(', ')', ',', '.', '\\', '\0', '\xff', ':', '&', '=', '{', '}', '\r\n', '%00', '*'][random(17)]);
    }
    return bytes.join('');
}
