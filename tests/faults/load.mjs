// Clients that ask without pause until told to stop, and keep the books.
import { Line, requestText } from '../support/raw.mjs';
import { sleep } from '../support/process.mjs';
import { anonKey } from '../support/tokens.mjs';

const HEADERS = { apikey: anonKey };
let written = 0;

/**
 * readers read a row each, writers insert a row each, over their own keep-alive connections.
 * stop() ends them and returns { reads, writes, acknowledged: [ids], failures: {read: {what: count}, write}, slowest }.
 */
export function startLoad(postern, { readers = 0, writers = 0, pause = 2 } = {}) {
    const books = { reads: 0, writes: 0, acknowledged: [], failures: { read: {}, write: {} }, slowest: 0 };
    let over = false;
    const note = (kind, what) => { books.failures[kind][what] = (books.failures[kind][what] ?? 0) + 1; };

    async function ask(line, kind, text, good) {
        const start = performance.now();
        const reply = await line.request(text).catch((error) => error);
        books.slowest = Math.max(books.slowest, performance.now() - start);
        if (reply instanceof Error) note(kind, reply.message);
        else if (reply.status !== good) note(kind, `${reply.status} ${/"code":"([^"]*)"/.exec(reply.text)?.[1]}`);
        else return reply;
        return null;
    }
    async function reader() {
        const line = new Line(postern.port);
        while (!over) {
            const id = 1 + Math.floor(Math.random() * 1000);
            const reply = await ask(line, 'read', requestText('GET', `/rest/v1/items?select=body&id=eq.${id}`, HEADERS), 200);
            if (reply && reply.text !== `[{"body":"item ${id}"}]`) note('read', `wrong row ${reply.text}`);
            books.reads++;
            await sleep(pause);
        }
        line.leave();
    }
    async function writer() {
        const line = new Line(postern.port);
        while (!over) {
            const id = ++written;
            const reply = await ask(line, 'write', requestText('POST', '/rest/v1/log', { ...HEADERS, 'Content-Type': 'application/json' }, JSON.stringify({ id })), 201);
            if (reply) books.acknowledged.push(id);
            books.writes++;
            await sleep(pause);
        }
        line.leave();
    }
    const all = [...Array.from({ length: readers }, reader), ...Array.from({ length: writers }, writer)];
    return {
        books,
        async stop() {
            over = true;
            await Promise.all(all);
            return books;
        },
    };
}
