// Tokens against published keys, row by row as the security programme names them: signatures in
// wrong shapes, keys that are not for this, names of keys, places where a token may stand.
import assert from 'node:assert/strict';
import { constants, createPrivateKey, createSign, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { startStand } from '../support/stand.mjs';
import { userA } from '../support/tokens.mjs';

const USER = { role: 'authenticated', sub: userA.id, exp: Math.floor(Date.now() / 1000) + 3600 };
const base64url = (value) => Buffer.from(value).toString('base64url');
const jwk = (pair, more) => ({ ...pair.publicKey.export({ format: 'jwk' }), ...more });

const es = generateKeyPairSync('ec', { namedCurve: 'P-256' }), twin = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rs = generateKeyPairSync('rsa', { modulusLength: 2048 }), free = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519'), weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const sealed = generateKeyPairSync('ec', { namedCurve: 'P-256' }), stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bent = jwk(stranger, { kid: 'bent', alg: 'ES256' });
bent.y = base64url(Buffer.alloc(32, 7));

const SET = { keys: [
    jwk(es, { kid: 'es', alg: 'ES256', use: 'sig' }), jwk(twin, { kid: 'es', alg: 'ES256', use: 'sig' }),
    jwk(rs, { kid: 'rs', alg: 'RS256', use: 'sig' }), jwk(free, { kid: 'free' }), jwk(ed, { kid: 'ed', alg: 'EdDSA' }),
    jwk(sealed, { kid: 'sealed', alg: 'ES256', use: 'enc' }), jwk(weak, { kid: 'weak', alg: 'RS256' }),
    { ...jwk(rs, { kid: 'one', alg: 'RS256' }), e: 'AQ' }, bent,
    { kty: 'oct', k: base64url('a-shared-secret-that-is-published-here'), kid: 'oct', alg: 'HS256' },
] };

const WAYS = {
    ES256: (text, key) => createSign('sha256').update(text).sign({ key, dsaEncoding: 'ieee-p1363' }),
    DER: (text, key) => createSign('sha256').update(text).sign(key),
    RS256: (text, key) => createSign('sha256').update(text).sign(key),
    PS256: (text, key) => createSign('sha256').update(text).sign({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    EdDSA: (text, key) => signBytes(null, Buffer.from(text), key),
};
/** header, key pair, how it signs (by default as alg says), what becomes of the signature's bytes. */
function token(header, pair, { by = WAYS[header.alg], bent: bend = (bytes) => bytes, claims = USER } = {}) {
    const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
    return `${text}.${base64url(bend(by(text, createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })))))}`;
}

/* row of 4.5 | what | token | accepted? */
const ROWS = [
    [1, 'ES256 of its key', token({ alg: 'ES256', kid: 'es' }, es), true],
    [1, 'RS256 of its key', token({ alg: 'RS256', kid: 'rs' }, rs), true],
    [1, 'EdDSA of its key', token({ alg: 'EdDSA', kid: 'ed' }, ed), true],
    [2, 'RS256 that names the EC key', token({ alg: 'RS256', kid: 'es' }, rs), false],
    [2, 'ES256 that names the RSA key', token({ alg: 'ES256', kid: 'rs' }, es), false],
    [3, 'ES256, r and s are 0', token({ alg: 'ES256', kid: 'es' }, es, { bent: () => Buffer.alloc(64) }), false],
    [3, 'ES256, r is 0', token({ alg: 'ES256', kid: 'es' }, es, { bent: (bytes) => Buffer.concat([Buffer.alloc(32), bytes.subarray(32)]) }), false],
    [3, 'ES256 in DER', token({ alg: 'ES256', kid: 'es' }, es, { by: WAYS.DER }), false],
    [3, 'ES256 of 63 bytes', token({ alg: 'ES256', kid: 'es' }, es, { bent: (bytes) => bytes.subarray(0, 63) }), false],
    [3, 'ES256 of 65 bytes', token({ alg: 'ES256', kid: 'es' }, es, { bent: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) }), false],
    [4, 'PS256 of a key for RS256', token({ alg: 'PS256', kid: 'rs' }, rs), false],
    [4, 'EdDSA that names the EC key', token({ alg: 'EdDSA', kid: 'es' }, ed), false],
    [5, 'no key id', token({ alg: 'ES256' }, es), true],
    [5, 'an unknown key id', token({ alg: 'ES256', kid: 'nobody' }, es), false],
    [5, 'a key id that two keys have: the first', token({ alg: 'ES256', kid: 'es' }, es), true],
    [5, 'a key id that two keys have: the second', token({ alg: 'ES256', kid: 'es' }, twin), true],
    [5, 'a key id that is a path', token({ alg: 'ES256', kid: '../../dev/null' }, es), false],
    [5, 'a key id that is SQL', token({ alg: 'ES256', kid: "es' or 'x'='x" }, es), false],
    [6, 'a key of its own in the header', token({ alg: 'ES256', kid: 'mine', jwk: jwk(stranger) }, stranger), false],
    [6, 'the same under a known name', token({ alg: 'ES256', kid: 'es', jwk: jwk(stranger), x5c: ['AAAA'] }, stranger), false],
    [7, 'a key for encryption', token({ alg: 'ES256', kid: 'sealed' }, sealed), false],
    [7, 'a key without alg, as its kind says', token({ alg: 'RS256', kid: 'free' }, free), true],
    [7, 'a key without alg, of another kind', token({ alg: 'ES256', kid: 'free' }, es), false],
    [7, 'an RSA key of 1024 bits', token({ alg: 'RS256', kid: 'weak' }, weak), false],
    [7, 'an RSA key with e = 1', token({ alg: 'RS256', kid: 'one' }, rs), false],
    [7, 'an EC point off its curve', token({ alg: 'ES256', kid: 'bent' }, stranger), false],
    [8, 'claims of a megabyte', token({ alg: 'ES256', kid: 'es' }, es, { claims: { ...USER, more: 'x'.repeat(1 << 20) } }), false],
    [8, 'claims 1,000 deep', token({ alg: 'ES256', kid: 'es' }, es, { claims: JSON.parse('{"a":'.repeat(1000) + '1' + '}'.repeat(1000)) }), false],
];

let stand, dir;
before(async () => {
    dir = mkdtempSync('/tmp/pt-jwt-');
    writeFileSync(join(dir, 'keys.json'), JSON.stringify(SET));
    stand = await startStand({ env: { POSTERN_JWKS_URL: join(dir, 'keys.json'), POSTERN_STATE_DIR: 'off' } });
});
after(async () => {
    await stand?.stop();
    rmSync(dir, { recursive: true, force: true });
});

const PATH = '/rest/v1/records?select=id&limit=1';
const status = async (headers, path = PATH) => (await fetch(stand.url + path, { headers })).status;

describe('each row of the table', () => {
    for (const [row, what, text, accepted] of ROWS)
        test(`${row}: ${what}: ${accepted ? 'accepted' : 'refused'}`, async () => {
            const want = accepted ? [200] : text.length > 60000 ? [400, 401, 431] : [401];
            for (const _ of [1, 2]) assert.ok(want.includes(await status({ authorization: `Bearer ${text}` })), what);
        });

    test('9: two tokens that end alike are two: the whole token is compared', async () => {
        const good = token({ alg: 'ES256', kid: 'es' }, es);
        assert.equal(await status({ authorization: `Bearer ${good}` }), 200);
        const [head, , signature] = good.split('.');
        const other = base64url(JSON.stringify({ ...USER, role: 'service_role' }));
        assert.equal(await status({ authorization: `Bearer ${head}.${other}.${signature}` }), 401);
    });

    test('10: in the query a token counts for WebSockets, and nowhere else', async () => {
        const good = token({ alg: 'ES256', kid: 'es' }, es), bad = `${good.slice(0, -4)}AAAA`;
        const fate = (text) => new Promise((done) => {
            const socket = new WebSocket(`${stand.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=1.0.0&apikey=${text}`);
            socket.on('open', () => { socket.terminate(); done('open'); });
            socket.on('error', () => {});
            socket.on('unexpected-response', (_, reply) => { socket.terminate(); done(reply.statusCode); });
        });
        assert.deepEqual([await fate(good), await fate(bad)], ['open', 401]);
        for (const name of ['apikey', 'access_token', 'token']) assert.equal(await status({}, `/api/auth/me?${name}=${good}`), 401);
        assert.equal(await status({ authorization: `Bearer ${good}` }, '/api/auth/me'), 200);
    });
});
