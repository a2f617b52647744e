// Real clients for the suites: connected to a stand, their channels collecting what they hear.
import { createClient } from '@supabase/supabase-js';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { anonKey, serviceKey } from '../support/tokens.mjs';

const clients = [];

/** A client signed in with the token, or with what a function gives at the time. */
export async function connect({ url }, token = anonKey) {
    const client = createClient(url, anonKey, {
        realtime: { transport: WebSocket },
        auth: { persistSession: false, autoRefreshToken: false },
        accessToken: typeof token === 'function' ? token : async () => token,
    });
    await client.realtime.setAuth();
    clients.push(client);
    return client;
}

export async function closeAll() {
    for (const client of clients.splice(0)) await client.realtime.disconnect();
}

/** Joins; resolves when SUBSCRIBED for the first time. Statuses are kept in .statuses. */
export const subscribe = (channel) => new Promise((done, fail) => {
    channel.statuses = [];
    channel.subscribe((status, error) => {
        channel.statuses.push(status);
        if (status === 'SUBSCRIBED') done(channel);
        else if (channel.statuses.length === 1) fail(error ?? new Error(status));
    });
});

/** A channel whose changes are kept in .heard and system messages that are errors in .systems. */
export async function listen(client, name, ...bindings) {
    const channel = client.channel(name);
    Object.assign(channel, { heard: [], systems: [] });
    for (const binding of bindings) channel.on('postgres_changes', { schema: 'public', ...binding }, (change) => channel.heard.push(change));
    channel.on('system', {}, (message) => message.status === 'error' && channel.systems.push(message));
    return subscribe(channel);
}

export const heard = (channel, count) => until(() => channel.heard.length >= count, () => `${count} changes, there are ${JSON.stringify(channel.heard)}`);

/** Returns when all changes committed so far were sent to whoever may see them. */
let marks = 0;
export async function settle(stand) {
    await stand.query('create table if not exists settle_marks (id int primary key)');
    if (marks === 0) await stand.query('grant select on settle_marks to service_role; alter publication supabase_realtime add table settle_marks').catch(() => {});
    const channel = await listen(await connect(stand, serviceKey), `settle-${marks}`, { event: 'INSERT', table: 'settle_marks' });
    await stand.query('insert into settle_marks values ($1)', [++marks]);
    await heard(channel, 1);
}
