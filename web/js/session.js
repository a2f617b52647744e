// Who is here. Signing in is supabase-js' own (auth only), at /auth/v1 of this server; its module is
// loaded when somebody signs in or has signed in before. A token of another issuer works, too.
import { ApiError } from './api.js';

const STORED = 'postern-session';
const TOKEN = 'postern-token';

/** Events: 'change'. profile: the answer of /api/auth/me, null when nobody is signed in. */
export class Session extends EventTarget {
  #auth = null;
  #given = sessionStorage.getItem(TOKEN);
  profile = null;
  email = null;

  get admin() { return this.profile?.role === 'admin'; }
  get known() { return this.profile !== null; }
  /** Somebody has signed in here, but the server could not be asked yet who that is. */
  get unmet() { return !this.known && (this.#given !== null || localStorage.getItem(STORED) !== null); }
  get name() { return this.profile?.display_name ?? this.email ?? 'you'; }

  #client() {
    this.#auth ??= import('/vendor/auth.js').then(({ GoTrueClient }) => {
      const client = new GoTrueClient({ url: `${location.origin}/auth/v1`, storageKey: STORED, autoRefreshToken: true, persistSession: true, detectSessionInUrl: false });
      client.onAuthStateChange((event) => {
        if (event === 'SIGNED_OUT' && this.known && !this.#given) this.#forget();
      });
      return client;
    });
    return this.#auth;
  }

  /** The access token, fresh, or null. */
  async token() {
    if (this.#given) return this.#given;
    if (!this.#auth && !localStorage.getItem(STORED)) return null;
    const { data } = await (await this.#client()).getSession();
    return data.session?.access_token ?? null;
  }

  async signIn(email, password, api) {
    const { data, error } = await (await this.#client()).signInWithPassword({ email, password });
    if (error) throw new ApiError(error.status ? error.message : 'The server cannot be reached.', { status: error.status ?? 0, hint: hintOf(error) });
    this.email = data.user?.email ?? email;
    await this.meet(api);
  }

  /** A token from elsewhere: kept until the tab is closed. */
  async takeToken(token, api) {
    this.#given = token;
    try {
      await this.meet(api);
      sessionStorage.setItem(TOKEN, token);
    } catch (error) {
      this.#given = null;
      throw error;
    }
  }

  /** Asks the server who the token is. */
  async meet(api) {
    const token = await this.token();
    this.profile = token ? (await api.get('/api/auth/me')).data : null;
    this.email = token ? claimOf(token, 'email') : null;
    this.dispatchEvent(new Event('change'));
  }

  async signOut() {
    if (this.#given) {
      this.#given = null;
      sessionStorage.removeItem(TOKEN);
    } else {
      await (await this.#client()).signOut({ scope: 'local' });
    }
    this.#forget();
  }

  /** The server refused the token. */
  refused() {
    if (!this.known) return;
    sessionStorage.removeItem(TOKEN);
    localStorage.removeItem(STORED);
    this.#given = null;
    this.#forget();
  }

  #forget() {
    this.profile = this.email = null;
    this.dispatchEvent(new Event('change'));
  }
}

function hintOf(error) {
  if (!error.status) return 'Sign in when it is back.';
  if (error.code === 'invalid_credentials') return 'Look at the address and the password again. The demo prints its accounts when it starts.';
  if (error.status === 404 || error.status === 501) return 'This server has no sign-in of its own: use a token of your issuer, below.';
  return null;
}

function claimOf(token, name) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')))[name] ?? null;
  } catch {
    return null;
  }
}
