// A small C program of the tests' own: built when it is first wanted, gone with the process.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './process.mjs';

const built = new Map();

/** source: a path from the root, "tests/bench/live_crowd.c". Returns the program's path. */
export function programOf(source) {
    if (!built.has(source)) {
        const dir = mkdtempSync('/tmp/pt-program-');
        process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
        const program = join(dir, basename(source, '.c'));
        execFileSync(process.env.CC ?? 'cc', ['-O2', '-D_GNU_SOURCE', join(root, source), '-o', program]);
        built.set(source, program);
    }
    return built.get(source);
}
