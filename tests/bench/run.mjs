// The benchmark: starts everything, checks that the answers are equal, measures in interleaved
// rounds, prints the page. README.md says how to read it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { atExit, root, sleep } from '../support/process.mjs';
import { checkAnswers } from './answers.mjs';
import { peakMb, pgbench, rssMb, wrk, wrkArguments } from './measure.mjs';
import { claimsOf, OWNER_ID } from './people.mjs';
import { DATABASE, PEERS, startDatabase, startPeers } from './peers.mjs';
import { report } from './report.mjs';
import { peersOf, requestsOf, wireText, WORKLOADS } from './workloads.mjs';

const { values: options } = parseArgs({
    options: {
        quick: { type: 'boolean', default: false },
        hold: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        connections: { type: 'string' },
        only: { type: 'string' },
        peers: { type: 'string' },
        out: { type: 'string' },
    },
});
const SETTLE_MS = 100;
const SETTLE_MAX_MS = 20000;
const split = (text) => text.split(',');
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 1 : 2));
const connections = split(options.connections ?? (options.quick ? '128' : '32,128')).map(Number);
const names = options.peers ? split(options.peers) : PEERS;
const workloads = WORKLOADS.filter(({ name, peers }) => (!options.only || split(options.only).includes(name)) && (!peers || peers.every((peer) => names.includes(peer))));
const say = (text) => process.stderr.write(`${text}\n`);

/** Writes the requests of a workload as requests.lua reads them; once per REST root. */
function requestFiles(dir) {
    const files = new Map();
    return (workload, peer) => {
        const prefix = workload.absolute ? '' : peer.root;
        const key = `${workload.name} ${prefix}`;
        if (!files.has(key)) {
            const file = join(dir, String(files.size));
            writeFileSync(file, requestsOf(workload).map((request) => `${wireText(request, prefix)}\x1e`).join(''));
            files.set(key, file);
        }
        return files.get(key);
    };
}

/** What wrk left unanswered is not the next one's work: a server may go on with it for seconds. */
async function settle(cluster) {
    const busy = () => cluster.query("select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()", DATABASE).then(([{ n }]) => n > 0);
    const end = Date.now() + SETTLE_MAX_MS;
    do {
        await sleep(SETTLE_MS);
    } while (Date.now() < end && (await busy()));
}

/** All peers of one workload, in an order that turns with the round. */
async function measureWorkload(stand, workload, count, round) {
    const partners = peersOf(workload).flatMap((name) => stand.peers[name] ?? []);
    for (let i = 0; i < partners.length; i++) {
        const peer = partners[(i + round) % partners.length];
        const figures = await wrk({ port: peer.port, pid: peer.pid, databasePid: stand.cluster.pid, requestFile: stand.fileOf(workload, peer), connections: count, seconds: seconds * (workload.longer ?? 1) });
        say(`round ${round + 1}/${rounds}  ${workload.name.padEnd(8)} ${String(count).padStart(3)}  ${peer.name.padEnd(9)} ${Math.round(figures.rate)}/s  p99 ${figures.p99.toFixed(1)} ms${figures.bad + figures.broken ? `  FAILED ${figures.bad}+${figures.broken}` : ''}`);
        stand.runs.push({ workload: workload.name, connections: count, peer: peer.name, ...figures });
        await settle(stand.cluster);
        if (workload.name.startsWith('insert')) await stand.cluster.query('truncate api.logs', DATABASE);
    }
}

async function measureCeilings(stand) {
    for (const script of ['bare', 'implicit', 'begin_commit']) for (const clients of options.quick ? [16] : [4, 16]) {
        const figures = await pgbench({ socketDir: stand.cluster.socketDir, dbname: DATABASE, databasePid: stand.cluster.pid, script: join(root, `tests/bench/pgbench_${script}.sql`), clients, seconds, claims: JSON.stringify(claimsOf(OWNER_ID)) });
        stand.ceilings.push({ script, clients, ...figures });
    }
}

/** The first seconds of a process are not its speed: caches, prepared statements, JIT. */
async function warmUp(stand) {
    for (const workload of workloads) for (const peer of peersOf(workload).flatMap((name) => stand.peers[name] ?? []))
        await wrk({ port: peer.port, pid: peer.pid, databasePid: stand.cluster.pid, requestFile: stand.fileOf(workload, peer), connections: 32, seconds: 1 });
}

/** For a profiler: prints how to load each server by hand, and waits for Ctrl-C. */
async function hold(stand) {
    for (const peer of Object.values(stand.peers)) say(`${peer.name}: pid ${peer.pid}, port ${peer.port}`);
    for (const workload of workloads) for (const peer of peersOf(workload).flatMap((name) => stand.peers[name] ?? []))
        say(`${workload.name} ${peer.name}: ${wrkArguments({ port: peer.port, requestFile: stand.fileOf(workload, peer), connections: connections.at(-1), seconds }).join(' ')}`);
    say(`database: psql -h ${stand.cluster.socketDir} -U postgres ${DATABASE}`);
    await new Promise(() => setInterval(() => {}, 1 << 30));
}

async function main() {
    const dir = mkdtempSync('/tmp/pt-');
    atExit(() => rmSync(dir, { recursive: true, force: true }));
    const cluster = await startDatabase({ migrated: names.includes('postern') });
    const stand = { cluster, peers: await startPeers(cluster, names), fileOf: requestFiles(dir), runs: [], ceilings: [] };
    await sleep(1000);
    const idle = new Map(Object.values(stand.peers).map((peer) => [peer.name, rssMb(peer.pid)]));
    await checkAnswers(cluster, stand.peers, workloads);
    say('answers: right, and equal from every server');
    if (options.hold) await hold(stand);
    if (!options.quick) await warmUp(stand);
    for (let round = 0; round < rounds; round++) {
        for (const workload of workloads) for (const count of connections) await measureWorkload(stand, workload, count, round);
        await measureCeilings(stand);
    }
    for (const peer of Object.values(stand.peers)) peer.rss = { idle: idle.get(peer.name), loaded: peakMb(peer.pid) };
    const version = (await cluster.query('show server_version', DATABASE))[0].server_version;
    const page = report({ ...stand, workloads, connections, rounds, seconds, version: `PostgreSQL ${version}` });
    process.stdout.write(page);
    if (options.out) writeFileSync(options.out, page);
    for (const peer of Object.values(stand.peers).reverse()) await peer.stop();
    await cluster.close();
}

await main();
