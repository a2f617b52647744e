// The servers that are compared, all on one cluster, each behind the same few words:
// { name, title, port, pid, root, stop() }. root is its prefix of the REST paths.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { startPostgrest } from '../support/postgrest.mjs';
import { atExit, freePort, root, start, until } from '../support/process.mjs';
import { SECRET } from '../support/tokens.mjs';

export const DATABASE = 'bench';
export const THREADS = 2; /* of Postern, of h2o, processes of Fastify */

/** What is not PostgreSQL's default: durable, as in production; memory for the whole table. */
export const CLUSTER_SETTINGS = {
    fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '512MB', max_wal_size: '4GB',
    max_connections: '120', wal_level: 'replica', jit: 'off',
};

/** A cluster with the product's migrations (when Postern takes part), the schema and statistics. */
export async function startDatabase({ migrated }) {
    const cluster = await startCluster({ settings: CLUSTER_SETTINGS });
    await cluster.createDatabase(DATABASE);
    if (migrated) await migrate(cluster.url(DATABASE));
    cluster.psql(readFileSync(join(root, 'tests/bench/schema.sql'), 'utf8'), DATABASE);
    cluster.psql('vacuum (analyze)', DATABASE);
    cluster.psql('checkpoint', DATABASE);
    return cluster;
}

const url = (cluster) => cluster.url(DATABASE, 'authenticator');

async function postern(cluster, _peers, bin) {
    const env = {
        POSTERN_WORKERS: String(THREADS), POSTERN_MIGRATION_DATABASE_URL: cluster.url(DATABASE), PGRST_DB_SCHEMAS: 'api',
        PGRST_DB_ANON_ROLE: 'anon', POSTERN_DB_MAX_CONNECTIONS: '20', POSTERN_LOG_LEVEL: 'warn', POSTERN_ACCESS_LOG: 'off',
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('POSTERN_'))),
    };
    const server = await startPostern({ databaseUrl: url(cluster), env, bin });
    return { title: bin ? 'Postern before' : 'Postern', root: '/rest/v1', port: server.port, pid: server.pid, stop: () => server.stop() };
}

async function postgrest(cluster) {
    const env = { PGRST_DB_SCHEMAS: 'api', PGRST_DB_POOL: '20', PGRST_DB_PREPARED_STATEMENTS: 'true', PGRST_JWT_CACHE_MAX_LIFETIME: '3600', PGRST_LOG_LEVEL: 'crit' };
    const server = await startPostgrest({ databaseUrl: url(cluster), env });
    return { title: 'PostgREST 12.0.2', root: '', port: server.port, pid: server.pid, stop: server.stop };
}

/** A program of this folder on a free port. */
async function program(title, file, args, { port, env = {} }) {
    const dir = mkdtempSync('/tmp/pt-');
    const child = start(file, args, { log: join(dir, 'log'), env: { PATH: process.env.PATH, ...env } });
    const end = () => {
        child.signal('SIGTERM');
        rmSync(dir, { recursive: true, force: true });
    };
    const forget = atExit(end);
    await until(() => {
        if (!child.running()) throw new Error(`${title} ended:\n${child.output()}`);
        return fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);
    }, () => `${title} does not answer:\n${child.output()}`);
    const stop = async () => {
        forget();
        end();
        await child.exited;
    };
    return { title, root: '/rest/v1', port, pid: child.pid, stop };
}

async function fastify(cluster) {
    const port = await freePort();
    const env = { PORT: String(port), DATABASE_URL: `postgresql://authenticator@/${DATABASE}?host=${encodeURIComponent(cluster.socketDir)}`, JWT_SECRET: SECRET, PROCESSES: String(THREADS), POOL: '10', NODE_ENV: 'production' };
    return program('Fastify 5 + pg', process.execPath, [join(root, 'tests/bench/fastify.mjs')], { port, env });
}

function buildH2o() {
    const dir = join(root, 'build/bench');
    const binary = join(dir, 'h2o_static');
    const libraries = execFileSync('pkg-config', ['--cflags', '--libs', 'libh2o', 'libuv', 'libcrypto'], { encoding: 'utf8' }).trim().split(/\s+/);
    mkdirSync(dir, { recursive: true });
    execFileSync(process.env.CC ?? 'cc', ['-O2', '-D_GNU_SOURCE', '-DH2O_USE_LIBUV=1', join(root, 'tests/bench/h2o_static.c'), '-o', binary, ...libraries, '-lpthread']);
    return binary;
}

/** h2o with the bytes that Postern answers to the same path. */
async function h2o(_cluster, peers) {
    const file = join(mkdtempSync('/tmp/pt-'), 'body');
    const like = await fetch(`http://127.0.0.1:${peers.postern.port}/api/stats`);
    if (like.status !== 200) throw new Error(`/api/stats answers ${like.status}`);
    writeFileSync(file, Buffer.from(await like.arrayBuffer()));
    const port = await freePort();
    const peer = await program('h2o from memory', buildH2o(), [port, THREADS, file, like.headers.get('content-type')].map(String), { port });
    rmSync(join(file, '..'), { recursive: true, force: true });
    return peer;
}

const BEFORE = process.env.POSTERN_BEFORE; /* an older build, on the same database */
const before = (cluster, peers) => postern(cluster, peers, BEFORE);

const STARTERS = { postern, ...(BEFORE && { before }), postgrest, fastify, h2o };
export const PEERS = Object.keys(STARTERS);

/** Starts the named peers in the order of PEERS; { name: peer }. */
export async function startPeers(cluster, names) {
    const peers = {};
    for (const name of PEERS.filter((known) => names.includes(known)))
        peers[name] = { name, ...(await STARTERS[name](cluster, peers)) };
    return peers;
}
