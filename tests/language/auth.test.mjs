// Authentication as PostgREST 16 has it: keys of every kind and in every form, key ids, where the role
// is named, codes and texts. The last part compares with an independent library, jose.
import assert from 'node:assert/strict';
import { constants, createHmac, generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { posternCommand } from '../support/postern.mjs';
import { atExit } from '../support/process.mjs';
import { Line, requestText } from '../support/raw.mjs';
import { SECRET } from '../support/tokens.mjs';
import { startLanguage } from './stand.mjs';

/** How many tokens jose and Postern judge: more for a night. */
const TOKENS = Number(process.env.JWT_TOKENS ?? 10000);
const now = () => Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url');
const jwkOf = (pair, more) => ({ ...pair.publicKey.export({ format: 'jwk' }), ...more });

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pinned = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = Object.fromEntries(['P-256', 'P-384', 'P-521'].map((namedCurve) => [namedCurve, generateKeyPairSync('ec', { namedCurve })]));
const edwards = generateKeyPairSync('ed25519');
const shared = randomBytes(64);
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

const hmac = (hash) => (text, key) => createHmac(hash, key).update(text).digest();
const pkcs = (hash) => (text, { privateKey }) => signBytes(hash, Buffer.from(text), privateKey);
const pss = (hash, saltLength) => (text, { privateKey }) => signBytes(hash, Buffer.from(text), { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const ecdsa = (hash) => (text, { privateKey }) => signBytes(hash, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });

/* alg: its signer, its key, the key's id */
const ALGORITHMS = {
    HS256: [hmac('sha256'), shared, 'shared'], HS384: [hmac('sha384'), shared, 'shared'], HS512: [hmac('sha512'), shared, 'shared'],
    RS256: [pkcs('sha256'), rsa, 'rsa'], RS384: [pkcs('sha384'), rsa, 'rsa'], RS512: [pkcs('sha512'), rsa, 'rsa'],
    PS256: [pss('sha256', 32), rsa, 'rsa'], PS384: [pss('sha384', 48), rsa, 'rsa'], PS512: [pss('sha512', 64), rsa, 'rsa'],
    ES256: [ecdsa('sha256'), curves['P-256'], 'p256'], ES384: [ecdsa('sha384'), curves['P-384'], 'p384'], ES512: [ecdsa('sha512'), curves['P-521'], 'p521'],
    EdDSA: [(text, { privateKey }) => signBytes(null, Buffer.from(text), privateKey), edwards, 'ed'],
};
const SET = {
    keys: [
        { kty: 'oct', k: shared.toString('base64url'), kid: 'shared' },
        jwkOf(rsa, { kid: 'rsa', use: 'sig', key_ops: ['verify'] }),
        jwkOf(pinned, { kid: 'pinned', alg: 'RS512' }),
        ...Object.entries(curves).map(([name, pair]) => jwkOf(pair, { kid: `p${name.slice(2)}` })),
        jwkOf(edwards, { kid: 'ed' }),
        jwkOf(stranger, { kid: 'enc', use: 'enc' }),
        jwkOf(stranger, { kid: 'wrap', key_ops: ['wrapKey'] }),
        { kty: 'AKP', alg: 'ML-DSA-44', kid: 'a kind of tomorrow' },
    ],
};
const USER = { role: 'web_user', sub: 'ada' };

/** A token; `by` signs over what the header says when it is another algorithm's. */
function token(alg, { kid = ALGORITHMS[alg]?.[2], claims = USER, by = alg, key = ALGORITHMS[by][1], header } = {}) {
    const text = `${encode(header ?? { alg, ...(kid === null ? {} : { kid }) })}.${encode(claims)}`;
    return `${text}.${ALGORITHMS[by][0](text, key).toString('base64url')}`;
}

const plain = (claims, secret = SECRET, header = { alg: 'HS256' }) => token('HS256', { claims, key: secret, header });
const bearer = (text) => ({ headers: { Authorization: `Bearer ${text}` } });

let stand, dir;
before(async () => {
    dir = mkdtempSync('/tmp/pt-');
    atExit(() => rmSync(dir, { recursive: true, force: true }));
    chmodSync(dir, 0o755);
    stand = await startLanguage({ fixture: 'auth.sql', env: { PGRST_JWT_SECRET: JSON.stringify(SET), POSTERN_ALLOWED_ROLES: '*' } });
});
after(async () => {
    await stand?.stop();
    rmSync(dir, { recursive: true, force: true });
});

/** Another server with these settings, for the time of `use`. */
async function withServer(env, use) {
    const server = await stand.more(env);
    try {
        await use(server);
    } finally {
        await server.stop();
    }
}

const file = (name, text) => {
    writeFileSync(join(dir, name), text);
    return `@${join(dir, name)}`;
};

/** Asserts that the answer is a role's, or a failure with this code and message. */
function assertAnswer(reply, want) {
    if (typeof want === 'string') return assert.deepEqual([reply.status, reply.json], [200, want], reply.text);
    const [code, message, status = 401, details = null] = want;
    assert.deepEqual([reply.status, reply.json], [status, { code, details, hint: null, message }], reply.text);
    if (status === 401)
        assert.equal(reply.headers.get('www-authenticate'), code === 'PGRST302' ? 'Bearer' : `Bearer error="invalid_token", error_description="${message}"`);
}

const MESSAGE = 'No suitable key or wrong key type';
const NO_KEY = ['PGRST301', MESSAGE, 401, 'No suitable key was found to decode the JWT'];
const REFUSED = ['PGRST301', MESSAGE, 401, 'None of the keys was able to decode the JWT'];
const CRYPTO = ['PGRST301', 'JWT cryptographic operation failed'];

describe('a set of keys', () => {
    const check = (what, text, want) => test(what, async () => assertAnswer(await stand.ask('/rpc/whoami', bearer(text)), want));

    for (const alg of Object.keys(ALGORITHMS)) {
        check(`${alg} with the key's id`, token(alg), 'web_user');
        check(`${alg} without one`, token(alg, { kid: null }), 'web_user');
        check(`${alg} with an id that nobody has`, token(alg, { kid: 'other' }), NO_KEY);
        check(`${alg} with no id in it`, token(alg, { kid: '' }), NO_KEY);
        check(`${alg} with the id of another kind`, token(alg, { kid: alg === 'EdDSA' ? 'rsa' : 'ed' }), NO_KEY);
        check(`${alg} with other claims under the signature`, token(alg).replace(/\.[^.]+\./, `.${encode({ role: 'web_editor' })}.`), REFUSED);
        check(`${alg} without a signature`, token(alg).replace(/[^.]+$/, ''), REFUSED);
    }
    check('EdDSA by its newer name', token('EdDSA', { header: { alg: 'Ed25519', kid: 'ed' } }), 'web_user');
    check('the algorithm that a key is pinned to', token('RS512', { key: pinned, kid: 'pinned' }), 'web_user');
    check('another one of its kind', token('RS256', { key: pinned, kid: 'pinned' }), NO_KEY);
    check('the signature of one, the name of another', token('RS512', { by: 'RS256' }), REFUSED);
    check('PSS under the name of PKCS#1', token('RS256', { by: 'PS256' }), REFUSED);
    check('a salt of another length', token('PS256', { header: { alg: 'PS256' }, by: 'PS384' }), REFUSED);
    check('a curve under the name of another', token('ES256', { by: 'ES384', kid: null }), REFUSED);
    check('a key that is for encryption', token('RS256', { key: stranger, kid: 'enc' }), NO_KEY);
    check('a key that may not verify', token('RS256', { key: stranger, kid: 'wrap' }), NO_KEY);
    check('a key that we do not have', token('RS256', { key: stranger }), REFUSED);
    for (const [what, key] of [
        ['PEM', rsa.publicKey.export({ type: 'spki', format: 'pem' })], ['DER', rsa.publicKey.export({ type: 'spki', format: 'der' })],
        ['JWK', JSON.stringify(SET.keys[1])], ['modulus', Buffer.from(SET.keys[1].n, 'base64url')], ['modulus as text', SET.keys[1].n],
    ])
        for (const kid of [null, 'rsa', 'shared'])
            check(`HS256 keyed with the public key's ${what}, key id ${kid}`, token('HS256', { key, kid }), kid === 'rsa' ? NO_KEY : REFUSED);
    check('a key id that is no text', token('HS256', { header: { alg: 'HS256', kid: 7 } }), CRYPTO);
    check('an algorithm of tomorrow', token('HS256', { header: { alg: 'ML-DSA-44' } }), CRYPTO);
    check('no algorithm', `${encode({ alg: 'none' })}.${encode(USER)}.`,
        ['PGRST301', 'Wrong or unsupported encoding algorithm', 401, "JWT is unsecured but expected 'alg' was not 'none'"]);
    check('an encrypted token', token('HS256', { header: { alg: 'dir', enc: 'A256GCM' } }), CRYPTO);
});

describe('the forms of a secret', () => {
    const bytes = randomBytes(48);
    const binary = bytes.toString('base64');
    for (const [what, env, text] of [
        ['text', { PGRST_JWT_SECRET: SECRET }, plain(USER)],
        ['text, and a token with a key id', { PGRST_JWT_SECRET: SECRET }, plain(USER, SECRET, { alg: 'HS256', kid: 'legacy' })],
        ['base64', { PGRST_JWT_SECRET: binary, PGRST_JWT_SECRET_IS_BASE64: 'true' }, plain(USER, bytes)],
        ['base64url', { PGRST_JWT_SECRET: bytes.toString('base64url'), PGRST_SECRET_IS_BASE64: 'true' }, plain(USER, bytes)],
        ['a file', () => ({ PGRST_JWT_SECRET: file('text', `${SECRET}\n`) }), plain(USER)],
        ['base64 in a file', () => ({ PGRST_JWT_SECRET: file('base64', `${binary}\n`), PGRST_JWT_SECRET_IS_BASE64: 'true' }), plain(USER, bytes)],
        ['one RSA key', { PGRST_JWT_SECRET: JSON.stringify(jwkOf(rsa)) }, token('RS256', { kid: null })],
        ['one RSA key, a private one', { PGRST_JWT_SECRET: JSON.stringify(rsa.privateKey.export({ format: 'jwk' })) }, token('PS512', { kid: null })],
        ['one EC key in a file', () => ({ PGRST_JWT_SECRET: file('ec', JSON.stringify(jwkOf(curves['P-384']), null, 2)) }), token('ES384', { kid: null })],
        ['one Ed25519 key', { PGRST_JWT_SECRET: JSON.stringify(jwkOf(edwards)) }, token('EdDSA', { kid: null })],
        ['one symmetric key', { PGRST_JWT_SECRET: JSON.stringify(SET.keys[0]) }, token('HS384')],
        ['a set in base64', { PGRST_JWT_SECRET: Buffer.from(JSON.stringify(SET)).toString('base64'), PGRST_JWT_SECRET_IS_BASE64: 'true' }, token('ES512')],
    ])
        test(what, () => withServer(typeof env === 'function' ? env() : env, async (server) => {
            assertAnswer(await server.ask('/rpc/whoami', bearer(text)), 'web_user');
            const other = await server.ask('/rpc/whoami', bearer(plain(USER, 'another-secret-that-is-long-enough-too')));
            assert.deepEqual([other.status, other.json.code], [401, 'PGRST301']);
        }));
    test('a secret that is text is for HS256 alone', () => withServer({ PGRST_JWT_SECRET: SECRET }, async (server) => {
        assertAnswer(await server.ask('/rpc/whoami', bearer(token('HS512', { key: SECRET }))), NO_KEY);
    }));
    for (const [what, secret, sentence] of [
        ['short', 'short', /JWT_SECRET has 5 bytes; it must have at least 32/],
        ['JSON that breaks off', '{"kty":"oct"', /JWT_SECRET starts as JSON does, but is none/],
        ['a key of a kind nobody knows', '{"kty":"dsa"}', /Web Key that has a "kty" other than oct, RSA, EC and OKP/],
        ['a weak RSA key', JSON.stringify(jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))), /has 1024 bits; RSA needs 2048/],
        ['a point beside the curve', JSON.stringify({ ...jwkOf(curves['P-256']), x: encode(Buffer.alloc(32, 1)) }), /is no valid key/],
        ['an empty set', '{"keys":[]}', /Key Set without a usable key: there is none in it/],
        ['a set of keys for something else', JSON.stringify({ keys: SET.keys.slice(-3) }), /Key Set without a usable key: key 3 has a "kty"/],
        ['a file that is not there', '@/nowhere/secret', /names the file \/nowhere\/secret, which cannot be read/],
    ])
        test(`${what}: refused at the start`, async () => {
            const { code, stderr } = await posternCommand(['serve'], { PGRST_DB_URI: stand.cluster.url('app', 'gateway'), PGRST_JWT_SECRET: secret });
            assert.equal(code, 2);
            assert.match(stderr, sentence);
            assert.ok(!stderr.includes(secret) || secret.startsWith('@') || secret === 'short');
        });
});

