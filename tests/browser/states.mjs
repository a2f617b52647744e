// What a page shows when it cannot show its data: each is designed, and axe-core finds nothing serious.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate, startPostern } from '../support/postern.mjs';
import { admin, userA } from '../support/tokens.mjs';
import { serious } from './axe.mjs';
import { settled, walk } from './stand.mjs';

const EMPTY = { // of a database in which nothing has happened yet
    '/': ['No prime has been found yet.', 'Nothing has been found yet.', 'No form has a prime yet.', 'Nothing yet.'],
    '/browse': ['No prime is like this.'],
    '/fleet': ['No machine is at work.', 'Nothing is searched.'],
    '/projects': ['There is no project yet.'],
};

export function states(at) {
    test('an address that leads nowhere: 404, and the ways on', async () => {
        const page = await at().visit();
        const reply = await page.goto('/no/such page');
        assert.equal(reply.status(), 404);
        await page.getByRole('heading', { level: 1, name: 'There is no such page.' }).waitFor();
        assert.match(await page.title(), /^Not found/);
        assert.deepEqual(await serious(page), []);
        await page.getByRole('main').getByRole('link', { name: 'Projects' }).click();
        await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
        assert.deepEqual(page.troubles.filter((text) => !text.includes('404')), []);
        await page.context().close();
    });

    test('a closed door has a heading, and the way in', async () => {
        const stranger = await at().visit();
        await stranger.goto('/admin');
        await stranger.getByRole('heading', { level: 1, name: 'Admin needs a sign-in.' }).waitFor();
        assert.deepEqual(await serious(stranger), []);
        await stranger.context().close();
        const operator = await at().signedIn(userA.email);
        await operator.goto('/admin');
        await operator.getByRole('heading', { level: 1, name: 'Admin is for administrators.' }).waitFor();
        assert.deepEqual(await serious(operator), []);
        await operator.context().close();
    });

    test('while it waits: lines where the text will be', async () => {
        const page = await at().signedIn(admin.email);
        await page.goto('/fleet');
        await settled(page);
        await page.route(/^[^/]+\/\/[^/]+\/(api|metrics)/, () => {}); // a server that takes its time
        for (const path of ['/browse', '/projects', '/agents', '/observability', '/account', '/admin', '/']) {
            await walk(page, path);
            await page.locator('main [aria-busy]').first().waitFor();
            assert.equal(await page.locator('h1').count(), 1, path);
        }
        assert.deepEqual(await serious(page), []);
        await page.context().close();
    });

    test('without its database a page says how old it is, or what is wrong; then it goes on', async () => {
        const page = await at().signedIn(admin.email);
        await page.goto('/');
        await settled(page);
        await at().cluster.stop('fast');
        try {
            await page.locator('.headline[data-stale]').getByText(/^as of \d\d:\d\d:\d\d$/).waitFor();
            assert.match(await page.locator('.total').textContent(), /primes/);
            for (const path of ['/projects/first-factorials', '/admin']) {
                await walk(page, path);
                await page.locator('.failed').first().waitFor();
                assert.equal(await page.locator('h1').count(), 1, path);
            }
            const [, id] = /Request (\w+) in the server's log/.exec(await page.locator('.failed').first().textContent());
            assert.match(at().postern.logs(), new RegExp(id));
            assert.deepEqual(await serious(page), []);
        } finally {
            await at().cluster.start();
        }
        await page.waitForFunction(() => !document.querySelector('.failed, [data-stale]'));
        await page.context().close();
    });

    test('what cannot be fetched says so in words, and is asked for again', async () => {
        const page = await at().signedIn(admin.email), lines = /\/metrics$/;
        await page.route(lines, (route) => route.abort());
        await page.goto('/admin');
        await page.locator('.failed').getByText('The server cannot be reached.').waitFor();
        await page.unroute(lines);
        await page.getByText('refused (4xx)').waitFor();
        await page.context().close();
    });

    test('there is nothing yet: each page tells what will be there', async () => {
        const { cluster } = at(), name = 'empty';
        await migrate(await cluster.createDatabase(name));
        const postern = await startPostern({ databaseUrl: cluster.url(name, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url(name) } });
        const page = await at().visit();
        try {
            for (const [path, texts] of Object.entries(EMPTY)) {
                await page.goto(postern.url + path);
                for (const text of texts) await page.getByText(text, { exact: true }).first().waitFor();
                if (path === '/') assert.deepEqual(await serious(page), [], path);
                assert.equal(await page.locator('.failed').count(), 0, path);
            }
        } finally {
            await page.context().close();
            await postern.stop();
        }
    });
}
