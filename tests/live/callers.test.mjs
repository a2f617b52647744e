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

let stand;
before(async () => {
    stand = await startStand();
    stand.cluster.psql(FIXTURE, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    await closeAll();
    await stand?.stop();
});

/** The ids that a SELECT shows the person; null: it fails. */
async function shown(person, table) {
    const client = await stand.cluster.client(stand.db);
    try {
        await client.query('begin');
        await client.query("select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub: person, role: 'authenticated' })]);
        return (await client.query(`select id from ${table} order by id`)).rows.map(({ id }) => id);
    } catch {
        return null;
    } finally {
        await client.end();
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
