// What the suites of the language stand on: a cluster, a database with a fixture of their own, and
// Postern before it with PostgREST's settings and the whole path for itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster } from '../support/cluster.mjs';
import { startPooler } from '../support/pooler.mjs';
import { startPostern } from '../support/postern.mjs';
import { root } from '../support/process.mjs';
import { SECRET } from '../support/tokens.mjs';

const ROLES = `
create role web_anon nologin; create role web_user nologin;
create role gateway login noinherit; grant web_anon, web_user to gateway;
`;

const SETTINGS = {
    POSTERN_REST_PATH: '/', PGRST_DB_SCHEMAS: 'api', PGRST_DB_ANON_ROLE: 'web_anon', PGRST_JWT_SECRET: SECRET, POSTERN_JWT_SECRET: '',
    POSTERN_WORKERS: '1',
};

/**
 * fixture: a file of this folder, run as the superuser after the roles web_anon, web_user and gateway
 * (which the server connects as) are made. env: settings over the above; undefined removes one.
 * Returns { url, cluster, postern, ask(path, { method, headers, body }), query(sql), more(env), stop() }.
 * ask answers { status, headers (a Headers), text, json }; a body that is no text is sent as JSON.
 * more(env) starts another server on the same database, and returns the same; its own stop() ends it early.
 * With STAND_POOLER=n in the environment PgBouncer stands between the servers and n backends.
 */
export async function startLanguage({ fixture, env = {} }) {
    const cluster = await startCluster();
    try {
        await cluster.createDatabase('app');
        cluster.psql(ROLES + readFileSync(join(root, 'tests/language', fixture), 'utf8'), 'app');
        const size = Number(process.env.STAND_POOLER ?? 0);
        const pooler = size > 0 ? await startPooler(cluster, 'app', 'gateway', size) : undefined;
        const first = await serve(cluster, pooler, env);
        const others = [];
        return {
            ...first, cluster,
            query: (sql, values) => cluster.query(sql, 'app', values),
            async more(settings) {
                const other = await serve(cluster, pooler, { ...env, ...settings });
                others.push(other);
                other.stop = () => {
                    others.splice(others.indexOf(other), 1);
                    return other.postern.stop();
                };
                return other;
            },
            async stop() {
                try {
                    for (const server of [...others, first]) await server.postern.stop();
                } finally {
                    await pooler?.stop();
                    await cluster.close();
                }
            },
        };
    } catch (error) {
        await cluster.close();
        throw error;
    }
}

async function serve(cluster, pooler, env) {
    const direct = cluster.url('app', 'gateway');
    const settings = { ...SETTINGS, ...(pooler ? { POSTERN_MIGRATION_DATABASE_URL: direct } : {}), ...env };
    for (const name of Object.keys(settings)) if (settings[name] === undefined) delete settings[name];
    const postern = await startPostern({ databaseUrl: pooler?.url ?? direct, env: settings });
    return { url: postern.url, postern, ask: (path, options) => ask(postern.url + path, options) };
}

async function ask(url, { method = 'GET', headers = {}, body } = {}) {
    const text = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const all = text ? headers : { 'Content-Type': 'application/json', ...headers };
    const reply = await fetch(url, { method, headers: all, body: text ? body : JSON.stringify(body), redirect: 'manual' });
    const answer = await reply.text();
    return { status: reply.status, headers: reply.headers, text: answer, json: parse(answer) };
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
