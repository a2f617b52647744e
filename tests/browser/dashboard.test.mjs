// The dashboard in Chromium against the real server and database: what somebody does who uses it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { admin, serviceKey, userA } from '../support/tokens.mjs';
import { serious } from './axe.mjs';
import { hooks } from './hook.mjs';
import { stopsOf } from './keyboard.mjs';
import { PASSWORD, settled, startBrowser, walk } from './stand.mjs';

const PAGES = ['/', '/browse', '/browse?prime=7', '/fleet', '/projects', '/projects/first-factorials', '/agents', '/observability', '/account', '/admin'];

let at;
before(async () => { at = await startBrowser(); });
after(() => at?.stop());

const curl = (...args) => execFileSync('curl', ['-sS', '--fail-with-body', '-m', '10', ...args], { encoding: 'utf8' });
const insert = (prime) => curl(`${at.url}/rest/v1/primes`, '-X', 'POST', '-H', `apikey: ${serviceKey}`, '-H', 'Content-Type: application/json',
    '-d', JSON.stringify({ form: 'kbn', digits: 5, proof_method: 'deterministic', search_params: '{}', ...prime }));

/** What reaches beyond the right edge, to be told. */
const beyond = (page) => page.evaluate(() => [...document.querySelectorAll('body *')].filter((one) => !one.closest('.scroll') && one.getBoundingClientRect().right > innerWidth).map(({ outerHTML }) => outerHTML.slice(0, 90)));

describe('every page', () => {
    // The second theme differs in its colours only.
    for (const [colorScheme, width, rules] of [['light', 1440], ['dark', 390, ['color-contrast', 'scrollable-region-focusable', 'target-size']]])
        test(`${colorScheme}, ${width} px wide: no error, nothing serious for axe, nothing beyond the edge`, async () => {
            const page = await at.signedIn(admin.email, { colorScheme, width });
            for (const path of PAGES) {
                await page.goto(path);
                await settled(page);
                assert.deepEqual(await serious(page, rules), [], path);
                assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `${path} is too wide`);
                await page.setViewportSize({ width: Math.round(width / 2), height: 450 }); // as it is at 200 %
                await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth).catch(async () => assert.fail(`${path} is too wide at 200 %: ${await beyond(page)}`));
                await page.setViewportSize({ width, height: 900 });
                assert.equal(await page.locator('h1').count(), 1, `${path} has one h1`);
                assert.equal(await page.locator('.failed').count(), 0, `${path}: ${await page.locator('.failed').allTextContents()}`);
            }
            assert.deepEqual(page.troubles, []);
            await page.context().close();
        });

    test('Tab goes through it: each stop has a name, and one sees it', async () => {
        const page = await at.signedIn(admin.email);
        await page.goto('/');
        for (const path of PAGES.filter((one) => !one.includes('prime='))) {
            await walk(page, path);
            await settled(page);
            const stops = await stopsOf(page);
            assert.equal(stops[0].name, 'Skip to the page', path);
            assert.ok(stops.length > 10, `${path}: ${stops.length} stops`);
            assert.deepEqual(stops.filter(({ name, seen }) => !seen || name === ''), [], path);
        }
        await page.context().close();
    });

    test('one that is chosen is dark, whatever the system says, and stays so', async () => {
        const page = await at.visit();
        await page.goto('/');
        const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const day = await ground();
        await page.getByRole('button', { name: 'Theme: system' }).click();
        await page.getByRole('button', { name: 'Theme: light' }).click();
        const night = await ground();
        assert.notEqual(night, day);
        await page.reload();
        assert.equal(await ground(), night);
        await page.context().close();
    });

    test('on a phone the pages are behind a button, which the keyboard opens', async () => {
        const page = await at.visit({ width: 390 });
        await page.goto('/');
        const link = page.getByRole('link', { name: 'Browse', exact: true });
        assert.equal(await link.isVisible(), false);
        await page.getByRole('button', { name: 'Menu' }).focus();
        await page.keyboard.press('Enter');
        await link.focus();
        await page.keyboard.press('Enter');
        await page.waitForURL('**/browse');
        assert.equal(await link.isVisible(), false, 'the menu closes');
        await page.context().close();
    });
});

