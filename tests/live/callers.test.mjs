// Policies that read nothing of the caller but auth.uid() are asked about for many callers at once:
// everybody hears what a SELECT would show them, however the policy says it, and one for whom it
// fails disturbs nobody.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { mintUser } from '../support/tokens.mjs';
import { closeAll, connect, listen, settle } from './clients.mjs';

const PEOPLE = Array.from({ length: 6 }, (_, i) => `aaaaaaaa-0000-4000-8000-${String(i).padStart(12, '0')}`);
const TROUBLE = PEOPLE[3];
const POLICIES = {
    bare: 'uid = auth.uid()',
    wrapped: 'uid = (select auth.uid())',
    named: 'uid = (select auth.uid() as me)',
    others: 'uid is distinct from auth.uid()',
    signed: 'auth.uid() is not null',
    quoted: "note <> 'auth.uid()' and (uid = auth.uid() or ordinal = 3)",
    raising: `uid = auth.uid() and 1 / (case when auth.uid() = '${TROUBLE}' then 0 else 1 end) = 1`,
};
const TABLES = Object.keys(POLICIES);
const FIXTURE = TABLES.map((name) => `
create table ${name} (id int primary key, uid uuid, ordinal int, note text);
alter table ${name} replica identity full;
alter table ${name} enable row level security;
create policy rows on ${name} for select to authenticated using (${POLICIES[name]});
grant select on ${name} to authenticated;
alter publication supabase_realtime add table ${name};
`).join('');

let stand, asker;
before(async () => {
    stand = await startStand();
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
    asker = await stand.cluster.client(stand.db);
});
after(async () => {
    await closeAll();
    await asker?.end();
    await stand?.stop();
});

