// The service worker: the page opens while the server is away, and nothing but the page is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userA } from '../support/tokens.mjs';
import { serious } from './axe.mjs';
import { settled } from './stand.mjs';

const kept = (page) => page.evaluate(async () => {
    const versions = await Promise.all((await caches.keys()).map(async (name) => [name, (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)]));
    return Object.fromEntries(versions);
});

/** A page whose files are all kept: the list is put there last. */
async function keeping(page) {
    await page.goto('/');
    await settled(page);
    await page.waitForFunction(async () => await navigator.serviceWorker.getRegistration() && await caches.match('/shell.json'));
    await page.waitForFunction(() => navigator.serviceWorker.controller);
}

export function offline(at) {
    test('it says so, opens even then, shows no old data, and goes on by itself', async () => {
        const page = await at().signedIn(userA.email, { worker: true });
        await keeping(page);
        await page.getByText('Live', { exact: true }).waitFor();
        await at().away();
        try {
            await page.getByRole('alert').getByText('The server has not been heard since').waitFor();
            await page.locator('.headline[data-stale]').waitFor();
            await page.goto('/browse?form=factorial');
            await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
            await page.locator('.failed').getByText('The server cannot be reached.').waitFor();
            assert.deepEqual(await serious(page), []);
            assert.equal(await page.locator('.primes tbody tr').count(), 0);
            for (const path of ['/api/stats', '/nowhere']) {
                const other = await page.context().newPage();
                await assert.rejects(other.goto(path), path);
                await other.close();
            }
            await page.goto('/account');
            await page.getByRole('heading', { level: 1, name: 'Account waits for the server.' }).waitFor();
            assert.deepEqual(await serious(page), []);
        } finally {
            await at().back();
        }
        await page.getByRole('heading', { level: 1, name: 'Ada' }).waitFor();
        await page.locator('#offline').waitFor({ state: 'hidden' });
        await page.waitForFunction(() => !document.querySelector('[data-stale], .failed'));
        await page.context().close();
    });

    test('nothing of /api, /rest, /auth, /realtime and /ws is kept, whatever was looked at', async () => {
        const page = await at().signedIn(userA.email, { worker: true });
        await keeping(page);
        for (const path of ['/account', '/api/stats', '/browse']) await page.goto(path);
        await settled(page);
        await page.evaluate(() => Promise.all(['/rest/v1/primes?limit=1', '/auth/v1/user', '/realtime/v1/api/ping', '/health', '/metrics'].map((path) => fetch(path))));
        const { files } = await (await fetch(`${at().url}/shell.json`)).json();
        const [paths, ...more] = Object.values(await kept(page));
        assert.deepEqual(more, [], 'one version');
        assert.deepEqual(paths.sort(), [...files, '/shell.json'].sort());
        assert.deepEqual(paths.filter((path) => /^\/(api|rest|auth|realtime|ws)\b/.test(path)), []);
        assert.ok(files.includes('/js/main.js') && files.includes('/vendor/auth.js') && !files.includes('/worker.js'));
        await page.context().close();
    });

    test('another version takes the place of the former one at the next visit', async () => {
        const page = await at().visit({ worker: true });
        await keeping(page);
        const [name] = Object.keys(await kept(page));
        await page.evaluate(async (now) => {
            await caches.delete(now);
            await (await caches.open('postern-shell-former')).put('/js/main.js', new Response('an older one'));
        }, name);
        await page.goto('/browse');
        await settled(page);
        await page.waitForFunction(async (now) => (await caches.keys()).join() === now, name);
        assert.match(name, /^postern-shell-[0-9a-f]{16}$/);
        await page.context().close();
    });
}
