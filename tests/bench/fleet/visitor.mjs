// The visitor of visitor.c: built once, sent to look.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../support/process.mjs';

let dir;

function program() {
    if (!dir) {
        dir = mkdtempSync('/tmp/pt-visitor-');
        process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
        execFileSync(process.env.CC ?? 'cc', ['-O2', '-D_GNU_SOURCE', join(root, 'tests/bench/fleet/visitor.c'), '-o', join(dir, 'visitor')]);
    }
    return join(dir, 'visitor');
}

/** Looks at a page, all its paths at once, so many times. Returns the milliseconds of each time. */
export async function visit(url, token, paths, loads, pauseMs = 10) {
    const { stdout } = await promisify(execFile)(program(), [new URL(url).port, token, String(loads), String(pauseMs), ...paths]);
    return stdout.trim().split('\n').map(Number);
}
