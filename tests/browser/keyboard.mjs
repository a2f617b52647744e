// Without a mouse: the ways through the pages by Tab, Enter and Escape, and what a screen reader is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userA } from '../support/tokens.mjs';
import { PASSWORD, settled } from './stand.mjs';

const TABS_MAX = 250;

/** What has the focus: its role and name, as a screen reader tells them, and whether one can see that it has. */
const focused = (page) => page.evaluate(() => {
    const one = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    const label = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent;
    return { name: (label || one.placeholder || '').trim(), seen: outlineStyle !== 'none' && parseFloat(outlineWidth) > 0, home: one === document.body };
});

/** Where Tab stops on a page, from its beginning to its end: [{ name, seen }]. */
export async function stopsOf(page) {
    await page.locator('.skip').focus();
    const stops = [await focused(page)];
    for (let i = 0; i < TABS_MAX; i++) {
        await page.keyboard.press('Tab');
        const stop = await focused(page);
        if (stop.home) return stops;
        stops.push(stop);
    }
    return assert.fail('Tab does not come to the end of the page');
}

/** Presses Tab until something of this name has the focus. */
async function tabTo(page, name) {
    for (let i = 0; i < TABS_MAX; i++) {
        await page.keyboard.press('Tab');
        if ((await focused(page)).name.startsWith(name)) return;
    }
    assert.fail(`Tab does not reach ${name}`);
}

export function keyboard(at) {
    test('past the menu to the page, a prime opened and closed, a panel tried: all by keys', async () => {
        const page = await at().visit();
        await page.goto('/browse');
        await settled(page);
        await tabTo(page, 'Skip to the page');
        await page.keyboard.press('Enter');
        await tabTo(page, 'Expression contains');
        await page.keyboard.type('2*10^2+1');
        await page.waitForURL(/search=/);
        await page.getByText('1 prime of this kind').waitFor();
        await tabTo(page, '2*10^2+1');
        await page.keyboard.press('Enter');
        await page.getByRole('dialog', { name: '2*10^2+1' }).getByText('Second opinions').waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        assert.equal((await focused(page)).name, '2*10^2+1', 'the focus is back where it was');
        await page.goto('/');
        await settled(page);
        await tabTo(page, 'Try it: Forms');
        await page.keyboard.press('Enter');
        await page.getByRole('dialog', { name: 'Forms' }).waitFor();
        await page.keyboard.press('Escape');
        assert.equal((await focused(page)).name, 'Try it: Forms');
        await page.context().close();
    });

    test('signed in, filtered, looked at, exported, signed out: all by keys, and each is told', async () => {
        const page = await at().visit();
        await page.goto('/signin?to=/browse');
        await tabTo(page, 'E-mail');
        await page.keyboard.type(userA.email);
        await page.keyboard.press('Tab');
        await page.keyboard.type(PASSWORD);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 'Browse' }).waitFor();
        await settled(page);
        await tabTo(page, 'Form');
        await page.keyboard.type('fac');
        await page.getByRole('status').getByText('20 primes of this kind').waitFor();
        await tabTo(page, '60!+1');
        await page.keyboard.press('Enter');
        await page.getByRole('dialog', { name: '60!+1' }).getByText('Nobody has been asked').waitFor();
        await page.keyboard.press('Escape');
        assert.equal((await focused(page)).name, '60!+1');
        await page.locator('.skip').focus();
        await tabTo(page, 'Export CSV');
        const saved = page.waitForEvent('download');
        await page.keyboard.press('Enter');
        await saved;
        await page.getByRole('status').getByText(/^Exported 20 primes, /).waitFor();
        await page.waitForFunction(() => document.activeElement.textContent === 'Export CSV');
        await page.locator('.skip').focus();
        await tabTo(page, 'Sign out');
        await page.keyboard.press('Enter');
        await page.getByRole('link', { name: 'Sign in' }).waitFor();
        assert.deepEqual(page.troubles, []);
        await page.context().close();
    });

    test('what is drawn anew leaves the focus where it was', async () => {
        const page = await at().visit();
        await page.goto('/');
        await settled(page);
        const link = await page.locator('.headline a').first().elementHandle();
        await link.focus();
        const { name } = await focused(page);
        await page.waitForFunction((old) => !old.isConnected, link); // the panel has asked again
        assert.equal((await focused(page)).name, name);
        await page.context().close();
    });

    test('landmarks, few voices, and no motion where it is not wanted', async () => {
        const page = await at().visit();
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await page.goto('/');
        await page.waitForFunction(() => document.querySelector('.waiting, .total'));
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
        await settled(page);
        for (const role of ['banner', 'main']) assert.equal(await page.getByRole(role).count(), 1, role);
        assert.equal(await page.getByRole('navigation', { name: 'Pages' }).count(), 1);
        // The state of the feed, the finds, and what is wrong: nothing else speaks by itself.
        assert.ok(await page.locator('[role=status], [role=alert], [aria-live]').count() <= 3);
        for (const picture of await page.locator('figure').all()) assert.match(await picture.locator('figcaption').textContent(), /\.$/);
        await page.context().close();
    });
}
