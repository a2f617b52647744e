// Tokens as Supabase Auth makes them, minted by an independent library, and the people they name.
import { SignJWT } from 'jose';

export const SECRET = 'a-secret-for-tests-only-that-is-long-enough';
export const YEAR_S = 365 * 24 * 3600;
const now = () => Math.floor(Date.now() / 1000);

/** An HS256 token over the claims, with exp in an hour unless they say otherwise (null: none). */
export function mint(claims, secret = SECRET) {
    const all = { exp: now() + 3600, ...claims };
    if (all.exp === null) delete all.exp;
    return new SignJWT(all).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret));
}

/** The token of a signed-in user, with the claims of Supabase Auth. */
export const mintUser = (id, email, more = {}) =>
    mint({ aud: 'authenticated', role: 'authenticated', sub: id, email, iss: 'supabase', iat: now(), ...more });

export const userA = { id: 'aaaaaaaa-0000-4000-8000-00000000000a', email: 'ada@example.org' };
export const userB = { id: 'bbbbbbbb-0000-4000-8000-00000000000b', email: 'bo@example.org' };
export const admin = { id: 'cccccccc-0000-4000-8000-00000000000c', email: 'root@example.org' };
for (const user of [userA, userB, admin]) user.token = await mintUser(user.id, user.email);

export const anonKey = await mint({ role: 'anon', iss: 'supabase', exp: now() + YEAR_S });
export const serviceKey = await mint({ role: 'service_role', iss: 'supabase', exp: now() + YEAR_S });

/** The headers that supabase-js sends for a token. */
export const as = (token) => ({ apikey: anonKey, authorization: `Bearer ${token}` });
