// A throw-away Redis with the deployed settings, on a unix socket, and a client that says one command.
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { atExit, root, start, until } from './process.mjs';

/** One command on a connection of its own; bulk strings, numbers, nil and flat lists come back. */
export function say(path, ...words) {
    return new Promise((done, fail) => {
        const socket = createConnection(path);
        let text = '';
        socket.setTimeout(2000, () => socket.destroy(new Error('Redis does not answer')));
        socket.on('error', fail);
        socket.on('connect', () => socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}*1\r\n$4\r\nQUIT\r\n`));
        socket.on('data', (bytes) => (text += bytes));
        socket.on('close', () => done(read(text)[0]));
    });
}

function read(text) {
    const end = text.indexOf('\r\n');
    const [kind, head, rest] = [text[0], text.slice(1, end), text.slice(end + 2)];
    if (kind === ':') return [Number(head), rest];
    if (kind === '$') return head === '-1' ? [null, rest] : [rest.slice(0, Number(head)), rest.slice(Number(head) + 2)];
    if (kind !== '*') return [head, rest];
    const list = [];
    let left = rest;
    for (let i = 0; i < Number(head); i++) {
        const [value, more] = read(left);
        list.push(value);
        left = more;
    }
    return [list, left];
}

/** Returns { url, path, pid, say(...words), start(), stop(), signal(name), close() }. */
export async function startRedis() {
    const dir = mkdtempSync('/tmp/pt-redis-');
    const path = join(dir, 'socket');
    const redis = {
        path, url: `unix://${path}`,
        say: (...words) => say(path, ...words),
        signal: (name) => redis.process.signal(name),
        get pid() { return redis.process.pid; },
        async start() {
            redis.process = start('/usr/bin/redis-server', [join(root, 'deploy/redis.conf'), '--port', '0', '--unixsocket', path, '--dir', dir], { log: join(dir, 'log') });
            await until(() => say(path, 'PING').then((answer) => answer === 'PONG', () => false), 'Redis to answer');
        },
        async stop(name = 'SIGKILL') {
            redis.process.signal(name);
            await redis.process.exited;
        },
        async close() {
            await redis.stop();
            forget();
            rmSync(dir, { recursive: true, force: true });
        },
    };
    const forget = atExit(() => {
        redis.process?.signal('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
    });
    await redis.start();
    return redis;
}
