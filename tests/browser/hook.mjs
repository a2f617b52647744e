// The hook of web/README.md, as it stands there, beside api.js and live.js: it lists, and it hears what is found.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const [, once, hook] = [...readFileSync(new URL('../../web/README.md', import.meta.url), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text);

// What the hook takes from React, as far as one call of it goes.
const scratch = (url) => `
import { createApi } from '/js/api.js';
import { connectLive } from '/js/live.js';
const URL = '${url}';
const auth = { getSession: async () => ({ data: { session: null } }) };
const useState = (first) => [first, (rows) => { window.shown = rows; }];
const useEffect = (effect) => { window.leave = effect(); };
const toast = (text) => { window.said = text; };
${once}
${hook}
live.on('state', () => { window.state = live.state; });
usePrimes('factorial');`;

/** insert(prime): as somebody else does it. */
export function hooks(at, insert) {
    test('the hook that web/README.md moves runs as it stands there', async () => {
        const page = await at().visit({ bypassCSP: true });
        await page.goto('/css/base.css'); // a page of this server, with nothing on it
        await page.addScriptTag({ type: 'module', content: scratch(at().url) });
        await page.waitForFunction(() => window.shown?.length === 20 && window.state === 'open');
        insert({ form: 'factorial', expression: '5!+7' });
        await page.waitForFunction(() => window.shown[0].expression === '5!+7');
        assert.equal(await page.evaluate(() => window.said), undefined);
        await page.evaluate(() => window.leave());
        await page.context().close();
    });
}
