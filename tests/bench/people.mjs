// The people of schema.sql and their tokens, with the claims that Supabase Auth puts in (about
// 700 bytes), minted once.
import { mint } from '../support/tokens.mjs';

export const OWNER = 'owner';
export const OTHERS = 500;
export const OWNER_ID = '11111111-1111-1111-1111-111111111111';
const HOUR_S = 3600;

const otherId = (i) => `22222222-2222-2222-2222-${String(i).padStart(12, '0')}`;

export const claimsOf = (sub) => ({
    aal: 'aal1', amr: [{ method: 'password', timestamp: 1767225600 }], app_metadata: { provider: 'email', providers: ['email'] },
    aud: 'authenticated', email: 'somebody@example.org', exp: Math.floor(Date.now() / 1000) + 6 * HOUR_S, iat: Math.floor(Date.now() / 1000),
    is_anonymous: false, iss: 'https://example.supabase.co/auth/v1', phone: '', role: 'authenticated',
    session_id: '33333333-3333-3333-3333-333333333333', sub, user_metadata: { email: 'somebody@example.org', email_verified: true },
});

const tokens = new Map([[OWNER, await mint(claimsOf(OWNER_ID))]]);
for (let i = 0; i < OTHERS; i++) tokens.set(i, await mint(claimsOf(otherId(i))));

/** The token of OWNER, or of one of the others by number. */
export const userToken = (who) => tokens.get(who);
