// One measurement: wrk or pgbench against one peer, with the CPU time that the peer and
// PostgreSQL took for it, read from /proc.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/process.mjs';

const runFile = promisify(execFile);
const TICK_NS = 1e7; /* /proc/PID/stat counts in hundredths of a second */
const SCRIPT = join(root, 'tests/bench/requests.lua');

/** Reads a file of /proc that may vanish meanwhile. */
function proc(path) {
    try {
        return readFileSync(`/proc/${path}`, 'utf8');
    } catch {
        return '';
    }
}

/** The process and all that it started, by pid. */
export function family(pid) {
    const children = proc(`${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(family)];
}

/** CPU time in ns of a process, its children, and the threads and children that have ended. */
export function cpuNs(pid) {
    return family(pid).reduce((sum, id) => {
        const [user, system, endedUser, endedSystem] = proc(`${id}/stat`).replace(/^.*\) /, '').split(' ').slice(11, 15).map(Number);
        return sum + (user + system + endedUser + endedSystem || 0) * TICK_NS;
    }, 0);
}

const memory = (pid, field) => family(pid).reduce((sum, id) => sum + Number(new RegExp(`${field}:\\s+(\\d+)`).exec(proc(`${id}/status`))?.[1] ?? 0), 0) / 1024;

/** Resident memory in MB of a process and its children: now, and the most it ever was. */
export const rssMb = (pid) => memory(pid, 'VmRSS');
export const peakMb = (pid) => memory(pid, 'VmHWM');

/** Runs fn and returns its figures with the CPU seconds per 10,000 requests added. */
async function withCpu(pids, fn) {
    const before = pids.map(cpuNs);
    const figures = await fn();
    const [server, database] = pids.map((pid, i) => (cpuNs(pid) - before[i]) / figures.requests / 1e5);
    return { ...figures, server, database };
}

/** The command line of one wrk run. */
export const wrkArguments = ({ port, requestFile, connections, seconds }) =>
    ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, `http://127.0.0.1:${port}`, '--', requestFile];

/**
 * wrk with `connections` for `seconds`; requestFile as requests.lua reads it.
 * Returns { requests, rate, p50, p99 (ms), bad, broken, server, database (CPU s per 10,000) }.
 */
export function wrk({ port, pid, databasePid, requestFile, connections, seconds }) {
    return withCpu([pid, databasePid], async () => {
        const [command, ...args] = wrkArguments({ port, requestFile, connections, seconds });
        const { stdout } = await runFile(command, args);
        const line = /^figures (.*)$/m.exec(stdout);
        if (!line) throw new Error(`wrk printed no figures:\n${stdout}`);
        const [requests, us, p50, p99, bad, broken] = line[1].split(' ').map(Number);
        return { requests, rate: requests / (us / 1e6), p50: p50 / 1000, p99: p99 / 1000, bad, broken };
    });
}

/** pgbench -M prepared with a script file. Returns { requests, rate, p50 (the mean, ms), database }. */
export function pgbench({ socketDir, dbname, databasePid, script, clients, seconds, claims }) {
    return withCpu([databasePid, databasePid], async () => {
        const args = ['-n', '-M', 'prepared', '-c', clients, '-j', '2', '-T', seconds, '-D', `claims=${claims}`, '-f', script, '-h', socketDir, '-U', 'authenticator', dbname];
        const env = { ...process.env, PGOPTIONS: '-c role=authenticated' };
        const { stdout } = await runFile('pgbench', args.map(String), { env });
        const number = (pattern) => Number(pattern.exec(stdout)?.[1] ?? NaN);
        return { requests: number(/actually processed: (\d+)/), rate: number(/tps = ([\d.]+)/), p50: number(/latency average = ([\d.]+)/) };
    });
}
