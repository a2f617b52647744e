// What the browser's tests stand on: the real server and database, one Chromium, and people who can sign
// in. Whatever a page writes to its console as an error, and whatever it asks of another host, is kept.
import { chromium } from 'playwright-core';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { fixture } from '../support/stand.mjs';

export const PASSWORD = 'open sesame 1';
const DB = 'app';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
export const PATIENCE_MS = 20000; // on a busy machine

/** Returns { cluster, postern, browser, url, query(), away(), back(), visit(), signIn(), signedIn(), stop() }. */
export async function startBrowser() {
    const at = { cluster: await startCluster() };
    const serve = (env = {}) => startPostern({ databaseUrl: at.cluster.url(DB, 'authenticator'), env: { POSTERN_AUTH: 'builtin', POSTERN_MIGRATION_DATABASE_URL: at.cluster.url(DB), ...env } });
    at.query = (sql, values) => at.cluster.query(sql, DB, values);
    at.stop = async () => {
        await at.browser?.close();
        try {
            await at.postern?.stop();
        } finally {
            await at.cluster.close();
        }
    };
    try {
        await migrate(await at.cluster.createDatabase(DB));
        at.cluster.psql(fixture('people.sql'), DB);
        await at.query('select postern.set_password(email, $1) from auth.users', [PASSWORD]);
        await at.query('select postern.refresh_dashboard()');
        at.postern = await serve();
        at.url = at.postern.url;
        at.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
    } catch (error) {
        await at.stop();
        throw error;
    }

    /** The server goes, and comes back at the same address. */
    at.away = () => at.postern.stop();
    at.back = async () => { at.postern = await serve({ POSTERN_PORT: String(at.postern.port) }); };

    /** A page of its own context, with .troubles: errors of its console, requests to other hosts. worker: with the dashboard's service worker. */
    at.visit = async ({ width = 1280, height = 900, colorScheme = 'light', storageState, worker = false, bypassCSP = false } = {}) => {
        const context = await at.browser.newContext({ viewport: { width, height }, colorScheme, storageState, bypassCSP, baseURL: at.url, acceptDownloads: true, serviceWorkers: worker ? 'allow' : 'block' });
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        page.troubles = [];
        page.on('console', (message) => { if (message.type() === 'error') page.troubles.push(message.text()); });
        page.on('pageerror', (error) => page.troubles.push(String(error.stack ?? error)));
        page.on('request', (request) => { if (/^(https?|wss?):/.test(request.url()) && new URL(request.url()).host !== new URL(at.url).host) page.troubles.push(`asks ${request.url()}`); });
        return page;
    };

    /** Fills the form of /signin. */
    at.signIn = async (page, email, password = PASSWORD) => {
        await page.goto('/signin');
        await page.getByLabel('E-mail').fill(email);
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Sign in' }).click();
    };

    /** A page of somebody who is signed in; who has signed in once need not again. */
    const states = new Map();
    at.signedIn = async (email, options = {}) => {
        if (states.has(email)) return at.visit({ ...options, storageState: states.get(email) });
        const page = await at.visit(options);
        await at.signIn(page, email);
        await page.getByRole('button', { name: 'Sign out', includeHidden: true }).waitFor({ state: 'attached' }); // on a phone it is in the menu
        states.set(email, await page.context().storageState());
        return page;
    };

    return at;
}

/** Waits until all panels have what they wait for. */
export async function settled(page) {
    await page.locator('main .page').first().waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
}

/** From page to page as a link does it: nothing is loaded anew. The former page has left when it returns. */
export async function walk(page, path) {
    await page.evaluate((address) => {
        document.querySelector('main').firstElementChild?.setAttribute('data-left', '');
        history.pushState(null, '', address);
        dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    await page.waitForFunction(() => !document.querySelector('[data-left]'));
}
