// What the suites of the curated routes stand on: the product's own route files and those of
// api_routes.mjs in one folder, and a server that reads it.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { root } from '../support/process.mjs';
import { fixture } from '../support/stand.mjs';
import { ROUTES, SQL } from './api_routes.mjs';

export const DB = 'app';

/** One request below /api: { status, body (JSON, or text), headers }. */
export function caller(url) {
    return async (path, { token, headers = {}, method = 'GET', body, raw } = {}) => {
        const reply = await fetch(`${url}/api/${path}`, {
            method, body: raw ?? (body && JSON.stringify(body)),
            headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }), ...headers },
        });
        const events = /event-stream/.test(reply.headers.get('content-type') ?? '');
        if (events) await reply.body?.cancel(); // it does not end
        const text = events ? '' : await reply.text();
        const json = /json/.test(reply.headers.get('content-type') ?? '') && text !== '';
        return { status: reply.status, body: json ? JSON.parse(text) : text, headers: reply.headers };
    };
}

/** env: more settings of the server. Returns { api, cluster, postern, folder, query(sql, values), ids(where, order), stop() }. */
export async function startApi(env = {}) {
    const folder = mkdtempSync('/tmp/pt-routes-');
    let cluster, postern;
    const stop = async () => {
        try {
            await postern?.stop();
        } finally {
            await cluster?.close();
            rmSync(folder, { recursive: true, force: true });
        }
    };
    try {
        cpSync(join(root, 'routes/api'), folder, { recursive: true });
        for (const [name, text] of Object.entries(ROUTES)) writeFileSync(join(folder, name), text);
        cluster = await startCluster();
        await migrate(await cluster.createDatabase(DB));
        cluster.psql(fixture('people.sql') + SQL, DB);
        postern = await startPostern({
            databaseUrl: cluster.url(DB, 'authenticator'),
            env: {
                POSTERN_MIGRATION_DATABASE_URL: cluster.url(DB), POSTERN_WORKERS: '1', POSTERN_ROUTES_DIR: folder,
                POSTERN_MATVIEW_REFRESH: '2s', POSTERN_DB_POOL_TIMEOUT: '4s', ...env,
            },
        });
    } catch (error) {
        await stop();
        throw error;
    }
    const query = (sql, values) => cluster.query(sql, DB, values);
    const ids = async (where, order) => (await query(`select id::int from primes where ${where} order by ${order}`)).map((row) => row.id);
    return { api: caller(postern.url), cluster, postern, folder, query, ids, stop };
}
