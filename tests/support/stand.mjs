// What most suites stand on: a cluster, a database with the product's own migrations and the
// tests' people and rows in it, and the server before it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster } from './cluster.mjs';
import { startPooler } from './pooler.mjs';
import { migrate, startPostern } from './postern.mjs';
import { root } from './process.mjs';

export const fixture = (name) => readFileSync(join(root, 'tests/support', name), 'utf8');

/**
 * settings: PostgreSQL's; env: Postern's; fixtures: files of tests/support that run after the
 * migrations; sql: what is to be there, too, before the server starts. With STAND_POOLER=n in the environment PgBouncer stands between the server and n
 * backends. Returns { cluster, postern, url, db, query(sql, values), stop() }.
 */
export async function startStand({ settings, env = {}, fixtures = ['people.sql'], sql = '' } = {}) {
    const cluster = await startCluster({ settings });
    const db = 'app';
    let postern, pooler;
    try {
        await cluster.createDatabase(db);
        await migrate(cluster.url(db));
        for (const name of fixtures) cluster.psql(fixture(name), db);
        if (sql) cluster.psql(sql, db);
        const size = Number(process.env.STAND_POOLER ?? 0);
        if (size > 0) pooler = await startPooler(cluster, db, 'authenticator', size);
        postern = await startPostern({ databaseUrl: pooler?.url ?? cluster.url(db, 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url(db), ...env } });
    } catch (error) {
        await pooler?.stop();
        await cluster.close();
        throw error;
    }
    return {
        cluster, postern, db, url: postern.url,
        query: (sql, values) => cluster.query(sql, db, values),
        async stop() {
            try {
                await postern.stop();
            } finally {
                await pooler?.stop();
                await cluster.close();
            }
        },
    };
}
