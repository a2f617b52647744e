// Tokens: which are accepted, which are refused and in what words. Minted by an independent library
// (jose) or made by hand where no library would; the last tests compare with jose's own verdict.
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, createSign, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { jwtVerify } from 'jose';
import { startStand } from '../support/stand.mjs';
import { Line, requestText } from '../support/raw.mjs';
import { anonKey, mint, SECRET, serviceKey, userA } from '../support/tokens.mjs';

const AUDIENCE = 'authenticated';
const ROLES = ['anon', 'authenticated', 'service_role'];
const LEEWAY_S = 30;
const now = () => Math.floor(Date.now() / 1000);
const base64url = (value) => Buffer.from(value).toString('base64url');
const hmac = (text, key = SECRET, hash = 'sha256') => createHmac(hash, key).update(text).digest('base64url');

/** A token over any two texts, with a good signature unless another key or hash is given. */
function sign(header, payload, key, hash) {
    const [head, body] = [header, payload].map((part) => base64url(typeof part === 'string' || Buffer.isBuffer(part) ? part : JSON.stringify(part)));
    return `${head}.${body}.${hmac(`${head}.${body}`, key, hash)}`;
}

const HEADER = { alg: 'HS256', typ: 'JWT' };
const USER = { role: 'authenticated', sub: userA.id, aud: AUDIENCE, exp: now() + 3600 };
const withHeader = (header) => sign({ ...HEADER, ...header }, USER);
const withClaims = (claims) => sign(HEADER, { ...USER, ...claims });
const without = (claim) => { const { [claim]: gone, ...rest } = USER; return sign(HEADER, rest); };

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
const publicDer = rsa.publicKey.export({ type: 'spki', format: 'der' });
const publicJwk = JSON.stringify(createPublicKey(publicPem).export({ format: 'jwk' }));

/** A token with a real asymmetric signature. */
function signBy(alg, key, options = {}) {
    const text = `${base64url(JSON.stringify({ alg, typ: 'JWT' }))}.${base64url(JSON.stringify(USER))}`;
    return `${text}.${createSign('sha256').update(text).sign({ key, ...options }, 'base64url')}`;
}

const good = sign(HEADER, USER);
const [head, body, signature] = good.split('.');

const CRYPTO = 'JWT cryptographic operation failed';
const ALGORITHM = 'Wrong or unsupported encoding algorithm';
const KEY = 'No suitable key or wrong key type';
const PARSE = 'Parsing claims failed';
const ROLE = "The JWT 'role' claim is not allowed";
const ROLE_TYPE = "The JWT 'role' claim must be a string";
const AUD_TYPE = "The JWT 'aud' claim must be a string or an array of strings";
const parts = (count) => `Expected 3 parts in JWT; got ${count}`;

