// How long a large database takes to load, what that costs in memory, and what requests notice of
// it: 10,000 tables, 50,000 columns, 20,000 foreign keys. Exits with 1 when a limit is broken; on a
// busy machine that says little.
import { peakMb, rssMb } from './measure.mjs';
import { startCluster } from '../support/cluster.mjs';
import { startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';

const TABLES = 10000;
const BATCH = 250; /* one transaction; PostgreSQL remembers a lock for each table of it */
const RELOADS = 5;
const ASK_EVERY_MS = 2;
const LIMITS = { load_ms: 2000, memory_mb: 200, p99_ms: 50 };
const say = (text) => process.stderr.write(`${text}\n`);

/** Every table refers to two others, one near and one far. */
const batch = (first) => `
do $$
begin
    for i in ${first}..${first + BATCH - 1} loop
        execute format('create table api.table_%s (id int primary key, name text not null default %L,'
            ' near int, far int, created_at timestamptz)', i, 'x');
    end loop;
end $$`;
const links = (first) => `
do $$
begin
    for i in ${first}..${first + BATCH - 1} loop
        execute format('alter table api.table_%s add foreign key (near) references api.table_%s,'
            ' add foreign key (far) references api.table_%s', i, (i + 1) % ${TABLES}, (i + 4999) % ${TABLES});
    end loop;
end $$`;

async function fill(cluster) {
    await cluster.createDatabase('big');
    await cluster.query('create schema api', 'big');
    for (const make of [batch, links])
        for (let first = 0; first < TABLES; first += BATCH) await cluster.query(make(first), 'big');
    await cluster.query('vacuum analyze', 'big');
    const [counted] = await cluster.query(`
        select (select count(*) from pg_class where relnamespace = 'api'::regnamespace and relkind = 'r')::int as tables,
            (select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid
                where c.relnamespace = 'api'::regnamespace and c.relkind = 'r' and a.attnum > 0)::int as columns,
            (select count(*) from pg_constraint where contype = 'f')::int as links`, 'big');
    say(`${counted.tables} tables, ${counted.columns} columns, ${counted.links} foreign keys`);
}

const loads = (postern) => [...postern.logs().matchAll(/schema loaded.*?\bms=(\d+)/g)].map((match) => Number(match[1]));

const at = (times, share) => times.sort((a, b) => a - b)[Math.floor((times.length - 1) * share)];
const inWords = (times) => `p50 ${at(times, 0.5).toFixed(1)}, p99 ${at(times, 0.99).toFixed(1)}, slowest ${at(times, 1).toFixed(1)} ms of ${times.length} requests`;

/** Asks for one row after the other until told to stop; how long each took in ms. */
function askAll(postern) {
    const asked = { stopped: false, times: [] };
    asked.done = (async () => {
        while (!asked.stopped) {
            const began = performance.now();
            const reply = await fetch(`${postern.url}/table_7?select=id,table_8(id)&limit=1`);
            if (reply.status !== 200) throw new Error(`${reply.status} ${await reply.text()}`);
            await reply.arrayBuffer();
            asked.times.push(performance.now() - began);
            await sleep(ASK_EVERY_MS);
        }
    })();
    return asked;
}

async function stopAsking(asked) {
    asked.stopped = true;
    await asked.done;
    return asked.times;
}

async function measure(cluster) {
    const postern = await startPostern({
        databaseUrl: cluster.url('big'),
        env: { POSTERN_REST_PATH: '/', PGRST_DB_SCHEMAS: 'api', PGRST_DB_ANON_ROLE: 'postgres', POSTERN_WORKERS: '2' },
    });
    await until(() => loads(postern).length > 0, () => `no schema:\n${postern.logs()}`, 60000);
    const idle = rssMb(postern.pid);
    const alone = askAll(postern);
    await sleep(2000);
    const calm = await stopAsking(alone);

    const asked = askAll(postern);
    for (let i = 1; i <= RELOADS; i++) {
        const before = loads(postern).length;
        await cluster.query('notify pgrst', 'big');
        await until(() => loads(postern).length > before, () => 'no reload', 60000);
    }
    const times = await stopAsking(asked);
    const figures = { load_ms: Math.min(...loads(postern)), memory_mb: peakMb(postern.pid), p99_ms: at(times, 0.99) };
    console.log(`load       ${loads(postern).join(' ')} ms`);
    console.log(`memory     ${idle.toFixed(0)} MB, at its peak ${figures.memory_mb.toFixed(0)} MB`);
    console.log(`requests   ${inWords(calm)}`);
    console.log(`  loading  ${inWords(times)}`);
    await postern.stop();
    return figures;
}

const cluster = await startCluster({ settings: { shared_buffers: '128MB' } });
try {
    await fill(cluster);
    for (const [name, figure] of Object.entries(await measure(cluster))) {
        const holds = figure <= LIMITS[name];
        console.log(`${holds ? 'PASS' : 'MISS'} ${name} ${figure.toFixed(1)} of at most ${LIMITS[name]}`);
        if (!holds) process.exitCode = 1;
    }
} finally {
    await cluster.close();
}
