// The channels that the dashboard's pages open (frontend contract, section 1.3), as they open them,
// with the newest supabase-js and 2.45 side by side on one server: the product's own tables under
// their own policies. A signed-in user hears every change, in order; who is not signed in, nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient as createNew } from '@supabase/supabase-js';
import { createClient as createOld } from 'supabase-js-2-45';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, userA } from '../support/tokens.mjs';

// Channel, event, table; what a page's visitor would see: a row, a change of it, its end.
const CHANNELS = [
    ['agent_tasks_changes', '*', 'agent_tasks', "insert into agent_tasks (id, title) values (9001, 'look')", "update agent_tasks set status = 'in_progress' where id = 9001", 'delete from agent_tasks where id = 9001'],
    ['agent_events_changes_all', 'INSERT', 'agent_events', "insert into agent_events (id, event_type, summary) values (9001, 'message', 'said')"],
    ['agent_templates_changes', '*', 'agent_templates', "insert into agent_templates (id, name, steps) values (9001, 'contract: recipe', '[{\"title\": \"one\"}]')", "update agent_templates set description = 'd' where id = 9001", 'delete from agent_templates where id = 9001'],
    ['agent_roles_changes', '*', 'agent_roles', "insert into agent_roles (id, name, default_max_cost_usd) values (9001, 'contract: cook', 1.50)", "update agent_roles set description = 'd' where id = 9001", 'delete from agent_roles where id = 9001'],
    ['agent_memory_changes', '*', 'agent_memory', "insert into agent_memory (id, key, value) values (9001, 'contract: k', 'v')", "update agent_memory set value = 'w' where id = 9001", 'delete from agent_memory where id = 9001'],
    ['agent_schedules_changes', '*', 'agent_schedules', "insert into agent_schedules (id, name, trigger_type, event_filter, task_title) values (9001, 'contract: nightly', 'event', 'found', 'run')", "update agent_schedules set enabled = false where id = 9001", 'delete from agent_schedules where id = 9001'],
    ['strategy_decisions_changes', '*', 'strategy_decisions', "insert into strategy_decisions (id, decision_type, summary) values (9001, 'no_action', 'wait')", "update strategy_decisions set reasoning = 'r' where id = 9001", 'delete from strategy_decisions where id = 9001'],
    ['primes-inserts', 'INSERT', 'primes', "insert into primes (id, form, expression, digits, search_params, proof_method) values (9001, 'kbn', '3*2^5+1', 2, '{}', 'deterministic')"],
];

let stand;
const clients = [];
before(async () => {
    stand = await startStand({ env: { POSTERN_WORKERS: '2' } });
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    for (const client of clients) await client.realtime.disconnect();
    await stand?.stop();
});

/** A page: one client with all of the channels, each as the page's hook makes it. */
async function open(create, token) {
    const client = create(stand.url, anonKey, {
        ...(create === createNew && { realtime: { transport: WebSocket }, accessToken: async () => token }),
        auth: { persistSession: false, autoRefreshToken: false },
    });
    await client.realtime.setAuth(create === createOld ? token : null);
    clients.push(client);
    const page = { client, heard: new Map(), channels: [] };
    for (const [name, event, table] of CHANNELS) {
        page.heard.set(name, []);
        const channel = client.channel(name).on('postgres_changes', { event, schema: 'public', table }, (change) => page.heard.get(name).push(change));
        page.channels.push(channel.subscribe());
    }
    await until(() => page.channels.every(({ state }) => state === 'joined'), () => page.channels.map(({ topic, state }) => `${topic} ${state}`).join(), 30000);
    return page;
}

test('every page of both versions hears its tables; a visitor who is not signed in hears nothing', async () => {
    const [fresh, old, visitor] = await Promise.all([open(createNew, userA.token), open(createOld, userA.token), open(createNew, anonKey)]);
    for (const [, , , ...statements] of CHANNELS) for (const statement of statements) await stand.query(statement);
    const kinds = ['INSERT', 'UPDATE', 'DELETE'];
    for (const [name, event, table, ...statements] of CHANNELS) {
        const expected = event === '*' ? kinds.slice(0, statements.length) : [event];
        const [row] = event === 'INSERT' ? await stand.query(`select to_jsonb(t) as row from ${table} t where id = 9001`) : [];
        for (const page of [fresh, old]) {
            const heard = page.heard.get(name);
            await until(() => heard.length >= expected.length, () => `${name}: ${JSON.stringify(heard)}`);
            assert.deepEqual(heard.map(({ eventType }) => eventType), expected, name);
            assert.deepEqual([heard[0].schema, heard[0].table, heard[0].errors, heard[0].new.id], ['public', table, null, 9001], name);
            if (expected.length === 3) assert.deepEqual(heard[2].old, { id: 9001 }, name);
            if (row) assert.deepEqual(heard[0].new, row.row, name);
        }
    }
    assert.deepEqual([...visitor.heard.values()].flat(), []);
    for (const page of [fresh, old]) await page.client.removeAllChannels();
});
