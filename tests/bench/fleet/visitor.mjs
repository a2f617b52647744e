// The visitor of visitor.c: sent to look.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programOf } from '../../support/program.mjs';

/** Looks at a page, all its paths at once, so many times. Returns the milliseconds of each time. */
export async function visit(url, token, paths, loads, pauseMs = 10) {
    const { stdout } = await promisify(execFile)(programOf('tests/bench/fleet/visitor.c'), [new URL(url).port, token, String(loads), String(pauseMs), ...paths]);
    return stdout.trim().split('\n').map(Number);
}
