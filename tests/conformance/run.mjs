// Sends the frontend's requests and several hundred more to PostgREST 12.0.2 and to Postern, each
// on its own copy of one database, and compares status, headers, body and what was written.
// CONFORMANCE_PEER=postgrest compares PostgREST with itself: what differs then is the test's fault.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { startPostgrest } from '../support/postgrest.mjs';
import { root } from '../support/process.mjs';
import { fixture } from '../support/stand.mjs';
import { anonKey, serviceKey, userA, userB } from '../support/tokens.mjs';
import { differences, sameState } from './compare.mjs';
import { contract } from './contract.mjs';
import { known } from './differences.mjs';
import { chances } from './random.mjs';
import { requests } from './requests.mjs';
import { Side } from './side.mjs';
import { worldly } from './world.mjs';

const TOKENS = { anon: anonKey, user: userA.token, other: userB.token, service: serviceKey };
const SCHEMAS = 'public,other';
const itself = process.env.CONFORMANCE_PEER === 'postgrest';
const verbose = process.argv.includes('-v');
const only = process.argv.slice(2).find((word) => !word.startsWith('-'));

/** The database with the product's tables, the people and the odd things; then a second copy. */
async function makeDatabases(cluster) {
    await cluster.createDatabase('left_db');
    await migrate(cluster.url('left_db'));
    cluster.psql(fixture('people.sql'), 'left_db');
    for (const file of ['fixture.sql', 'world.sql']) cluster.psql(readFileSync(join(root, 'tests/conformance', file), 'utf8'), 'left_db');
    cluster.psql('select kept.keep(); analyze', 'left_db');
    await cluster.createDatabase('right_db', 'left_db');
}

async function startSides(cluster) {
    const env = { PGRST_DB_SCHEMAS: SCHEMAS, PGRST_DB_POOL: '2' };
    const peer = (db) => startPostgrest({ databaseUrl: cluster.url(db, 'authenticator'), env });
    const left = await peer('left_db');
    const right = itself ? await peer('right_db') : await startPostern({
        databaseUrl: cluster.url('right_db', 'authenticator'),
        env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url('right_db'), POSTERN_DB_SCHEMAS: SCHEMAS, POSTERN_REQUIRE_FILTER: 'false' },
    });
    return {
        left: new Side({ name: 'PostgREST', url: left.url, client: await cluster.client('left_db') }),
        right: new Side({ name: 'Postern', url: right.url, client: await cluster.client('right_db'), prefix: itself ? '' : '/rest/v1' }),
        stop: async () => { await left.stop(); await right.stop(); },
    };
}

function describe({ as, method = 'GET', path, headers, body }) {
    const extra = Object.entries(headers ?? {}).map(([name, value]) => ` [${name}: ${value}]`).join('');
    return `${as} ${method} ${path}${extra}${body === undefined ? '' : ` ${body.slice(0, 200)}`}`;
}

/** What of the differences no entry of the list explains. */
function unexplained(one, found, left, right) {
    for (const entry of known) {
        if (found.length === 0) break;
        if (!entry.when({ one, found, left, right })) continue;
        const rest = found.filter(({ part }) => !entry.parts.includes(part));
        if (rest.length < found.length) entry.met = (entry.met ?? 0) + 1;
        found = rest;
    }
    return found;
}

async function runOne(one, { left, right }) {
    const request = { ...one, headers: { ...one.headers, authorization: `Bearer ${TOKENS[one.as]}` } };
    const [a, b] = await Promise.all([left.ask(request), right.ask(request)]);
    const found = differences(a, b);
    if (one.writes) {
        const [x, y] = await Promise.all([left.state(one.writes), right.state(one.writes)]);
        if (!sameState(x, y)) found.push({ part: 'rows left behind', left: x, right: y });
        await Promise.all([left.putBack(one.writes), right.putBack(one.writes)]);
    }
    return unexplained(one, found, a, b);
}

async function main() {
    const cluster = await startCluster();
    let passed = 0, failed = 0, sides;
    try {
        await makeDatabases(cluster);
        sides = await startSides(cluster);
        for (const one of [...contract, ...requests, ...chances, ...worldly]) {
            if (only && !one.group.includes(only)) continue;
            const found = await runOne(one, sides);
            if (found.length === 0) {
                passed++;
                if (verbose) console.log(`ok ${one.group}: ${describe(one)}`);
                continue;
            }
            failed++;
            console.log(`not ok ${one.group}: ${describe(one)}`);
            for (const { part, left, right } of found) console.log(`    ${part}: PostgREST ${JSON.stringify(left)}\n${' '.repeat(part.length + 4)}  ${sides.right.name}   ${JSON.stringify(right)}`);
        }
    } finally {
        await sides?.left.close();
        await sides?.right.close();
        try { await sides?.stop(); } finally { await cluster.close(); }
    }
    if (!itself && !only)
        for (const { reason, met } of known) {
            if (met) continue;
            failed++;
            console.log(`not ok differences.mjs: no case meets "${reason}"`);
        }
    for (const { reason, met } of known) if (met) console.log(`known difference in ${met} cases: ${reason}`);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
}

await main();
