// The crowd of live_crowd.c: built, started, asked.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../support/process.mjs';

let dir;

function program() {
    if (!dir) {
        dir = mkdtempSync('/tmp/pt-crowd-');
        process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
        execFileSync(process.env.CC ?? 'cc', ['-O2', '-D_GNU_SOURCE', join(root, 'tests/bench/live_crowd.c'), '-o', join(dir, 'crowd')]);
    }
    return join(dir, 'crowd');
}

/**
 * A socket for each path, each says hello. Returns when all are in: { pid, figures(), kill() };
 * figures: { bytes, count, lags } since the last time.
 */
export async function startCrowd({ port, paths, hello = '', frames = false }) {
    const child = spawn(program(), [String(port), frames ? 'frames' : 'bytes'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => {
        const { value, done } = await lines.next();
        if (done) throw new Error('the crowd has ended');
        return value;
    };
    child.stdin.on('error', () => {});
    child.stdin.write(`${hello}\n${paths.join('\n')}\n\n`);
    await next();
    return {
        pid: child.pid,
        kill: () => child.kill(),
        figures: async () => {
            child.stdin.write('figures\n');
            return JSON.parse(await next());
        },
    };
}
