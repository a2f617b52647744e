// The program under test, started as a person starts it, and watched: a sanitizer's report or an
// exit that nobody asked for fails the test.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atExit, freePort, root, start, until } from './process.mjs';
import { SECRET } from './tokens.mjs';

/** POSTERN_BIN, else the release build. */
export function posternBinary() {
    const bin = process.env.POSTERN_BIN ?? join(root, 'build/release/postern');
    if (!existsSync(bin)) throw new Error(`${bin} is not there: build it, or set POSTERN_BIN`);
    return bin;
}

const SANITIZER = /ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:|DEADLYSIGNAL/;

function environment(env) {
    return {
        PATH: process.env.PATH, HOME: '/nonexistent',
        ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0', UBSAN_OPTIONS: 'print_stacktrace=1',
        TSAN_OPTIONS: process.env.TSAN_OPTIONS ?? 'halt_on_error=0:second_deadlock_stack=1',
        LSAN_OPTIONS: process.env.LSAN_OPTIONS ?? 'print_suppressions=0',
        ...env,
    };
}

/**
 * `postern serve` on a free port. env: settings over the defaults below; file: a configuration file.
 * Returns { url, port, pid, running(), exited, logs(), rss() KiB, sanitized(), fds(), signal(name), check(), stop(), kill() }.
 * stop() ends it with SIGTERM and throws unless it exits with 0 and has a clean log.
 */
export async function startPostern({ databaseUrl, env = {}, file, bin = posternBinary(), wait = true }) {
    const port = env.POSTERN_PORT ?? (await freePort());
    const dir = mkdtempSync('/tmp/pt-');
    const postern = new Postern(port, dir);
    postern.forget = atExit(() => postern.kill());
    postern.process = start(bin, file === undefined ? ['serve'] : ['serve', file], {
        log: join(dir, 'log'),
        env: environment({ DATABASE_URL: databaseUrl, POSTERN_JWT_SECRET: SECRET, POSTERN_PORT: String(port), POSTERN_WORKERS: '2', ...env }),
    });
    if (wait) await until(() => postern.answers(), () => `postern does not answer:\n${postern.logs()}`, 30000);
    return postern;
}

class Postern {
    constructor(port, dir) {
        this.port = Number(port);
        this.dir = dir;
        this.url = `http://127.0.0.1:${port}`;
    }

    get pid() { return this.process.pid; }
    get exited() { return this.process.exited; }
    running() { return this.process.running(); }
    logs() { return this.process.output(); }
    signal(name) { return this.process.signal(name); }
    fds() { return readdirSync(`/proc/${this.pid}/fd`).length; }
    /** A sanitizer keeps freed memory for a while: figures of memory then mean nothing. */
    sanitized() { return /lib[at]san/.test(readFileSync(`/proc/${this.pid}/maps`, 'utf8')); }
    rss() { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]); }

    async answers() {
        if (!this.running()) throw new Error(`postern ended:\n${this.logs()}`);
        return fetch(`${this.url}/live`).then((reply) => reply.status === 200, () => false);
    }

    /** Throws when it has died or a sanitizer has spoken. */
    check() {
        const logs = this.logs();
        if (SANITIZER.test(logs)) throw new Error(`sanitizer report:\n${logs.slice(logs.search(SANITIZER) - 200).slice(0, 6000)}`);
        if (!this.running()) throw new Error(`postern ended:\n${logs.slice(-4000)}`);
    }

    async stop(ms = 15000) {
        this.check();
        this.signal('SIGTERM');
        const end = await Promise.race([this.exited, new Promise((done) => setTimeout(done, ms, null).unref())]);
        const logs = this.logs();
        this.kill();
        if (end === null) throw new Error(`postern did not stop within ${ms} ms of SIGTERM:\n${logs.slice(-4000)}`);
        if (end.code !== 0 || SANITIZER.test(logs))
            throw new Error(`postern ended with ${JSON.stringify(end)}:\n${logs.slice(Math.max(0, logs.search(SANITIZER)))}`.slice(0, 8000));
    }

    kill() {
        this.forget?.();
        this.signal('SIGKILL');
        rmSync(this.dir, { recursive: true, force: true });
    }
}

/** Runs one command of the program to its end: { code, stdout, stderr }. Never throws. */
export async function posternCommand(args, env = {}, bin = posternBinary()) {
    try {
        const { stdout, stderr } = await promisify(execFile)(bin, args, { env: environment(env), timeout: 60000, maxBuffer: 1 << 26 });
        return { code: 0, stdout, stderr };
    } catch (error) {
        return { code: error.code ?? error.signal, stdout: error.stdout ?? '', stderr: error.stderr ?? String(error) };
    }
}

/** Brings a database to the product's newest schema, by the product's own command. */
export async function migrate(databaseUrl, direction = 'up') {
    const { code, stdout, stderr } = await posternCommand(['migrate', direction], { DATABASE_URL: databaseUrl });
    if (code !== 0) throw new Error(`postern migrate ${direction} failed (${code}):\n${stdout}${stderr}`);
    return stdout + stderr;
}