/** The ids that a SELECT shows the person; null: it fails. */
async function shown(person, table) {
    await asker.query('begin');
    try {
        await asker.query("select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub: person, role: 'authenticated' })]);
        return (await asker.query(`select id from ${table} order by id`)).rows.map(({ id }) => id);
    } catch {
        return null;
    } finally {
        await asker.query('rollback');
    }
}

test('everybody hears what a SELECT shows them', async () => {
    const channels = await Promise.all(PEOPLE.map(async (person, i) => {
        const client = await connect(stand, await mintUser(person, `p${i}@example.org`));
        return Promise.all(TABLES.map((table) => listen(client, `${table}-${i}`, { event: 'INSERT', table })));
    }));
    const stranger = await connect(stand, await mintUser('alice', 'alice@example.org'));
    const failing = await listen(stranger, 'stranger', { event: 'INSERT', table: 'wrapped' });
    for (const table of TABLES) await stand.query(`insert into ${table} select i, uid::uuid, i, 'note' from unnest($1::text[]) with ordinality as p (uid, i)`, [PEOPLE]);
    await settle(stand);
    for (const [i, person] of PEOPLE.entries()) for (const [at, table] of TABLES.entries()) {
        const want = await shown(person, table), heard = channels[i][at].heard.map((change) => change.new.id);
        assert.deepEqual(heard, want ?? [], `${table}, person ${i}`);
        if (want === null) await until(() => channels[i][at].systems.some(({ message }) => /division by zero/.test(message)), 'the reason');
        else assert.deepEqual(channels[i][at].systems, [], `${table}, person ${i}`);
    }
    await until(() => failing.systems.some(({ message }) => /uuid/.test(message)), 'the reason');
    assert.equal(await shown(TROUBLE, 'raising'), null);
});

/* ---- whom a row rules out is not asked about (server/live/owners.h) ---- */

const ATOMS = [
    'uid = auth.uid()', '(select auth.uid()) = uid', 'other = auth.uid()', 'other = (select auth.uid())',
    "note = 'a'", 'note is null', 'auth.uid() is not null', 'uid is distinct from auth.uid()', 'coalesce(other, uid) = auth.uid()',
];
const SEED = 20;

/** Numbers below one, the same ones each time. */
function randomOf(seed) {
    let state = seed;
    return () => { state = (state * 1103515245 + 12345) % 2147483648; return state / 2147483648; };
}

function policyOf(random, depth = 3) {
    const one = () => policyOf(random, depth - 1);
    if (depth === 0 || random() < 0.3) return ATOMS[Math.floor(random() * ATOMS.length)];
    return random() < 0.1 ? `not (${one()})` : `(${one()}) ${random() < 0.55 ? 'and' : 'or'} (${one()})`;
}

/** Two tables with the same policies; those of the second are written so that they tell no owner. */
function twins(random, i) {
    const policies = ['permissive', ...(random() < 0.4 ? ['permissive'] : []), ...(random() < 0.4 ? ['restrictive'] : [])].map((kind) => [kind, policyOf(random)]);
    return [[`plain_${i}`, (policy) => policy], [`twin_${i}`, (policy) => `(${policy}) is true`]].map(([name, say]) => `
create table ${name} (id int primary key, uid uuid, other uuid, note text);
alter table ${name} replica identity full;
alter table ${name} enable row level security;
${policies.map(([kind, policy], at) => `create policy p${at} on ${name} as ${kind} for select to authenticated using (${say(policy)});`).join('\n')}
grant select on ${name} to authenticated;
alter publication supabase_realtime add table ${name};`).join('');
}

const PAIRS = 16;

test('whoever a row may be shown to hears of it, whatever the policies say of owners', async () => {
    const random = randomOf(SEED), tables = Array.from({ length: PAIRS }, (_, i) => [`plain_${i}`, `twin_${i}`]).flat();
    const fixture = Array.from({ length: PAIRS }, (_, i) => twins(random, i)).join('');
    stand.cluster.psql(fixture, stand.db);
    const [a, b, c] = PEOPLE, uids = [a, b, c, null];
    const rows = uids.flatMap((uid) => uids.map((other) => [uid, other, ['a', 'b', null][Math.floor(random() * 3)]]));
    const channels = await Promise.all([a, b, c].map(async (person, i) => listen(await connect(stand, await mintUser(person, `p${i}@example.org`)), `owners-${i}`, ...tables.map((table) => ({ event: '*', table })))));
    for (const table of tables) await stand.query(`insert into ${table} select ordinality, uid, other, note from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as r (uid, other, note)`, [0, 1, 2].map((at) => rows.map((row) => row[at])));
    await settle(stand);
    const of = (channel, table) => channel.heard.filter((change) => change.table === table);
    for (const [i, channel] of channels.entries()) for (const table of tables)
        assert.deepEqual(of(channel, table).map((change) => change.new.id), await shown(PEOPLE[i], table), `${table}, person ${i}: ${fixture}`);
    for (const table of tables) await stand.query(`update ${table} set uid = other, other = uid; delete from ${table}`);
    await settle(stand);
    const told = (channel, table) => of(channel, table).map(({ eventType, new: row, old }) => ({ eventType, row, old }));
    for (const [i, channel] of channels.entries()) {
        for (let pair = 0; pair < PAIRS; pair++) assert.deepEqual(told(channel, `plain_${pair}`), told(channel, `twin_${pair}`), `pair ${pair}, person ${i}: ${fixture}`);
        assert.deepEqual(channel.systems, []);
    }
});

test('who may see the row before an update, and who the one after it', async () => {
    const [a, b] = await Promise.all([0, 1].map(async (i) => listen(await connect(stand, await mintUser(PEOPLE[i], `p${i}@example.org`)), `moves-${i}`, { event: '*', table: 'wrapped' })));
    await stand.query(`insert into wrapped values (100, '${PEOPLE[0]}'), (101, '${PEOPLE[1]}')`);
    await stand.query(`update wrapped set uid = '${PEOPLE[1]}' where id = 100`);
    await stand.query('delete from wrapped where id >= 100');
    await settle(stand);
    const told = (channel) => channel.heard.map(({ eventType, new: row, old }) => [eventType, row.id ?? old.id, old.uid ?? null]);
    assert.deepEqual(told(a), [['INSERT', 100, null]]);
    assert.deepEqual(told(b), [['INSERT', 101, null], ['UPDATE', 100, null], ['DELETE', 100, PEOPLE[1]], ['DELETE', 101, PEOPLE[1]]]);
});