describe('signing in', () => {
    test('a wrong password is told, with a hint; the right one opens the page that was wanted', async () => {
        const page = await at.visit();
        await page.goto('/account');
        await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
        await page.getByLabel('E-mail').fill(userA.email);
        await page.getByLabel('Password').fill('wrong');
        await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').getByText('Invalid login credentials').waitFor();
        page.troubles.length = 0; // the browser notes the 400
        await page.getByLabel('Password').fill(PASSWORD);
        await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('heading', { level: 1, name: 'Ada' }).waitFor();
        assert.equal(new URL(page.url()).pathname, '/account');
        await page.reload();
        await page.getByRole('heading', { level: 1, name: 'Ada' }).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('Account needs a sign-in.').waitFor();
        assert.deepEqual(page.troubles, []);
        await page.context().close();
    });

    test('an operator has no door to the pages of administrators, and the server has none either', async () => {
        const page = await at.signedIn(userA.email);
        assert.equal(await page.getByRole('link', { name: 'Admin' }).count(), 0);
        for (const path of ['/admin', '/agents', '/observability']) {
            await page.goto(path);
            await page.getByText('is for administrators').waitFor();
        }
        const status = await page.evaluate(async () => {
            const { access_token } = JSON.parse(localStorage.getItem('postern-session'));
            return Promise.all(['audit', 'observability/database', 'agents/tasks'].map(async (path) => (await fetch(`/api/${path}`, { headers: { authorization: `Bearer ${access_token}` } })).status));
        });
        assert.deepEqual(status, [403, 403, 403]);
        await page.context().close();
    });

    test('a new key is shown once; a new name is saved under row level security', async () => {
        const page = await at.signedIn(userA.email);
        page.on('dialog', (dialog) => dialog.accept());
        await page.goto('/account');
        await page.getByRole('button', { name: 'Make a new key' }).click();
        assert.match(await page.locator('.secret').textContent(), /^[0-9a-f]{64}$/);
        await page.getByLabel('Name', { exact: true }).fill('Ada L.');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('heading', { level: 1, name: 'Ada L.' }).waitFor();
        assert.deepEqual(await at.query("select display_name from user_profiles where id = $1", [userA.id]), [{ display_name: 'Ada L.' }]);
        assert.equal(await page.locator('.secret').count(), 0);
        await page.context().close();
    });
});

