// axe-core: what it finds serious or worse on a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs axe-core where the Content-Security-Policy would not let a script tag in. */
export async function serious(page, runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((only) => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: only }), runOnly);
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary.split('\n')[1] ?? ''}`).join('; ')}`);
}
