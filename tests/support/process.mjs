// Child processes that cannot outlive the test: started with a parent-death signal, their output
// in a file, stopped by pid and nothing else.
import { spawn, execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Are we root? PostgreSQL refuses to run as root, so the cluster then runs as `postgres`. */
export const isRoot = process.getuid() === 0;

/** Calls fn until it returns something true; throws with what() when the time is over. */
export async function until(fn, what, ms = 15000, every = 20) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await fn();
        if (value) return value;
        if (Date.now() > end) throw new Error(`timed out after ${ms} ms: ${typeof what === 'function' ? what() : what}`);
        await sleep(every);
    }
}

/** A TCP port of 127.0.0.1 that was free a moment ago, and that no other test has been given. */
export async function freePort() {
    for (;;) {
        const port = await portNow();
        if (claim(port)) return port;
    }
}

/* Two that start at once were given the same now and then: a mark keeps it for who came first. */
const MARK_MS = 600000;
function claim(port) {
    const mark = `/tmp/pt-port-${port}`;
    try {
        if (Date.now() - statSync(mark).mtimeMs > MARK_MS) rmSync(mark, { force: true }); // of one that was killed
    } catch { /* there is none */ }
    try {
        closeSync(openSync(mark, 'wx'));
    } catch {
        return false;
    }
    atExit(() => rmSync(mark, { force: true }));
    return true;
}

function portNow() {
    return new Promise((done, fail) => {
        const server = createServer();
        server.on('error', fail);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

/**
 * Starts a program. { user: run as this user (root only), log: file for its output, env, cwd,
 * deathSignal: what it gets when this process dies }. Returns { pid, exited: Promise<{code,signal}>,
 * running(), output(), signal(name) }.
 */
export function start(file, args, { user, log, env = process.env, cwd = root, deathSignal = 'KILL' }) {
    const out = openSync(log, 'a');
    const prefix = ['--pdeathsig', deathSignal];
    if (user && isRoot) prefix.push('--reuid', user, '--regid', user, '--init-groups');
    const child = spawn('setpriv', [...prefix, '--', file, ...args], { cwd, env, stdio: ['ignore', out, out] });
    closeSync(out);
    let end = null;
    const exited = new Promise((done) => {
        child.on('exit', (code, signal) => done((end = { code, signal })));
        child.on('error', (error) => done((end = { code: -1, signal: null, error })));
    });
    return {
        pid: child.pid,
        exited,
        running: () => end === null,
        output: () => readFileSync(log, 'utf8'),
        signal: (name) => end === null && child.kill(name),
    };
}

/** Runs a program to its end, as `user` when we are root. Returns its output; throws on failure. */
export function run(file, args, { user, env = process.env, input } = {}) {
    const command = user && isRoot ? ['runuser', '-u', user, '--', file, ...args] : [file, ...args];
    return execFileSync(command[0], command.slice(1), { env, input, cwd: '/', encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

const cleanups = new Set();

/** Runs fn when this process ends, however it ends (but for SIGKILL). Returns a function that forgets it. */
export function atExit(fn) {
    cleanups.add(fn);
    return () => cleanups.delete(fn);
}

function cleanUp() {
    for (const fn of [...cleanups].reverse()) {
        try { fn(); } catch { /* the next ones must still run */ }
    }
    cleanups.clear();
}
process.on('exit', cleanUp);
for (const [name, number] of [['SIGINT', 2], ['SIGTERM', 15], ['SIGHUP', 1]])
    process.on(name, () => process.exit(128 + number));
