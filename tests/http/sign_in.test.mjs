// Signing in with POSTERN_AUTH=builtin: an unmodified supabase-js, the wire format behind it, and who
// is refused, how and how often.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { startStand } from '../support/stand.mjs';
import { anonKey, userA } from '../support/tokens.mjs';

const PASSWORDS = { flo: 'the first one', gus: 'guess me',  ada: 'a password', bob: 'another one', eve: 'guess this', carl: 'for timing', dora: 'for herself' };
const email = (name) => `${name}@example.org`;

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_AUTH: 'builtin' }, fixtures: [] });
    for (const [name, password] of Object.entries(PASSWORDS))
        await stand.query('select postern.create_user($1, $2, $3, $4)', [email(name), password, { display_name: name }, { tenant_id: `t-${name}` }]);
});
after(() => stand?.stop());

/** A request below /auth/v1; the answer with its JSON. */
async function ask(path, { body, token, method = body === undefined ? 'GET' : 'POST', headers = {} } = {}) {
    const reply = await fetch(`${stand.url}/auth/v1/${path}`, {
        method,
        headers: { apikey: anonKey, ...(token && { authorization: `Bearer ${token}` }), ...headers },
        body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = await reply.text();
    return { status: reply.status, json: text === '' ? null : JSON.parse(text), headers: reply.headers };
}
const signIn = (name, password = PASSWORDS[name]) => ask('token?grant_type=password', { body: { email: email(name), password } });
const refresh = (token) => ask('token?grant_type=refresh_token', { body: { refresh_token: token } });
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

function client(storage) {
    return createClient(stand.url, anonKey, { auth: { persistSession: storage !== undefined, storage, autoRefreshToken: false } });
}

describe('supabase-js', () => {
    test('signs in, reads as the user, refreshes and signs out', async () => {
        const db = client(), events = [];
        const { data: { subscription } } = db.auth.onAuthStateChange((event, session) => { events.push([event, session?.user.email]); });
        const { data, error } = await db.auth.signInWithPassword({ email: email('ada'), password: PASSWORDS.ada });
        assert.equal(error, null);
        assert.equal(data.user.email, email('ada'));
        assert.equal(data.user.user_metadata.display_name, 'ada');
        assert.deepEqual((await db.from('user_profiles').select('display_name')).data, [{ display_name: 'ada' }]);
        assert.equal((await db.auth.getUser()).data.user.id, data.user.id);
        const next = await db.auth.refreshSession();
        assert.equal(next.error, null);
        assert.notEqual(next.data.session.refresh_token, data.session.refresh_token);
        assert.deepEqual((await db.from('user_profiles').select('display_name')).data, [{ display_name: 'ada' }]);
        assert.equal((await db.auth.signOut()).error, null);
        assert.equal((await db.auth.getSession()).data.session, null);
        subscription.unsubscribe();
        assert.deepEqual(events.filter(([event]) => event !== 'INITIAL_SESSION'),
            [['SIGNED_IN', email('ada')], ['TOKEN_REFRESHED', email('ada')], ['SIGNED_OUT', undefined]]);
    });

    test('finds a session of yesterday in its storage', async () => {
        const kept = new Map();
        const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, value); }, removeItem: (key) => { kept.delete(key); } };
        await client(storage).auth.signInWithPassword({ email: email('ada'), password: PASSWORDS.ada });
        const later = client(storage);
        assert.equal((await later.auth.getUser()).data.user.email, email('ada'));
    });

    test('is told why not', async () => {
        const wrong = await client().auth.signInWithPassword({ email: email('ada'), password: 'wrong' });
        assert.deepEqual([wrong.error.code, wrong.error.status, wrong.error.message], ['invalid_credentials', 400, 'Invalid login credentials']);
        const nobody = await client().auth.signInWithPassword({ email: 'nobody@example.org', password: 'wrong' });
        assert.deepEqual([nobody.error.code, nobody.error.message], ['invalid_credentials', 'Invalid login credentials']);
        const stale = await client().auth.refreshSession({ refresh_token: 'nonsense' });
        assert.deepEqual([stale.error.code, stale.error.status], ['refresh_token_not_found', 400]);
        const up = await client().auth.signUp({ email: 'new@example.org', password: 'a password' });
        assert.deepEqual([up.error.code, up.error.status], ['signup_disabled', 422]);
    });

    test('signs out one session, the others, or all', async () => {
        const all = await Promise.all([1, 2, 3].map(async () => {
            const db = client();
            await db.auth.signInWithPassword({ email: email('bob'), password: PASSWORDS.bob });
            return db;
        }));
        const alive = async () => Promise.all(all.map(async (db) => (await db.auth.getUser()).error === null));
        assert.deepEqual(await alive(), [true, true, true]);
        assert.equal((await all[0].auth.signOut({ scope: 'local' })).error, null);
        assert.deepEqual(await alive(), [false, true, true]);
        assert.equal((await all[1].auth.signOut({ scope: 'others' })).error, null);
        assert.deepEqual(await alive(), [false, true, false]);
    });
});