/* path | claims | the role, or a code */
const PLACES = [
    [undefined, { role: 'web_user' }, 'web_user'],
    ['$.role', { role: 'web_user' }, 'web_user'],
    ['$.role', { user: 'web_user' }, 'web_anon'],
    ['$.postgrest.a_role', { postgrest: { a_role: 'web_user' } }, 'web_user'],
    ['$.customObject.manyRoles[1]', { customObject: { manyRoles: ['other', 'web_user'] } }, 'web_user'],
    ["$['https://www.example.com/roles'][0].value", { 'https://www.example.com/roles': [{ value: 'web_user' }] }, 'web_user'],
    ['$.myDomain[3]', { myDomain: ['other', 'web_user'] }, 'web_anon'],
    ['$.realm_access.roles[?@ == "web_user"]', { realm_access: { roles: ['other', 'web_user'] } }, 'web_user'],
    ['$.realm_access.roles[?@ != "other"]', { realm_access: { roles: ['other', 'web_user'] } }, 'web_user'],
    ['$.realm_access.roles[?search(@, "^web_us")]', { realm_access: { roles: ['other', 'web_user'] } }, 'web_user'],
    ['$.realm_access.roles[?search(@, "editor$")]', { realm_access: { roles: ['web_user', 'web_editor'] } }, 'web_editor'],
    ['$.aud', { aud: 'web_user' }, 'web_user'],
    ['$.app', { app: 'web_user', role: 'web_editor' }, 'web_user'],
    ['$.app', { app: { role: 'web_user' } }, 'PGRST303'],
    ['$.app', { app: 'none' }, 'PGRST303'],
    ['$.app', { app: '' }, 'PGRST303'],
    ['.role', { role: 'web_user' }, 'web_user'],
    ['.postgrest.a_role', { postgrest: { a_role: 'web_user' } }, 'web_user'],
    ['."https://www.example.com/roles"[0].value', { 'https://www.example.com/roles': [{ value: 'web_user' }] }, 'web_user'],
    ['.realm_access.roles[?(@ ^== "web_us")]', { realm_access: { roles: ['other', 'web_user'] } }, 'web_user'],
    ['.realm_access.roles[?(@ ==^ "_user")]', { realm_access: { roles: ['other', 'web_user'] } }, 'web_user'],
    ['.realm_access.roles[?(@ *== "b_us")]', { realm_access: { roles: ['other', 'web_user'] } }, 'web_user'],
    ['.realm_access.roles[?(@ == "string")]', { realm_access: { roles: [{ key: 'value' }] } }, 'web_anon'],
];

