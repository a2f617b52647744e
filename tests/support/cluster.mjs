// A throw-away PostgreSQL: its own cluster on a unix socket, gone when the test ends.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { copyBlank } from './blank.mjs';
import { atExit, isRoot, run, sleep, start, until } from './process.mjs';

/** The newest installed PostgreSQL's programs. */
export function binaries() {
    const base = '/usr/lib/postgresql';
    const newest = readdirSync(base).filter((name) => /^\d+$/.test(name)).sort((a, b) => b - a)[0];
    return process.env.POSTERN_TEST_PG_BIN ?? join(base, newest, 'bin');
}

const DEFAULTS = {
    listen_addresses: '', fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off',
    wal_level: 'logical', max_connections: '100', shared_buffers: '64MB', log_statement: 'none',
    log_min_messages: 'warning', timezone: 'UTC',
};

/**
 * Makes and starts a cluster; every local user may connect as every role.
 * settings: postgresql.conf values over the defaults above.
 * Returns { socketDir, pid (getter), url(dbname, user), client(dbname, user), psql(sql, dbname),
 * query(sql, dbname) -> rows, createDatabase(name, template), start(), stop(mode),
 * restart(mode), kill(), standby(), promote(), log(), close() }.
 * mode: 'smart' | 'fast' | 'immediate', as pg_ctl names them.
 */
export async function startCluster({ settings = {} } = {}) {
    const bin = binaries();
    return make({ bin, settings }, (data) => copyBlank(bin, data));
}

/** fill(data) puts the files of a cluster there, or throws. */
async function make({ bin, settings }, fill) {
    const dir = mkdtempSync('/tmp/pt-');
    const data = join(dir, 'data');
    if (isRoot) execFileSync('chown', ['postgres', dir]);
    fill(data);
    const options = { ...DEFAULTS, ...settings, unix_socket_directories: dir };
    const args = ['-D', data, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const cluster = new Cluster({ bin, dir, data, args, settings });
    cluster.forget = atExit(() => cluster.closeNow());
    await cluster.start();
    return cluster;
}

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' };

class Cluster {
    constructor(parts) {
        Object.assign(this, parts);
        this.socketDir = parts.dir;
        this.logFile = join(parts.dir, 'log');
    }

    get pid() { return this.postmaster?.running() ? this.postmaster.pid : null; }
    url(dbname = 'postgres', user = 'postgres') { return `postgresql://${user}@/${dbname}?host=${this.socketDir}`; }
    log() { return readFileSync(this.logFile, 'utf8'); }

    async start() {
        if (this.pid) return;
        this.postmaster = start(join(this.bin, 'postgres'), this.args, { user: 'postgres', log: this.logFile, cwd: '/', deathSignal: 'QUIT' });
        await until(() => this.answers(), () => `PostgreSQL did not start:\n${this.log()}`, 30000);
    }

    async answers() {
        if (!this.postmaster.running()) throw new Error(`PostgreSQL ended:\n${this.log()}`);
        const client = new pg.Client({ host: this.socketDir, user: 'postgres', database: 'postgres' });
        client.on('error', () => {});
        try {
            await client.connect();
            await client.query('select 1');
            return true;
        } catch {
            return false;
        } finally {
            await client.end().catch(() => {});
        }
    }

    /** Stops it and waits for the end. */
    async stop(mode = 'fast') {
        if (!this.pid) return;
        this.postmaster.signal(SIGNALS[mode]);
        await this.postmaster.exited;
    }

    async restart(mode = 'fast') {
        await this.stop(mode);
        await this.start();
    }

    /** As a crash: SIGKILL to the postmaster. Its children notice and end by themselves. */
    async kill() {
        this.postmaster.signal('SIGKILL');
        await this.postmaster.exited;
        await sleep(300);
    }

    /** Another cluster that follows this one by streaming replication, and answers reads. */
    standby() {
        return make(this, (data) => run(join(this.bin, 'pg_basebackup'), ['-D', data, '-h', this.socketDir, '-U', 'postgres', '-R', '-X', 'stream', '-c', 'fast', '--no-sync'], { user: 'postgres' }));
    }

    /** A standby becomes the primary. */
    async promote() {
        await this.query('select pg_promote()');
    }

    /** A connected client of the npm package pg. The caller ends it. */
    async client(dbname = 'postgres', user = 'postgres') {
        const client = new pg.Client({ host: this.socketDir, user, database: dbname });
        client.on('error', () => {}); /* a backend that a test ends is no reason to end the test */
        await client.connect();
        return client;
    }

    /** Runs SQL by psql, as a person would; returns what it prints (-qAt). */
    psql(sql, dbname = 'postgres', user = 'postgres') {
        return run(join(this.bin, 'psql'), ['-X', '-qAt', '-v', 'ON_ERROR_STOP=1', '-h', this.socketDir, '-U', user, '-d', dbname, '-f', '-'], { input: sql }).trimEnd();
    }

    /** Runs one statement and returns its rows as objects. */
    async query(sql, dbname = 'postgres', values = []) {
        const client = await this.client(dbname);
        try {
            return (await client.query(sql, values)).rows;
        } finally {
            await client.end();
        }
    }

    async createDatabase(name, template = 'template1') {
        await this.query(`create database "${name}" template "${template}"`);
        return this.url(name);
    }

    /** Ends it and removes its files. */
    async close() {
        await this.stop('immediate');
        this.forget();
        rmSync(this.dir, { recursive: true, force: true });
    }

    closeNow() {
        this.postmaster?.signal('SIGQUIT');
        rmSync(this.dir, { recursive: true, force: true });
    }
}
