// postern types ts: what it prints compiles against supabase-js, says what the database is, and
// refuses what it is not.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import ts from 'typescript';
import { posternCommand } from '../support/postern.mjs';
import { root } from '../support/process.mjs';
import { startLanguage } from './stand.mjs';

const OPTIONS = {
    strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler, types: [],
};

describe('postern types ts', () => {
    let stand;
    let folder;
    before(async () => {
        stand = await startLanguage({ fixture: 'types.sql' });
        folder = mkdtempSync(join(tmpdir(), 'types-'));
        symlinkSync(join(root, 'tests/node_modules'), join(folder, 'node_modules'));
        copyFileSync(join(root, 'tests/language/types_usage.ts'), join(folder, 'usage.ts'));
    });
    after(async () => {
        await stand?.stop();
        if (folder) rmSync(folder, { recursive: true });
    });

    const types = (args = ['types', 'ts'], env = {}) =>
        posternCommand(args, { DATABASE_URL: stand.cluster.url('app', 'gateway'), PGRST_DB_SCHEMAS: 'api,other', ...env });

    it('compiles against supabase-js and is used as meant', async () => {
        const { stdout } = await types();
        writeFileSync(join(folder, 'database.ts'), stdout);
        const program = ts.createProgram([join(folder, 'usage.ts')], OPTIONS);
        const said = ts.getPreEmitDiagnostics(program).map((one) => {
            const line = one.file ? one.file.getLineAndCharacterOfPosition(one.start).line + 1 : 0;
            return `${one.file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(one.messageText, '\n')}`;
        });
        assert.deepEqual(said, []);
    });

    it('is the same for the same database, and only of the schemas that are exposed', async () => {
        const [one, two] = [await types(), await types()];
        assert.equal(one.stdout, two.stdout);
        const { stdout } = await types(['types', 'ts'], { PGRST_DB_SCHEMAS: 'other' });
        assert.match(stdout, /\n {2}other: \{\n {4}Tables: \{\n {6}things: \{/);
        assert.doesNotMatch(stdout, /books/);
        assert.match(stdout, /Views: \{\n {6}\[_ in never\]: never\n/);
    });

    it('says how it is used, and when there is no database', async () => {
        assert.notEqual((await types(['types'])).code, 0);
        assert.match((await types(['types', 'rust'])).stderr, /usage: postern types ts/);
        const away = await types(['types', 'ts'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
        assert.notEqual(away.code, 0);
        assert.match(away.stderr, /cannot be read/);
    });
});