describe('where the claims name the role', () => {
    for (const [path, claims, want] of PLACES)
        test(`${path} of ${JSON.stringify(claims)}: ${want}`, () => withServer({ PGRST_JWT_SECRET: SECRET, PGRST_JWT_ROLE_CLAIM_KEY: path }, async (server) => {
            const reply = await server.ask('/rpc/whoami', bearer(plain(claims)));
            assert.equal(reply.status === 200 ? reply.json : reply.json.code, want, reply.text);
        }));
    test('a role from elsewhere is put into the claims, if they have none', () => withServer({ PGRST_JWT_SECRET: SECRET, PGRST_ROLE_CLAIM_KEY: '$.app' }, async (server) => {
        const claims = async (all) => (await server.ask('/rpc/claims', bearer(plain(all)))).json;
        assert.deepEqual(await claims({ app: 'web_user', x: 1 }), { role: 'web_user', app: 'web_user', x: 1 });
        assert.deepEqual(await claims({ app: 'web_user', role: 'title' }), { app: 'web_user', role: 'title' });
    }));
    for (const path of ['role.other', '.role##', '.my_role;;domain', '.#$$%&$%/', '1234', '.role[?(@ =)]', '$.', '$.role[?search(@, "(")]'])
        test(`${path} is no path`, async () => {
            const { code, stderr } = await posternCommand(['--dump-config'], { PGRST_JWT_ROLE_CLAIM_KEY: path });
            assert.equal(code, 2);
            assert.ok(stderr.includes(`failed to parse role-claim-key value (${path})`), stderr);
        });
});

