// Clients of server-sent events: an EventSource as browsers have it, and the bytes as curl shows them.
import { EventSource } from 'eventsource';
import { request } from 'node:http';
import { until } from '../support/process.mjs';

const open = new Set();
export const closeStreams = () => { for (const one of open) one.close(); open.clear(); };

const NAMES = ['message', 'ready', 'resumed', 'gap', 'problem', 'slow', 'expired', 'error'];

/** An EventSource that keeps its events as { event, id, data }; it comes back by itself, as in a browser. */
export function source(url, { token, headers = {} } = {}) {
    const one = new EventSource(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }), ...headers } }) });
    open.add(one);
    one.events = [];
    for (const name of NAMES) one.addEventListener(name, ({ data, lastEventId: id }) => data !== undefined && one.events.push({ event: name, id, data: JSON.parse(data) }));
    return Object.assign(one, reading(one));
}

/** One connection: { status, headers, events, ended, text(): the bytes so far, close() }. */
export async function listen(url, { token, headers = {}, method = 'GET' } = {}) {
    const one = { events: [], ended: false, bytes: '' };
    const reply = await new Promise((done, fail) => {
        const asked = request(url, { method, agent: false, headers: { accept: 'text/event-stream', ...(token && { authorization: `Bearer ${token}` }), ...headers } }, done);
        asked.on('error', fail);
        one.close = () => asked.destroy();
        asked.end();
    });
    open.add(one);
    reply.setEncoding('utf8');
    let rest = '';
    reply.on('data', (piece) => {
        one.bytes += piece;
        rest += piece;
        for (let at; (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2)) take(one.events, rest.slice(0, at));
    });
    reply.on('end', () => { one.ended = true; }).on('close', () => { one.ended = true; }).on('error', () => {});
    Object.assign(one, { status: reply.statusCode, headers: reply.headers, socket: reply.socket, reply }, reading(one));
    if (one.status !== 200) {
        await until(() => one.ended, 'the end of a refusal');
        one.body = one.bytes && JSON.parse(one.bytes);
    }
    return one;
}

/** A block of lines is an event if it has data; comments and ids alone are none. */
function take(events, block) {
    const event = { event: 'message' }, data = [];
    for (const line of block.split('\n')) {
        const [, name, value] = /^([a-z]*): ?(.*)$/s.exec(line) ?? [];
        if (name === 'data') data.push(value);
        else if (name) event[name] = value;
    }
    if (data.length > 0) events.push({ ...event, data: JSON.parse(data.join('\n')) });
}

const reading = (one) => ({
    of: (name) => one.events.filter(({ event }) => event === name),
    rows: () => one.events.filter(({ event }) => event === 'message').map(({ data }) => data.record?.n ?? data.old_record?.n),
    hears: (name, count = 1) => until(() => one.events.filter(({ event }) => event === name).length >= count, () => `${count} ${name}: ${JSON.stringify(one.events).slice(-1500)}`, 20000),
    lastId: () => one.events.findLast(({ id }) => id)?.id,
});