/* what | token | message: none when it is accepted. PGRST301 unless the table says otherwise. */
const FORMS = [
    ['a good one', good],
    ['no signature', `${head}.${body}.`, KEY],
    ['two segments', `${head}.${body}`, parts(2)],
    ['one segment', head, parts(1)],
    ['four segments', `${good}.AAAA`, parts(4)],
    ['five segments, as a JWE', `${good}.AAAA.AAAA`, parts(5)],
    ['only dots', '..', CRYPTO],
    ['a padded signature', `${good}=`, CRYPTO],
    ['a padded header', `${head}=.${body}.${hmac(`${head}=.${body}`)}`, CRYPTO],
    ['blanks inside', `${head}. ${body}.${signature}`, KEY],
    ['blanks inside, signed', `${head}. ${body}.${hmac(`${head}. ${body}`)}`, CRYPTO],
    ['the other alphabet', `${head}.${body}.${'+/'.repeat(21)}A`, CRYPTO],
    ['another spelling of the same signature', respelled(good), CRYPTO],
    ['a signature cut short', good.slice(0, -3), KEY],
    ['a signature with more behind it', `${good}AAAA`, KEY],
    ['another signature', `${head}.${body}.${'A'.repeat(43)}`, KEY],
    ['the payload of another', `${head}.${base64url(JSON.stringify({ ...USER, role: 'service_role' }))}.${signature}`, KEY],
    ['a key id', withHeader({ kid: '1' })],
    ['a key id that is a path', withHeader({ kid: '../../dev/null' })],
    ['a key id that is SQL', withHeader({ kid: "' union select 'x' --" })],
    ['a key id with a NUL', withHeader({ kid: 'a\0b' }), CRYPTO],
    ['a key id too long for a header', withHeader({ kid: 'k'.repeat(9000) }), 'JWT is too long'],
    ['a key of its own', withHeader({ jwk: { kty: 'oct', k: 'AAAA' } })],
    ['key addresses of its own', withHeader({ jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/', x5c: ['AAAA'] })],
    ['another type', withHeader({ typ: 'at+jwt' })],
    ['a compression', withHeader({ zip: 'DEF' })],
    ['critical extensions', withHeader({ crit: ['exp'] }), CRYPTO],
    ['an unencoded payload', withHeader({ b64: false, crit: ['b64'] }), CRYPTO],
    ['alg none', sign({ alg: 'none' }, USER), ALGORITHM],
    ['alg none, unsigned', `${base64url('{"alg":"none"}')}.${body}.`, ALGORITHM],
    ['alg None', withHeader({ alg: 'None' }), CRYPTO],
    ['alg nOnE', withHeader({ alg: 'nOnE' }), CRYPTO],
    ['alg empty', withHeader({ alg: '' }), CRYPTO],
    ['alg missing', sign({ typ: 'JWT' }, USER), CRYPTO],
    ['alg null', withHeader({ alg: null }), CRYPTO],
    ['alg a list', withHeader({ alg: ['HS256'] }), CRYPTO],
    ['alg in lower case', withHeader({ alg: 'hs256' }), CRYPTO],
    ['alg twice', sign('{"alg":"HS256","alg":"none"}', USER), CRYPTO],
    ['HS384', sign({ alg: 'HS384' }, USER, SECRET, 'sha384'), KEY],
    ['HS512', sign({ alg: 'HS512' }, USER, SECRET, 'sha512'), KEY],
    ['HS256 signed by HS512', sign(HEADER, USER, SECRET, 'sha512'), KEY],
    ['RS256', signBy('RS256', rsa.privateKey), KEY],
    ['PS256', signBy('PS256', rsa.privateKey, { padding: 6 }), KEY],
    ['ES256', signBy('ES256', ec.privateKey, { dsaEncoding: 'ieee-p1363' }), KEY],
    ['HS256 keyed with the public PEM', sign(HEADER, USER, publicPem), KEY],
    ['HS256 keyed with the public DER', sign(HEADER, USER, publicDer), KEY],
    ['HS256 keyed with the public JWK', sign(HEADER, USER, publicJwk), KEY],
    ['HS256 keyed with nothing', sign(HEADER, USER, ''), KEY],
    ['HS256 keyed with the anon key', sign(HEADER, USER, anonKey), KEY],
    /* RFC 2104 pads a key with NULs, so this is the same key. */
    ['HS256 keyed with the secret and a NUL', sign(HEADER, USER, `${SECRET}\0`)],
    ['a header that is a list', sign('["HS256"]', USER), CRYPTO],
    ['a header that is not JSON', sign('alg=HS256', USER), CRYPTO],
    ['a header that is not UTF-8', sign(Buffer.from('{"alg":"HS256","x":"\xff"}', 'latin1'), USER), CRYPTO],
];

/** The last digit of a signature has two bits that mean nothing; set one. */
function respelled(token) {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return token.slice(0, -1) + digits[digits.indexOf(token.at(-1)) ^ 1];
}

/* what | token | message, with PGRST303 */
const CLAIMS = [
    ['expired an hour ago', withClaims({ exp: now() - 3600 }), 'JWT expired'],
    ['expired beyond the leeway', withClaims({ exp: now() - LEEWAY_S - 1 }), 'JWT expired'],
    ['expired within the leeway', () => withClaims({ exp: now() - LEEWAY_S + 20 })], /* made when it is asked: the suite may be slow to come to it */
    ['exp negative', withClaims({ exp: -1 }), 'JWT expired'],
    ['exp a fraction', withClaims({ exp: now() + 100.5 })],
    ['exp a fraction of the past', withClaims({ exp: 1000.5 }), 'JWT expired'],
    ['exp very far', withClaims({ exp: 1e300 })],
    ['exp a string', withClaims({ exp: String(now() + 3600) }), "The JWT 'exp' claim must be a number"],
    ['exp null', withClaims({ exp: null }), "The JWT 'exp' claim must be a number"],
    ['exp missing', without('exp')],
    ['nbf in an hour', withClaims({ nbf: now() + 3600 }), 'JWT not yet valid'],
    ['nbf within the leeway', withClaims({ nbf: now() + LEEWAY_S - 20 })],
    ['nbf a string', withClaims({ nbf: 'x' }), "The JWT 'nbf' claim must be a number"],
    ['iat in an hour', withClaims({ iat: now() + 3600 }), 'JWT issued at future'],
    ['iat within the leeway', withClaims({ iat: now() + LEEWAY_S - 20 })],
    ['iat a list', withClaims({ iat: [] }), "The JWT 'iat' claim must be a number"],
    ['aud of another', withClaims({ aud: 'someone' }), 'JWT not in audience'],
    ['aud a list with ours', withClaims({ aud: ['x', AUDIENCE] })],
    ['aud a list without ours', withClaims({ aud: ['x'] }), 'JWT not in audience'],
    ['aud an empty list', withClaims({ aud: [] })],
    ['aud a number', withClaims({ aud: 1 }), AUD_TYPE],
    ['aud missing', without('aud')],
    ['issuer of another', withClaims({ iss: 'http://elsewhere/' })],
    ['role empty', withClaims({ role: '' }), ROLE],
    ['role none', withClaims({ role: 'none' }), ROLE],
    ['role postgres', withClaims({ role: 'postgres' }), ROLE],
    ['role authenticator', withClaims({ role: 'authenticator' }), ROLE],
    ['role of curated routes', withClaims({ role: 'postern_api' }), ROLE],
    ['role of 64 characters', withClaims({ role: 'r'.repeat(64) }), ROLE],
    ['role with quotes', withClaims({ role: '"authenticated"' }), ROLE],
    ['role with SQL', withClaims({ role: "anon'; set role postgres; --" }), ROLE],
    ['role in other letters', withClaims({ role: 'аnon' }), ROLE],
    ['role with a NUL', withClaims({ role: 'anon\0' }), PARSE],
    ['role a list', withClaims({ role: ['anon'] }), ROLE_TYPE],
    ['role null', withClaims({ role: null }), ROLE_TYPE],
    ['role twice', sign(HEADER, '{"role":"anon","role":"service_role"}'), PARSE],
    ['role twice, once escaped', sign(HEADER, '{"role":"anon","r\\u006fle":"service_role"}'), PARSE],
    ['claims that are a list', sign(HEADER, '[]'), PARSE],
    ['claims that are not JSON', sign(HEADER, 'role=anon'), PARSE],
    ['claims that are empty text', sign(HEADER, ''), PARSE],
    ['claims that are not UTF-8', sign(HEADER, Buffer.from('{"role":"anon","x":"\xff"}', 'latin1')), PARSE],
    ['claims nested beyond measure', sign(HEADER, `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`), PARSE],
];

/* headers | what they make of the request: a role, or a code */
const WAYS = [
    ['nothing', {}, 'anon'],
    ['Bearer', { authorization: `Bearer ${good}` }, 'authenticated'],
    ['bearer in lower case', { authorization: `bearer ${good}` }, 'authenticated'],
    ['Bearer and two blanks', { authorization: `Bearer  ${good}` }, 'authenticated'],
    ['apikey alone', { apikey: serviceKey }, 'service_role'],
    ['both: Bearer counts', { apikey: serviceKey, authorization: `Bearer ${good}` }, 'authenticated'],
    ['a key that is no token', { apikey: 'sb_publishable_0123456789' }, 'anon'],
    ['a bad Bearer beside a good key', { apikey: serviceKey, authorization: 'Bearer x' }, 'PGRST301'],
    ['an empty Bearer', { authorization: 'Bearer ' }, 'PGRST301'],
    ['a Bearer without anything', { authorization: 'Bearer' }, 'PGRST301'],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }, 'anon'],
    ['a token in the query', {}, 'anon', `?apikey=${serviceKey}`],
];

let stand, line;
before(async () => {
    stand = await startStand({ env: { POSTERN_JWT_AUD: AUDIENCE } });
    stand.cluster.psql('create function whoami() returns text stable language sql as $$ select current_user::text $$;'
        + ' grant execute on function whoami() to anon, authenticated, service_role; notify pgrst', stand.db);
    line = new Line(stand.postern.port);
    for (let tries = 0; tries < 100 && (await whoami({})).status === 404; tries++) await new Promise((done) => setTimeout(done, 50));
});
after(async () => {
    line?.leave();
    await stand?.stop();
});

const whoami = (headers, query = '') => line.request(requestText('POST', `/rest/v1/rpc/whoami${query}`, { 'content-type': 'application/json', ...headers }, '{}'), 'POST');
const ask = (token) => whoami({ authorization: `Bearer ${token}` });

async function assertVerdict(made, code, message) {
    const token = typeof made === 'function' ? made() : made;
    const reply = await ask(token);
    if (message === undefined) {
        assert.equal(reply.status, 200, reply.text);
        assert.ok(ROLES.includes(JSON.parse(reply.text)));
        return;
    }
    const error = JSON.parse(reply.text);
    assert.deepEqual([reply.status, error.code, error.message], [401, code, message]);
    assert.deepEqual(Object.keys(error), ['code', 'details', 'hint', 'message']);
    assert.equal(reply.headers.get('www-authenticate'), `Bearer error="invalid_token", error_description="${message}"`);
    assert.ok(!reply.text.includes(SECRET) && !reply.text.includes(signature));
}

describe('the form of a token', () => {
    for (const [what, token, message] of FORMS) test(what, () => assertVerdict(token, 'PGRST301', message));
});

describe('the claims of a token', () => {
    for (const [what, token, message] of CLAIMS) test(what, () => assertVerdict(token, 'PGRST303', message));
});

describe('who a request is', () => {
    for (const [what, headers, want, query] of WAYS)
        test(what, async () => {
            const reply = await whoami(headers, query);
            const answer = JSON.parse(reply.text);
            assert.equal(reply.status === 200 ? answer : query ? want : answer.code, want, reply.text);
        });

    test('a token without a role is anonymous, and its claims say so', async () => {
        const reply = await ask(without('role'));
        assert.equal(JSON.parse(reply.text), 'anon');
    });

    test('a token that was accepted is refused when it has expired', async () => {
        const token = withClaims({ exp: now() - LEEWAY_S + 2 });
        assert.equal((await ask(token)).status, 200);
        assert.equal((await ask(token)).status, 200);
        await new Promise((done) => setTimeout(done, 3100));
        const reply = await ask(token);
        assert.deepEqual([reply.status, JSON.parse(reply.text).message], [401, 'JWT expired']);
    });

    test('no token is ever in the log', () => {
        const logs = stand.postern.logs();
        for (const secret of [SECRET, signature, serviceKey.split('.')[2]]) assert.ok(!logs.includes(secret));
    });
});

/** Small and repeatable (a linear congruential generator), so that a failure can be run again. */
function randomFrom(seed) {
    return (below) => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return Math.floor((seed / 2 ** 32) * below);
    };
}