describe('browsing', () => {
    test('a filter stands in the address, and the address brings it back', async () => {
        const page = await at.visit();
        await page.goto('/browse');
        await page.getByText('60 primes').waitFor();
        await page.getByLabel('Form').selectOption('factorial');
        await page.getByText('20 primes of this kind').waitFor();
        await page.getByLabel('Digits from').fill('300');
        await page.getByRole('button', { name: 'Digits' }).click();
        await page.locator('th[aria-sort="descending"]').getByText('Digits').waitFor();
        await page.waitForURL(/min_digits=300/);
        await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
        const rows = () => page.locator('.primes tbody tr').allTextContents();
        const before = await rows();
        assert.ok(before.length > 5 && before.length < 20, `${before.length}`);
        const other = await at.visit();
        await other.goto(page.url());
        await other.waitForFunction((count) => document.querySelectorAll('.primes tbody tr').length === count, before.length);
        assert.deepEqual(await other.locator('.primes tbody tr').allTextContents(), before);
        assert.equal(await other.getByLabel('Digits from').inputValue(), '300');
        assert.deepEqual([...page.troubles, ...other.troubles], []);
        await other.context().close();
        await page.context().close();
    });

    test('more come as one scrolls; one of them opens, and Escape closes it', async () => {
        const page = await at.visit({ height: 600 });
        await page.goto('/browse');
        await page.locator('.primes tbody tr').nth(49).scrollIntoViewIfNeeded();
        await page.getByText('That is all of them.').waitFor();
        assert.equal(await page.locator('.primes tbody tr').count(), 60);
        await page.getByRole('link', { name: '2*10^2+1' }).click();
        const dialog = page.getByRole('dialog', { name: '2*10^2+1' });
        await dialog.getByText('Second opinions').waitFor();
        await dialog.locator('.pill').getByText('verified').waitFor();
        assert.match(page.url(), /prime=2$/);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        assert.doesNotMatch(page.url(), /prime=/);
        await page.context().close();
    });

    test('what is shown is exported: CSV and JSON', async () => {
        const page = await at.visit();
        await page.goto('/browse?form=factorial');
        await page.getByText('20 primes of this kind').waitFor();
        for (const [format, lines] of [['CSV', (text) => text.trim().split('\n').slice(1)], ['JSON', JSON.parse]]) {
            const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Export ${format}` }).click()]);
            assert.match(download.suggestedFilename(), new RegExp(`^darkreach-primes-factorial-\\d{8}\\.${format.toLowerCase()}$`));
            assert.equal(lines(readFileSync(await download.path(), 'utf8')).length, 20);
        }
        await page.context().close();
    });

    test('nothing like it, and what to do then', async () => {
        const page = await at.visit();
        await page.goto('/browse?search=nothing-like-it');
        await page.getByText('No prime is like this.').waitFor();
        await page.getByRole('button', { name: 'Clear' }).click();
        await page.getByText('60 primes').waitFor();
        await page.context().close();
    });
});

describe('live', () => {
    hooks(() => at, insert);

    test('a prime that curl inserts appears; its expression is text, whatever it says', async () => {
        const page = await at.visit();
        await page.goto('/');
        await settled(page);
        await page.getByText('Live', { exact: true }).waitFor();
        const evil = '<img src=/nothing onerror="document.title=\'broken\'">';
        insert({ expression: '3*2^189+1' });
        insert({ expression: evil });
        await page.locator('.ticker .new').getByText('3*2^189+1').waitFor();
        await page.locator('.ticker').getByText(evil).waitFor();
        await page.getByText('+2 since you look').waitFor();
        await page.goto('/browse?search=img');
        await page.locator('.primes').getByText(evil).click();
        await page.getByRole('dialog', { name: evil }).waitFor();
        assert.equal(await page.locator('main img, dialog img').count(), 0);
        assert.match(await page.title(), /^Browse/);
        assert.deepEqual(page.troubles, []);
        await page.context().close();
    });

    test('the log is followed: a line that is written appears, once', async () => {
        const page = await at.signedIn(admin.email);
        await page.goto('/observability');
        await settled(page);
        await page.getByRole('button', { name: 'Follow' }).click();
        await at.query("insert into system_logs (level, source, component, message) values ('warn', 'test', 'browser', 'the disk is nearly full')");
        await page.locator('.logs .new').getByText('the disk is nearly full').waitFor();
        await page.getByRole('button', { name: 'errors' }).click();
        await page.locator('.logs li').first().waitFor({ state: 'detached' });
        await at.query("insert into system_logs (level, source, component, message) values ('info', 'test', 'browser', 'not this'), ('error', 'test', 'browser', 'the disk is full')");
        await page.locator('.logs .new').getByText('the disk is full').waitFor();
        assert.deepEqual(await page.locator('.logs .message').allTextContents(), ['the disk is full']);
        assert.deepEqual(page.troubles, []);
        await page.context().close();
    });

    test('while one browses, a new prime is offered', async () => {
        const page = await at.visit();
        await page.goto('/browse');
        await settled(page);
        await page.getByText('Live', { exact: true }).waitFor();
        insert({ expression: '5*2^127+1' });
        await page.getByRole('button', { name: '1 new prime: show' }).click();
        await page.getByRole('link', { name: '5*2^127+1' }).waitFor();
        await page.getByLabel('Expression contains').fill('*2^');
        await page.waitForURL(/search=/);
        insert({ expression: '121!+1' });
        insert({ expression: '7*2^120+1' });
        await page.getByRole('button', { name: '1 new prime: show' }).waitFor();
        assert.equal(await page.locator('.fresh').textContent(), '1 new prime: show', 'the filters hold for it, too');
        await page.context().close();
    });
});

describe('try it', () => {
    test('the drawer tells the lines; the curl line gets what the panel shows', async () => {
        const page = await at.visit();
        await page.goto('/');
        await settled(page);
        await page.getByRole('button', { name: 'Try it: Forms' }).click();
        const drawer = page.getByRole('dialog', { name: 'Forms' });
        const line = await drawer.locator('pre').first().textContent();
        const [, url] = /^curl '([^']+)'$/.exec(line);
        assert.equal(JSON.parse(curl(url)).length, 3);
        await drawer.getByText("supabase.rpc('get_form_leaderboard')").waitFor();
        await drawer.getByRole('button', { name: 'Run it here' }).click();
        await drawer.getByText(/^200, /).waitFor();
        assert.deepEqual(await serious(page), []);
        await page.keyboard.press('Escape');
        await drawer.waitFor({ state: 'hidden' });
        await page.context().close();
    });
});

describe('the files', () => {
    const head = (path, headers = {}) => fetch(at.url + path, { headers });

    test('an address of a page is the dashboard for a browser, and nothing for others', async () => {
        for (const path of ['/browse', '/projects/first-factorials', '/admin']) {
            const page = await head(path, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
            assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'], path);
            assert.equal((await head(path, { accept: 'application/json' })).status, 404, path);
        }
        for (const path of ['/nowhere', '/overview.js', '/browse.js', '/js/pages/browse', '/projects.html']) {
            const page = await head(path, { accept: 'text/html' });
            assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8'], path);
            assert.match((await head(path)).headers.get('content-type'), /^application\/json/, path);
        }
    });

    test('nothing inline and nobody else: the policy says so', async () => {
        const policy = (await head('/')).headers.get('content-security-policy');
        assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
        assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    });

    test('packed where that is accepted, and not sent twice', async () => {
        const packed = await head('/js/main.js', { 'accept-encoding': 'br, gzip' });
        assert.equal(packed.headers.get('content-encoding'), 'gzip');
        const plain = await head('/js/main.js', { 'accept-encoding': 'gzip;q=0, identity' });
        assert.equal(plain.headers.get('content-encoding'), null);
        assert.equal(await packed.text(), await plain.text());
        assert.notEqual(packed.headers.get('etag'), plain.headers.get('etag'));
        const again = await head('/js/main.js', { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.get('etag') });
        assert.equal(again.status, 304);
    });
});