describe('the wire', () => {
    test('changes the password and the metadata: the other sessions end, this one goes on', async () => {
        const db = client(), elsewhere = client();
        const { data: { session } } = await db.auth.signInWithPassword({ email: email('flo'), password: PASSWORDS.flo });
        await elsewhere.auth.signInWithPassword({ email: email('flo'), password: PASSWORDS.flo });
        const events = [];
        const { data: { subscription } } = db.auth.onAuthStateChange((event) => { events.push(event); });
        const named = await db.auth.updateUser({ data: { display_name: 'Flo', city: 'Ulm', age: { years: 7 } } });
        assert.deepEqual([named.error, named.data.user.user_metadata], [null, { display_name: 'Flo', city: 'Ulm', age: { years: 7 } }]);
        const fewer = await db.auth.updateUser({ data: { city: null } });
        assert.deepEqual(fewer.data.user.user_metadata, { display_name: 'Flo', age: { years: 7 } });
        assert.equal((await elsewhere.auth.getUser()).error, null);
        const refusals = [['short', 422, 'weak_password'], [PASSWORDS.flo, 422, 'same_password'], ['x'.repeat(73), 400, 'validation_failed']];
        for (const [password, status, code] of refusals) {
            const { error } = await db.auth.updateUser({ password });
            assert.deepEqual([error.status, error.code], [status, code], password);
        }
        const changed = await db.auth.updateUser({ password: 'the second one' });
        assert.deepEqual([changed.error, changed.data.user.id], [null, session.user.id]);
        assert.equal((await db.auth.getUser()).error, null);
        assert.equal((await db.auth.refreshSession()).error, null);
        assert.equal((await elsewhere.auth.getUser()).error?.name, 'AuthSessionMissingError');
        assert.notEqual((await elsewhere.auth.refreshSession()).error, null);
        assert.equal((await signIn('flo')).json.error_code, 'invalid_credentials');
        assert.equal((await signIn('flo', 'the second one')).status, 200);
        const claims = claimsOf((await signIn('flo', 'the second one')).json.access_token);
        assert.equal(claims.user_metadata.display_name, 'Flo');
        assert.equal(claims.app_metadata.tenant_id, 't-flo');
        subscription.unsubscribe();
        assert.ok(events.includes('USER_UPDATED'));
    });

    test('takes a session from elsewhere (setSession), and keeps it when a change is refused', async () => {
        const { json } = await signIn('flo', 'the second one');
        const db = client();
        const { data, error } = await db.auth.setSession({ access_token: json.access_token, refresh_token: json.refresh_token });
        assert.deepEqual([error, data.user.email], [null, email('flo')]);
        assert.equal((await db.auth.updateUser({ email: 'other@example.org' })).error.code, 'validation_failed');
        assert.deepEqual((await db.from('user_profiles').select('display_name')).data, [{ display_name: 'flo' }]);
    });

    test('who has a session cannot guess the password with it', async () => {
        const { json } = await signIn('gus');
        const guess = async (n) => (await ask('user', { method: 'PUT', token: json.access_token, body: { password: n === 12 ? 'a new one' : '12' } })).status;
        const statuses = [];
        for (let n = 0; n < 13; n++) statuses.push(await guess(n));
        assert.equal(statuses[0], 422);
        assert.equal(statuses.at(-1), 429);
    });

    test('a session has every part that Supabase Auth gives it', async () => {
        const { status, json, headers } = await signIn('ada');
        const claims = claimsOf(json.access_token), now = Date.now() / 1000;
        assert.equal(status, 200);
        assert.equal(headers.get('cache-control'), 'no-store');
        assert.deepEqual(Object.keys(json), ['access_token', 'token_type', 'expires_in', 'expires_at', 'refresh_token', 'user']);
        assert.deepEqual([json.token_type, json.expires_in], ['bearer', 3600]);
        assert.ok(Math.abs(json.expires_at - now - 3600) < 10, `${json.expires_at}`);
        assert.deepEqual([claims.exp, claims.iat], [json.expires_at, json.expires_at - 3600]);
        assert.deepEqual([claims.sub, claims.role, claims.aud, claims.email, claims.aal, claims.iss, claims.is_anonymous],
            [json.user.id, 'authenticated', 'authenticated', email('ada'), 'aal1', 'postern', false]);
        assert.deepEqual(claims.app_metadata, { provider: 'email', providers: ['email'], tenant_id: 't-ada' });
        assert.deepEqual(claims.user_metadata, { display_name: 'ada' });
        assert.match(claims.session_id, /^[0-9a-f-]{36}$/);
        assert.equal(claims.amr[0].method, 'password');
        assert.deepEqual([json.user.aud, json.user.role, json.user.phone, json.user.identities.length], ['authenticated', 'authenticated', '', 1]);
        assert.ok(!JSON.stringify(json).includes('$2a$'), 'no hash');
        assert.deepEqual((await ask('user', { token: json.access_token })).json, json.user);
    });

    const old = (status, code) => (answer) => {
        assert.equal(answer.status, status);
        assert.deepEqual([answer.json.code, answer.json.error_code, typeof answer.json.msg], [status, code, 'string']);
    };
    const cases = [
        ['a body that is no JSON', () => ask('token?grant_type=password', { body: 'email=x' }), 400, 'bad_json'],
        ['a body that is a list', () => ask('token?grant_type=password', { body: '[]' }), 400, 'bad_json'],
        ['no address', () => ask('token?grant_type=password', { body: { password: 'x' } }), 400, 'validation_failed'],
        ['no password', () => ask('token?grant_type=password', { body: { email: 'x@y' } }), 400, 'validation_failed'],
        ['a password that is a number', () => ask('token?grant_type=password', { body: { email: 'x@y', password: 1 } }), 400, 'validation_failed'],
        ['no refresh token', () => ask('token?grant_type=refresh_token', { body: {} }), 400, 'validation_failed'],
        ['another grant', () => ask('token?grant_type=pkce', { body: {} }), 400, 'invalid_credentials'],
        ['no grant', () => ask('token', { body: {} }), 400, 'invalid_credentials'],
        ['a wrong method', () => ask('token'), 405, 'method_not_allowed'],
        ['an endpoint that is not here', () => ask('recover', { body: {} }), 404, 'not_found'],
        ['no token', () => ask('user'), 401, 'no_authorization'],
        ['the anonymous key as token', () => ask('user', { token: anonKey }), 403, 'bad_jwt'],
        ['a token that is none', () => ask('user', { token: 'x.y.z' }), 403, 'bad_jwt'],
        ['a user who is not in auth.users', () => ask('user', { token: userA.token }), 403, 'user_not_found'],
        ['another address', () => ask('user', { method: 'PUT', token: userA.token, body: { email: 'x@y.z' } }), 400, 'validation_failed'],
        ['a new password that is a number', () => ask('user', { method: 'PUT', token: userA.token, body: { password: 123456 } }), 400, 'validation_failed'],
        ['a change that is no object', () => ask('user', { method: 'PUT', token: userA.token, body: '[]' }), 400, 'bad_json'],
        ['a change of nobody', () => ask('user', { method: 'PUT', token: userA.token, body: { data: {} } }), 403, 'user_not_found'],
        ['a change without a token', () => ask('user', { method: 'PUT', body: { data: {} } }), 401, 'no_authorization'],
        ['a scope that is none', () => ask('logout?scope=everyone', { body: '', token: userA.token }), 400, 'validation_failed'],
    ];
    for (const [name, request, status, code] of cases)
        test(`${name}: ${status} ${code}`, async () => old(status, code)(await request()));

    test('errors are as they are since 2024-01-01 for who asks so', async () => {
        const answer = await ask('token?grant_type=password', { body: {}, headers: { 'x-supabase-api-version': '2024-01-01', origin: 'http://page' } });
        assert.deepEqual([answer.status, answer.json.code, typeof answer.json.message], [400, 'validation_failed', 'string']);
        assert.equal(answer.headers.get('x-supabase-api-version'), '2024-01-01');
        assert.match(answer.headers.get('access-control-expose-headers'), /X-Supabase-Api-Version/);
    });

    test('settings, health and keys', async () => {
        assert.equal((await ask('settings')).json.external.email, true);
        assert.equal((await ask('health')).status, 200);
        assert.deepEqual((await ask('.well-known/jwks.json')).json, { keys: [] });
    });

    test('a login in the body of a page passes the preflight', async () => {
        const reply = await fetch(`${stand.url}/auth/v1/token?grant_type=password`, {
            method: 'OPTIONS',
            headers: { origin: 'http://page', 'access-control-request-method': 'POST', 'access-control-request-headers': 'apikey,x-supabase-api-version' },
        });
        assert.equal(reply.status, 200);
        assert.match(reply.headers.get('access-control-allow-headers'), /x-supabase-api-version/);
    });
});