const key = new TextEncoder().encode(SECRET);
const verdictOfJose = (token, options) =>
    jwtVerify(token, key, { algorithms: ['HS256'], clockTolerance: LEEWAY_S, ...options }).then(({ payload }) => payload, () => null);

/** jose reads lenient base64; Postern takes one spelling only. */
const isCanonical = (token) => token.split('.').every((part) => base64url(Buffer.from(part, 'base64url')) === part);

/* How many, JWT_MUTATIONS: a few in each run of the tests, a million before a release. */
const MUTATIONS = Number(process.env.JWT_MUTATIONS ?? 4000), SIGNED = MUTATIONS / 2;

/** Asks the server about `count` tokens over several lines. */
async function askAll(count, make, each) {
    let next = 0;
    await Promise.all(Array.from({ length: 4 }, async () => {
        const own = new Line(stand.postern.port);
        while (next++ < count) {
            const token = make();
            const text = requestText('POST', '/rest/v1/rpc/whoami', { 'content-type': 'application/json', authorization: `Bearer ${token}` }, '{}');
            await each(token, await own.request(text, 'POST'));
        }
        own.leave();
    }));
}

describe('the verdict is that of an independent verifier', () => {
    test(`on ${MUTATIONS} tokens with bytes changed, put in or left out`, async () => {
        const random = randomFrom(17);
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
        const sources = [good, anonKey, serviceKey, await mint({ role: 'authenticated', sub: userA.id })];
        const mutated = (token) => {
            const at = random(token.length), mark = alphabet[random(alphabet.length)];
            return token.slice(0, at) + ['', mark, mark + token[at]][random(3)] + token.slice(at + 1);
        };
        const make = () => {
            let token = mutated(sources[random(sources.length)]);
            while (random(3) === 0) token = mutated(token);
            return token === token.trim() ? token : make(); /* a header's value is trimmed on its way */
        };
        let accepted = 0;
        await askAll(MUTATIONS, make, async (token, reply) => {
            const theirs = (await verdictOfJose(token)) !== null && isCanonical(token);
            assert.equal(reply.status, theirs ? 200 : 401, `${token}: ${reply.text}`);
            accepted += theirs;
        });
        assert.ok(accepted > 0 && accepted < MUTATIONS / 2); // a byte may be replaced by itself
    });

    test(`on ${SIGNED} signed tokens with claims of any kind`, async () => {
        const random = randomFrom(23);
        const pick = (...values) => values[random(values.length)];
        const time = () => pick(undefined, now() - 3600, now() - LEEWAY_S - 5, now() - LEEWAY_S + 20, now() + 20, now() + 3600, 0, -5, 1e18, 12.75, '1', true, {});
        const make = () => sign(HEADER, {
            role: pick('anon', 'authenticated', 'service_role', undefined, 'postgres', 'none', '', 7),
            aud: pick(AUDIENCE, [AUDIENCE, 'x'], 'x', ['x']),
            exp: pick(now() + 3600, now() + 3600, time()), nbf: pick(undefined, undefined, time()), iat: pick(undefined, undefined, now(), '1', []),
            n: random(1e6),
        });
        let accepted = 0;
        await askAll(SIGNED, make, async (token, reply) => {
            const payload = await verdictOfJose(token, { audience: AUDIENCE });
            const theirs = payload !== null && (payload.role === undefined || ROLES.includes(payload.role));
            assert.equal(reply.status, theirs ? 200 : 401, `${Buffer.from(token.split('.')[1], 'base64url')}: ${reply.text}`);
            if (theirs) assert.equal(JSON.parse(reply.text), payload.role ?? 'anon');
            accepted += theirs;
        });
        assert.ok(accepted > 100, `only ${accepted} were accepted`);
    });
});
