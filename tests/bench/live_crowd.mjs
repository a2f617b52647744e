// The crowd of live_crowd.c: started, asked.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { programOf } from '../support/program.mjs';

/**
 * A socket for each path, each says hello. Returns when all are in: { pid, figures(), kill() };
 * figures: { bytes, count, lags } since the last time.
 */
export async function startCrowd({ port, paths, hello = '', frames = false }) {
    const child = spawn(programOf('tests/bench/live_crowd.c'), [String(port), frames ? 'frames' : 'bytes'], { stdio: ['pipe', 'pipe', 'inherit'] });
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
