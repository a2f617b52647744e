// /api/docs over a folder of one's own: listed, read, searched; nothing outside the folder.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi } from './api_stand.mjs';

const GUIDE = '# The guide\n\nBread, "butter" and <b>jam</b>.\n';

describe('/api/docs', () => {
    const folder = mkdtempSync('/tmp/pt-docs-');
    let stand, api;
    before(async () => {
        mkdirSync(join(folder, 'roadmaps'));
        mkdirSync(join(folder, 'agent'));
        writeFileSync(join(folder, 'guide.md'), GUIDE);
        writeFileSync(join(folder, 'kbn.md'), '<!-- form: kbn -->\n# k*b^n\n');
        writeFileSync(join(folder, 'roadmaps/guide.md'), '# The road\nButter first.\n');
        writeFileSync(join(folder, 'agent/rules.md'), '# Rules\n');
        writeFileSync(join(folder, 'secret.txt'), 'butter');
        stand = await startApi({ POSTERN_DOCS_DIR: folder });
        ({ api } = stand);
    });
    after(async () => {
        await stand?.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    const LIST = { docs: [
        { slug: 'guide', title: 'The guide', form: null, category: null },
        { slug: 'kbn', title: 'k*b^n', form: 'kbn', category: null },
        { slug: 'rules', title: 'Rules', form: null, category: 'agent' },
        { slug: 'guide', title: 'The road', form: null, category: 'roadmaps' },
    ] };
    const found = (slug, title, category, ...snippets) => ({ slug, title, category, snippets: snippets.map(([text, line]) => ({ text, line })) });
    const BUTTER = { results: [
        found('guide', 'The guide', null, ['Bread, "butter" and <b>jam</b>.', 3]),
        found('guide', 'The road', 'roadmaps', ['Butter first.', 2]),
    ] };
    const CASES = [
        ['docs', 200, LIST],
        ['v1/docs', 200, LIST],
        ['docs/guide', 200, { slug: 'guide', title: 'The guide', content: GUIDE }],
        ['docs/roadmaps/guide', 200, { slug: 'guide', title: 'The road', category: 'roadmaps', content: '# The road\nButter first.\n' }],
        ['v1/docs/agent/rules', 200, { slug: 'rules', title: 'Rules', category: 'agent', content: '# Rules\n' }],
        ['docs/search?q=BUTTER', 200, BUTTER],
        ['docs/search?q=jam+bread', 200, { results: BUTTER.results.slice(0, 1).map((one) => ({ ...one })) }],
        ['docs/search?q=nobody', 200, { results: [] }],
        ['docs/search', 200, { results: [] }],
        ['docs/search?q=', 200, { results: [] }],
        [`docs/search?q=${'x'.repeat(201)}`, 400],
        ['docs/search?q=%FF', 400],
        ['docs/rules', 404, { error: 'Doc not found' }],
        ['docs/roadmaps/kbn', 404, { error: 'Doc not found' }],
        ['docs/secret', 404, { error: 'Doc not found' }],
        ['docs/other/guide', 404, { error: 'Not found' }],
        ['docs/..%2Fguide', 400, { error: 'Invalid slug' }],
        ['docs/guide.md', 400, { error: 'Invalid slug' }],
        [`docs/${'x'.repeat(101)}`, 400, { error: 'Invalid slug' }],
    ];
    for (const [path, status, body] of CASES)
        test(`${path.slice(0, 40)}: ${status}`, async () => {
            const reply = await api(path);
            assert.equal(reply.status, status, JSON.stringify(reply.body));
            if (body) assert.deepEqual(reply.body, body);
            else assert.ok(reply.body.error);
        });

    test('anyone may read, nobody may write', async () => {
        assert.equal((await api('docs', { method: 'POST', body: {} })).status, 405);
        assert.equal((await api('docs/guide', { method: 'HEAD' })).body, '');
        assert.equal((await api('docs')).headers.get('cache-control'), 'no-cache');
    });
});
