// One simulated node: registers with its operator's key, beats, claims blocks, searches them, reports.
import { digits, expression, isFermatPrime } from './fermat.mjs';

const TYPE = 'gen_fermat';
const SLICE_MS = 5; // the other nodes of this process must beat meanwhile
const rest = (ms) => new Promise((done) => setTimeout(done, ms));

/** The processor that all nodes of this process share: one searches at a time, and only for a part of the time. */
export class Processor {
    constructor(share) {
        this.pauseMs = SLICE_MS * (1 / share - 1);
        this.last = Promise.resolve();
    }

    /** Runs fn when all who came before have ended. */
    turn(fn) {
        return (this.last = this.last.then(fn, fn));
    }
}

export class Node {
    /** call(method, path, { key, body }) -> { status, body }; timing: { beatMs, pauseMs }; counts, processor: shared. */
    constructor({ call, key, name, timing, counts, processor }) {
        Object.assign(this, { call, key, name, timing, counts, processor });
        this.stopped = false;
        this.born = Date.now();
        this.mine = { tested: 0, found: 0, busyMs: 0 };
    }

    async start() {
        await this.ask('register', 'POST', 'nodes/register', { node_id: this.name, hostname: this.name.replace(/-\d+$/, ''), cores: 4, os: 'linux', arch: 'x86_64', cpu_model: 'simulated', node_version: 'sim-1' });
        // Spread over the first interval, as machines that were switched on one by one.
        this.timers = [setTimeout(() => this.beat(), Math.random() * this.timing.beatMs)];
        if (this.timing.pauseMs !== null) this.timers.push(setTimeout(() => this.work(), Math.random() * this.timing.pauseMs));
    }

    stop() {
        this.stopped = true;
        this.timers?.forEach(clearTimeout);
    }

    later(ms, what) {
        if (!this.stopped) this.timers.push(setTimeout(what, ms));
        if (this.timers.length > 8) this.timers.splice(0, 4);
    }

    /** Counts what was asked and what went wrong; null when it did. */
    async ask(kind, method, path, body) {
        const reply = await this.call(method, `/api/v1/${path}`, { key: this.key, body }).catch((error) => ({ status: 0, body: error.message }));
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
        if (reply.status >= 200 && reply.status < 300) return reply;
        this.counts.failed++;
        this.counts.lastFailure = `${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`;
        return null;
    }

    async beat() {
        this.later(this.timing.beatMs, () => this.beat());
        const reply = await this.ask('beats', 'POST', 'nodes/heartbeat', { node_id: this.name, ...this.figures() });
        if (reply?.body?.command !== 'stop') return;
        this.counts.stopped = (this.counts.stopped ?? 0) + 1;
        this.stop();
    }

    /** What it has done so far; its load is the share of its life in which it searched. */
    figures() {
        const { tested, found, busyMs } = this.mine;
        const share = Math.min(100, Math.round((100 * busyMs) / Math.max(1, Date.now() - this.born)));
        return { tested, found, search_type: TYPE, metrics: { cpu_usage_percent: share } };
    }

    /** A node whose turn has not come has claimed nothing. */
    async work() {
        await this.processor.turn(() => this.stopped || this.nextBlock());
        this.later(this.timing.pauseMs, () => this.work());
    }

    async nextBlock() {
        const reply = await this.ask('claims', 'GET', `nodes/work?node_id=${encodeURIComponent(this.name)}&types=${TYPE}`);
        if (reply?.status === 200) await this.search(reply.body);
    }

    async search({ block_id, block_start, block_end, params }) {
        const started = Date.now(), primes = [];
        let slice = started;
        for (let base = block_start; base < block_end; base++) {
            if (isFermatPrime(base, params.fermat_exp))
                primes.push({ form: TYPE, expression: expression(base, params.fermat_exp), digits: digits(base, params.fermat_exp), proof_method: 'fermat' });
            if (Date.now() - slice < SLICE_MS) continue;
            await rest(this.processor.pauseMs);
            if (this.stopped) return;
            slice = Date.now();
        }
        const tested = block_end - block_start;
        const done = await this.ask('results', 'POST', 'nodes/result', { block_id, tested, found: primes.length, primes, duration_ms: Date.now() - started });
        if (done === null) return;
        this.counts.tested += tested;
        this.counts.primes += primes.length;
        this.mine.tested += tested;
        this.mine.found += primes.length;
        this.mine.busyMs += Date.now() - started;
    }
}
