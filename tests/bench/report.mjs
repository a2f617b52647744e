// Figures of all rounds -> one markdown page: medians, ratios, goals.
import { cpus, release, totalmem } from 'node:os';
import { CLUSTER_SETTINGS } from './peers.mjs';

const RSS_IDLE_MB = 20;
const RSS_LOADED_MB = 40;
const GOAL_CONNECTIONS = 128;

const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** Map from keyOf(item) to its items, in order of first appearance. */
function groupBy(items, keyOf) {
    const groups = new Map();
    for (const item of items) {
        const key = keyOf(item);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(item);
    }
    return groups;
}

const FIELDS = ['rate', 'p50', 'p99', 'server', 'database'];

/** One figure of each kind from the rounds of one measurement; failures are added up. */
function summary(runs) {
    const figures = Object.fromEntries(FIELDS.map((field) => [field, median(runs.map((run) => run[field]))]));
    return { ...figures, failed: runs.reduce((sum, run) => sum + run.bad + run.broken, 0), least: Math.min(...runs.map((run) => run.rate)), most: Math.max(...runs.map((run) => run.rate)) };
}

/** runs: [{ workload, connections, peer, ...figures }] -> Map key "workload connections peer". */
function summaries(runs) {
    const groups = groupBy(runs, ({ workload, connections, peer }) => `${workload} ${connections} ${peer}`);
    return new Map([...groups].map(([key, group]) => [key, summary(group)]));
}

const whole = (value) => Math.round(value).toLocaleString('en');
const fixed = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '');