describe('who may come in', () => {
    const EXPIRED = now() - 3600;
    for (const [what, options, want] of [
        ['nobody in particular', {}, 'web_anon'],
        ['an empty Bearer', bearer(''), ['PGRST301', 'Empty JWT is sent in Authorization header']],
        ['another scheme', { headers: { Authorization: 'Basic eDp5' } }, 'web_anon'],
        ['a token without a role', bearer(token('HS256', { claims: {} })), 'web_anon'],
        ['an expired one', bearer(token('ES256', { claims: { ...USER, exp: EXPIRED } })), ['PGRST303', 'JWT expired']],
        ['one of tomorrow', bearer(token('RS256', { claims: { ...USER, nbf: now() + 3600 } })), ['PGRST303', 'JWT not yet valid']],
        ['one from the future', bearer(token('EdDSA', { claims: { ...USER, iat: now() + 3600 } })), ['PGRST303', 'JWT issued at future']],
        ['claims that are no object', bearer(token('HS256', { claims: '[]' })), ['PGRST303', 'Parsing claims failed']],
    ])
        test(what, async () => assertAnswer(await stand.ask('/rpc/whoami', options), want));
    test('a role that does not exist: 401, by the database', async () => {
        const reply = await stand.ask('/rpc/whoami', bearer(token('HS256', { claims: { role: 'nobody_knows' } })));
        assert.deepEqual([reply.status, reply.json.code, reply.json.message], [401, '22023', 'role "nobody_knows" does not exist']);
    });
    test('a role that is not granted to the login role: 403', async () => {
        const reply = await stand.ask('/rpc/whoami', bearer(token('HS256', { claims: { role: 'web_ungranted' } })));
        assert.deepEqual([reply.status, reply.json.code], [403, '42501']);
    });
    test('what anon may not see asks for a token, what a user may not see is forbidden', async () => {
        const anon = await stand.ask('/secrets');
        assert.deepEqual([anon.status, anon.json.code, anon.headers.get('www-authenticate')], [401, '42501', 'Bearer']);
        const editor = await stand.ask('/secrets', bearer(token('HS256', { claims: { role: 'web_editor' } })));
        assert.deepEqual([editor.status, editor.json.code, editor.headers.get('www-authenticate')], [403, '42501', null]);
        assert.equal((await stand.ask('/secrets', bearer(token('HS256')))).status, 200);
    });
    test('anonymous access that is off', () => withServer({ PGRST_JWT_SECRET: SECRET, PGRST_DB_ANON_ROLE: 'none' }, async (server) => {
        assertAnswer(await server.ask('/rpc/whoami'), ['PGRST302', 'Anonymous access is disabled']);
        assertAnswer(await server.ask('/rpc/whoami', bearer(plain({ sub: 'x' }))), ['PGRST302', 'Anonymous access is disabled']);
        assertAnswer(await server.ask('/rpc/whoami', bearer(plain(USER))), 'web_user');
    }));
    test('no secret at all: tokens are refused, others come in', () => withServer({ PGRST_JWT_SECRET: undefined }, async (server) => {
        assertAnswer(await server.ask('/rpc/whoami', bearer(plain(USER))), ['PGRST300', 'Server lacks JWT secret', 500]);
        assertAnswer(await server.ask('/rpc/whoami'), 'web_anon');
    }));
    test('an audience of our own', () => withServer({ PGRST_JWT_SECRET: SECRET, PGRST_JWT_AUD: 'ours' }, async (server) => {
        for (const [aud, want] of [['ours', 200], [['x', 'ours'], 200], [[], 200], [null, 200], [undefined, 200], ['x', 401], ['', 401], [['x'], 401], [7, 401]])
            assert.equal((await server.ask('/rpc/whoami', bearer(plain({ ...USER, aud })))).status, want, JSON.stringify(aud));
    }));
});