describe('tokens', () => {
    test('a refresh token that comes again later ends the session', async () => {
        const { json: first } = await signIn('ada');
        const { json: second } = await refresh(first.refresh_token);
        assert.equal(claimsOf(second.access_token).session_id, claimsOf(first.access_token).session_id);
        assert.equal((await refresh(first.refresh_token)).status, 200, 'twice at once is an accident');
        await stand.query('update private.refresh_tokens set used_at = used_at - interval \'11 s\'');
        assert.equal((await refresh(first.refresh_token)).json.error_code, 'refresh_token_already_used');
        assert.equal((await refresh(second.refresh_token)).json.error_code, 'refresh_token_already_used');
        assert.equal((await ask('user', { token: second.access_token })).json.error_code, 'session_not_found');
    });

    test('ten requests with one refresh token get one session', async () => {
        const { json } = await signIn('ada');
        const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(json.refresh_token)));
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        assert.equal(new Set(answers.map((answer) => answer.json.refresh_token)).size, 10);
        assert.equal(new Set(answers.map((answer) => claimsOf(answer.json.access_token).session_id)).size, 1);
    });

    test('what is stored opens nothing', async () => {
        const { json } = await signIn('ada');
        const rows = await stand.query('select token_hash from private.refresh_tokens');
        assert.ok(rows.every(({ token_hash: hash }) => hash !== json.refresh_token));
        assert.equal((await refresh(rows[0].token_hash)).json.error_code, 'refresh_token_not_found');
    });

    test('no log line holds a password or a token', async () => {
        const { json } = await signIn('ada');
        const logs = stand.postern.logs();
        for (const secret of [PASSWORDS.ada, json.refresh_token, json.access_token.split('.')[2]]) assert.ok(!logs.includes(secret));
    });
});

