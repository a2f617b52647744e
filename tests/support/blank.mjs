// An empty cluster's files: made by initdb once, kept in build/, copied for each cluster of the tests,
// which takes a tenth of the time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot, root, run } from './process.mjs';

const ARGS = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'];
const copy = (from, to) => execFileSync('cp', ['-a', from, to]); /* with its owner, who is postgres for root */

/** Where they are kept: another version or user, or other options, are another cluster's. */
function place(bin) {
    const version = execFileSync(join(bin, 'initdb'), ['--version'], { encoding: 'utf8' });
    const key = createHash('sha256').update([version, process.getuid(), ...ARGS].join('\0')).digest('hex').slice(0, 16);
    return join(root, 'build', `cluster-${key}`);
}

/* Several suites may do so at once: the first one's are kept, whole or not at all. */
function make(bin, kept) {
    const dir = mkdtempSync('/tmp/pt-'); /* which postgres may enter */
    mkdirSync(join(root, 'build'), { recursive: true });
    const aside = mkdtempSync(`${kept}-`);
    try {
        if (isRoot) execFileSync('chown', ['postgres', dir]);
        run(join(bin, 'initdb'), ['-D', join(dir, 'data'), ...ARGS], { user: 'postgres' });
        copy(join(dir, 'data'), aside);
        renameSync(join(aside, 'data'), kept);
    } catch (error) {
        if (!existsSync(kept)) throw error;
    } finally {
        for (const one of [dir, aside]) rmSync(one, { recursive: true, force: true });
    }
}

/** Puts an empty cluster of the programs in `bin` to `data`, which is not there yet. */
export function copyBlank(bin, data) {
    const kept = place(bin);
    if (!existsSync(kept)) make(bin, kept);
    copy(kept, data);
}
