// The feed breaks off while somebody looks: what was found meanwhile shows once and in its order, and
// where the server has it no more, the page says so and reads its list anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCable } from '../support/cable.mjs';
import { until } from '../support/process.mjs';
import { serious } from './axe.mjs';
import { settled } from './stand.mjs';
import { userA } from '../support/tokens.mjs';

const CUTS = 3, EACH = 2;

const insert = (at, ...expressions) => at.query("insert into primes (form, expression, digits, proof_method, search_params) select 'kbn', unnest($1::text[]), 9, 'deterministic', '{}'", [expressions]);
const lines = (page, kind = '') => page.locator(`.ticker ${kind} code`).allTextContents();
const streams = ({ postern }) => until(() => /changes stream/.test(postern.logs()), 'the stream of changes');

/** Somebody who is signed in, at the other end of the cable. */
async function wired(at, url) {
    const page = await at.signedIn(userA.email), { origins, cookies } = await page.context().storageState();
    await page.context().close();
    return at.visit({ storageState: { cookies, origins: origins.map((one) => ({ ...one, origin: url })) } });
}

/** The overview, when its feed follows what is found. */
async function watching(page, url) {
    const subscribed = new Promise((done) => page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => String(payload).includes('"subscribed"') && done())));
    await page.goto(url);
    await settled(page);
    await subscribed;
}

/** Whoever shows the page cannot reach the server; the browser says so in its console. */
const troubles = (page) => page.troubles.filter((text) => !/WebSocket connection|ERR_CONNECTION|Failed to fetch|asks /.test(text));

export function broken(at) {
    test('who is not signed in is told that some may be missing, and the list is read anew', async () => {
        await streams(at());
        const cable = await startCable(at().postern.port);
        const page = await at().visit();
        try {
            await page.goto(cable.url);
            await settled(page);
            await page.getByText('Live', { exact: true }).waitFor();
            await insert(at(), 'told to all');
            await page.locator('.ticker .new').getByText('told to all').waitFor();
            cable.cut();
            await page.locator('#offline').waitFor();
            await insert(at(), 'told to nobody');
            await page.locator('.missed').getByText('some finds may not have been told').waitFor();
            await page.locator('.ticker').getByText('told to nobody').waitFor();
            assert.deepEqual((await lines(page)).slice(0, 2), ['told to nobody', 'told to all']);
            await page.getByText('+1 or more since you look', { exact: true }).waitFor();
            assert.deepEqual(troubles(page), []);
        } finally {
            await page.context().close();
            cable.close();
        }
    });

    test('cut off, and back: each prime that was found meanwhile shows once, in its order, and is counted', async () => {
        await streams(at());
        const cable = await startCable(at().postern.port);
        const page = await wired(at(), cable.url);
        try {
            await watching(page, cable.url);
            const all = [];
            for (let cut = 0; cut < CUTS; cut++) {
                const before = `cut ${cut} before`, meanwhile = Array.from({ length: EACH }, (_, i) => `cut ${cut} meanwhile ${i}`);
                await insert(at(), before);
                await page.locator('.ticker .new').getByText(before).waitFor();
                cable.cut();
                await page.locator('#offline').waitFor();
                for (const one of meanwhile) await insert(at(), one);
                await page.locator('.ticker .new').getByText(meanwhile.at(-1)).waitFor();
                all.unshift(...meanwhile.toReversed(), before);
                assert.deepEqual((await lines(page)).slice(0, all.length), all.slice(0, 9));
                assert.deepEqual(await lines(page, '.new'), all.slice(0, 9));
                await page.getByText(`+${all.length} since you look`, { exact: true }).waitFor();
            }
            await page.locator('#offline').waitFor({ state: 'hidden' });
            assert.equal(await page.locator('.missed').textContent(), '', 'nothing is missing');
            assert.deepEqual(troubles(page), []);
        } finally {
            await page.context().close();
            cable.close();
        }
    });

    test('the server starts anew and has them no more: it says so, and the list is read anew', async () => {
        await streams(at());
        const page = await at().signedIn(userA.email);
        await watching(page, '/');
        await insert(at(), 'heard before');
        await page.getByText('+1 since you look', { exact: true }).waitFor();
        await at().away();
        try {
            await page.locator('#offline').waitFor();
            await insert(at(), 'found while away');
        } finally {
            await at().back();
        }
        await page.locator('.missed').getByText('some finds may not have been told').waitFor();
        await page.locator('.ticker').getByText('found while away').waitFor();
        assert.deepEqual((await lines(page)).slice(0, 2), ['found while away', 'heard before']);
        await page.getByText('+1 or more since you look', { exact: true }).waitFor();
        assert.deepEqual(await serious(page), []);
        await insert(at(), 'found afterwards');
        await page.locator('.ticker .new').getByText('found afterwards').waitFor();
        assert.equal((await lines(page)).filter((text) => text === 'found afterwards').length, 1);
        await page.getByText('+2 or more since you look', { exact: true }).waitFor();
        assert.deepEqual(troubles(page), []);
        await page.context().close();
    });
}