describe('remembered tokens', () => {
    const figures = async (server) => {
        const { text } = await server.ask('/metrics');
        const of = (name) => Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec(text)[1]);
        return [of('postern_token_cache_total{result="hit"}'), of('postern_token_cache_total{result="miss"}'), of('postern_token_cache_evictions_total')];
    };
    /* entries | order of tokens | hits, misses, evictions */
    for (const [entries, order, want] of [
        ['2', 'aa', [1, 1, 0]], ['2', 'abcabc', [0, 6, 4]], ['2', 'abacac', [3, 3, 1]], ['2', 'xx', [0, 2, 0]], ['0', 'aaa', [0, 3, 0]],
    ])
        test(`${entries} entries, ${order}`, () => withServer({ PGRST_JWT_SECRET: SECRET, PGRST_JWT_CACHE_MAX_ENTRIES: entries }, async (server) => {
            for (const letter of order) {
                const reply = await server.ask('/rpc/whoami', bearer(letter === 'x' ? 'not.a.token' : plain({ ...USER, sub: letter })));
                assert.equal(reply.status, letter === 'x' ? 401 : 200);
            }
            assert.deepEqual(await figures(server), want);
        }));
});

/** Small and repeatable (a linear congruential generator), so that a failure can be run again. */
function randomFrom(seed) {
    return (below) => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return Math.floor((seed / 2 ** 32) * below);
    };
}