/** A markdown table; the first columns are text, the others numbers. */
function table(head, rows, texts) {
    const marks = head.map((_, i) => (i < texts ? '---' : '---:'));
    return [head, marks, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What a request costs in all: the ratio of two such figures does not depend on who else runs. */
const cpu = (figures) => figures.server + figures.database;

function loadTable(results, workloads, connections, peers) {
    const rows = [];
    for (const workload of workloads) for (const count of connections) {
        const base = results.get(`${workload.name} ${count} ${workload.goal?.over ?? 'postgrest'}`);
        for (const peer of Object.values(peers)) {
            const figures = results.get(`${workload.name} ${count} ${peer.name}`);
            if (!figures) continue;
            const ratio = base ? `${fixed(figures.rate / base.rate, 2)}x` : '';
            const cheaper = base ? `${fixed(cpu(base) / cpu(figures), 1)}x` : '';
            rows.push([workload.title, count, peer.title, whole(figures.rate), ratio, fixed(figures.p50, 2), fixed(figures.p99, 2), fixed(figures.server, 3), fixed(figures.database, 3), cheaper, `${whole(figures.least)}-${whole(figures.most)}`]);
        }
    }
    return table(['workload', 'connections', 'server', 'req/s', 'ratio', 'p50 ms', 'p99 ms', 'server CPU s/10k', 'PostgreSQL CPU s/10k', 'less CPU', 'rounds'], rows, 3);
}

/** [{ text, met }] */
function goals(results, workloads, connections, peers) {
    if (!peers.postern) return [];
    const list = [];
    const at = connections.includes(GOAL_CONNECTIONS) ? GOAL_CONNECTIONS : connections.at(-1);
    for (const { name, title, goal } of workloads.filter((workload) => workload.goal)) {
        const mine = results.get(`${name} ${at} postern`), other = results.get(`${name} ${at} ${goal.over}`);
        if (!mine || !other) continue;
        const ratio = mine.rate / other.rate;
        list.push({ met: ratio >= goal.ratio, text: `${title}, ${at} connections: ${fixed(ratio, 2)}x of ${peers[goal.over].title}, wanted ${goal.ratio}x` });
    }
    const { idle, loaded } = peers.postern.rss;
    list.push({ met: idle < RSS_IDLE_MB, text: `memory idle: ${fixed(idle, 1)} MB, wanted < ${RSS_IDLE_MB}` });
    list.push({ met: loaded < RSS_LOADED_MB, text: `memory at its peak: ${fixed(loaded, 1)} MB, wanted < ${RSS_LOADED_MB}` });
    return [...list, latencyGoal(results), failureGoal(results)];
}

function latencyGoal(results) {
    const worse = [...results].flatMap(([key, { p99 }]) => {
        const other = results.get(key.replace(/postern$/, 'postgrest'));
        return key.endsWith(' postern') && other && p99 > other.p99 ? [`${key.replace(/ postern$/, '')}: ${fixed(p99, 1)} against ${fixed(other.p99, 1)} ms`] : [];
    });
    return { met: worse.length === 0, text: `no p99 above PostgREST's${worse.length ? `, but ${worse.join('; ')}` : ''}` };
}

function failureGoal(results) {
    const failed = [...results].filter(([key, figures]) => key.endsWith(' postern') && figures.failed > 0);
    return { met: failed.length === 0, text: `no request failed${failed.map(([key, figures]) => `, but ${key}: ${figures.failed}`).join('')}` };
}

/** The ratios against PostgREST have fallen where these are below 1. */
function beforeTable(results, workloads, connections) {
    const rows = workloads.flatMap(({ name, title }) => connections.flatMap((count) => {
        const [now, then] = ['postern', 'before'].map((peer) => results.get(`${name} ${count} ${peer}`));
        return now && then ? [[title, count, `${fixed(now.rate / then.rate, 2)}x`, `${fixed(cpu(then) / cpu(now), 2)}x`, fixed(now.p99, 1), fixed(then.p99, 1)]] : [];
    }));
    return rows.length ? table(['against the build before', 'connections', 'req/s', 'less CPU', 'p99 ms', 'p99 ms before'], rows, 1) : '';
}

function ceilingTable(ceilings) {
    const groups = groupBy(ceilings, ({ script, clients }) => `${script} ${clients}`);
    const rows = [...groups.values()].map((runs) => [runs[0].script, runs[0].clients, whole(median(runs.map((run) => run.rate))), fixed(median(runs.map((run) => run.p50)), 2), fixed(median(runs.map((run) => run.database)), 3)]);
    return table(['pgbench -M prepared, 1 row', 'clients', 'transactions/s', 'mean ms', 'PostgreSQL CPU s/10k'], rows, 1);
}

/** The whole page. machine noise is told by the spread of the rounds, the last column. */
export function report({ runs, ceilings, workloads, connections, peers, rounds, seconds, version }) {
    const results = summaries(runs);
    const list = goals(results, workloads, connections, peers);
    const memory = Object.values(peers).map((peer) => [peer.title, fixed(peer.rss.idle, 1), fixed(peer.rss.loaded, 1)]);
    const settings = Object.entries(CLUSTER_SETTINGS).map(([name, value]) => `${name}=${value}`).join(' ');
    return [
        '# Figures',
        `${rounds} interleaved round(s) of ${seconds} s, medians. Everything on one machine: ${cpus().length} x ${cpus()[0].model.trim()}, ${whole(totalmem() / 2 ** 30)} GiB, Linux ${release()}, ${version} (${settings}) on a unix socket.`,
        'ratio: against PostgREST; for /api/stats against h2o. CPU: seconds per 10,000 requests; less CPU: the same ratio for server and PostgreSQL together, which a busy machine does not change. rounds: the slowest and the fastest round.',
        loadTable(results, workloads, connections, peers),
        beforeTable(results, workloads, connections),
        ceilings.length ? ceilingTable(ceilings) : '',
        table(['memory', 'idle MB', 'peak MB'], memory, 1),
        '## Goals',
        list.map(({ met, text }) => `- ${met ? 'PASS' : 'MISS'} ${text}`).join('\n'),
        '',
    ].filter((part) => part !== '').join('\n\n') + '\n';
}