describe('guessing', () => {
    test('somebody who guesses waits, and the others do not', async () => {
        const guesses = [];
        for (let i = 0; i < 11; i++) guesses.push(await signIn('eve', `guess ${i}`));
        assert.deepEqual(guesses.slice(0, 10).map(({ status }) => status), Array(10).fill(400));
        const { status, json, headers } = guesses[10];
        assert.deepEqual([status, json.error_code], [429, 'over_request_rate_limit']);
        assert.ok(Number(headers.get('retry-after')) >= 1);
        assert.equal((await signIn('eve')).status, 429, 'also with the right one');
        assert.equal((await signIn('ada')).status, 200);
    });

    test('who knows the password signs in as often as needed', async () => {
        for (let i = 0; i < 11; i++) assert.equal((await signIn('dora')).status, 200);
    });

    // bcrypt is most of the time, and a loaded machine is fair to both: the medians are compared.
    test('an unknown address takes as long as a wrong password', async () => {
        const times = { known: [], unknown: [] };
        for (let i = 0; i < 5; i++)
            for (const [kind, name] of [['known', 'carl'], ['unknown', `nobody${i}`]]) {
                const start = performance.now();
                assert.equal((await signIn(name, 'wrong')).status, 400);
                times[kind].push(performance.now() - start);
            }
        const median = (list) => list.sort((a, b) => a - b)[2];
        const ratio = median(times.unknown) / median(times.known);
        assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`);
    });

    test('while many sign in, reads are not held up', async () => {
        const many = Array.from({ length: 14 }, (_, i) => signIn(`stranger${i}`, 'wrong'));
        const start = performance.now();
        const read = await fetch(`${stand.url}/rest/v1/records?select=id&limit=1`, { headers: { apikey: anonKey } });
        const took = performance.now() - start;
        assert.equal(read.status, 200);
        const statuses = (await Promise.all(many)).map(({ status }) => status);
        const all = performance.now() - start;
        assert.deepEqual([...new Set(statuses)], [400]);
        assert.ok(took < all / 2, `${took} ms of ${all}`);
    });
});