const local = createLocalJWKSet({ keys: SET.keys.filter(({ kty }) => kty !== 'oct' && kty !== 'AKP') });
const options = { clockTolerance: 30 };

/** jose's verdict. It looks for symmetric keys elsewhere, and asks back when several keys fit. */
async function accepts(text) {
    try {
        const { alg, kid } = JSON.parse(Buffer.from(text.split('.')[0], 'base64url'));
        if (/^HS/.test(alg)) {
            if (kid !== undefined && kid !== 'shared') return false;
            await jwtVerify(text, shared, { ...options, algorithms: ['HS256', 'HS384', 'HS512'] });
            return true;
        }
        return await jwtVerify(text, local, options).then(() => true, async (error) => {
            if (error.code !== 'ERR_JWKS_MULTIPLE_MATCHING_KEYS') return false;
            for await (const key of error) if (await jwtVerify(text, key, options).then(() => true, () => false)) return true;
            return false;
        });
    } catch {
        return false;
    }
}

/** jose reads lenient base64; Postern takes one spelling only. */
const isCanonical = (text) => text.split('.').every((part) => encode(Buffer.from(part, 'base64url')) === part);

/* Each takes a whole token, and another one. */
const MUTATIONS = [
    (text, other, random) => mutate(text, random),
    (text, other, random) => mutate(text, random),
    (text) => text,
    (text, other) => [...text.split('.').slice(0, 2), other.split('.')[2]].join('.'),
    (text, other) => [other.split('.')[0], ...text.split('.').slice(1)].join('.'),
    (text, other) => [text.split('.')[0], other.split('.')[1], text.split('.')[2]].join('.'),
    (text, other, random) => text.slice(0, -random(8)),
    (text, other, random) => text + 'A'.repeat(random(5)),
];

function mutate(text, random) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/';
    const at = random(text.length), mark = alphabet[random(alphabet.length)];
    return text.slice(0, at) + ['', mark, mark + text[at]][random(3)] + text.slice(at + 1);
}

describe('the verdict is that of an independent verifier', () => {
    test(`on ${TOKENS} tokens of all algorithms, changed`, async () => {
        const random = randomFrom(41);
        const names = Object.keys(ALGORITHMS);
        const sources = names.flatMap((alg) => [token(alg), token(alg, { kid: null }), token(alg, { kid: SET.keys[random(8)].kid }),
            token(alg, { by: names[random(names.length)] }), token(alg, { kid: null, claims: { ...USER, exp: now() - 3600 } })]);
        const next = () => MUTATIONS[random(MUTATIONS.length)](sources[random(sources.length)], sources[random(sources.length)], random);
        let left = TOKENS, accepted = 0;
        await Promise.all(Array.from({ length: 4 }, async () => {
            const line = new Line(stand.postern.port);
            while (left-- > 0) {
                const text = next();
                const reply = await line.request(requestText('GET', '/rpc/whoami', { authorization: `Bearer ${text}` }));
                const theirs = isCanonical(text) && (await accepts(text));
                assert.equal(reply.status, theirs ? 200 : 401, `${text}: ${reply.text}`);
                accepted += theirs;
            }
            line.leave();
        }));
        assert.ok(accepted > TOKENS / 50, `only ${accepted} were accepted`);
    });
});
