// HAProxy in front of several servers: requests and sockets in turn, a server that does not answer
// /live is left out and its sockets are closed.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { atExit, freePort, start, until } from './process.mjs';

/** What one command on its socket answers. */
const say = (path, command) => new Promise((done, fail) => {
    let text = '';
    createConnection(path).on('data', (bytes) => (text += bytes)).on('end', () => done(text)).on('error', fail).write(`${command}\n`);
});

/** Returns { url, sessions(), logs(), stop() }. ports: of the servers, on 127.0.0.1; sessions() resolves to how many each has. */
export async function startHaproxy(ports) {
    const port = await freePort();
    const dir = mkdtempSync('/tmp/pt-');
    writeFileSync(join(dir, 'cfg'), `
global
    maxconn 2000
    stats socket ${join(dir, 'stats')} mode 600 level user
defaults
    mode http
    balance roundrobin
    retries 3
    option redispatch
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 300s
frontend front
    bind 127.0.0.1:${port}
    default_backend gateways
backend gateways
    option httpchk GET /live
    default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
${ports.map((one, i) => `    server g${i} 127.0.0.1:${one} check`).join('\n')}
`);
    writeFileSync(join(dir, 'log'), '');
    chmodSync(dir, 0o755);
    const proxy = start('/usr/sbin/haproxy', ['-db', '-f', join(dir, 'cfg')], { log: join(dir, 'log') });
    const url = `http://127.0.0.1:${port}`;
    const end = () => {
        proxy.signal('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
    };
    const forget = atExit(end);
    await until(() => {
        if (!proxy.running()) throw new Error(`HAProxy ended:\n${proxy.output()}`);
        return fetch(`${url}/live`).then(({ status }) => status === 200, () => false);
    }, () => `HAProxy does not answer:\n${proxy.output()}`);
    return {
        url,
        async sessions() {
            const rows = (await say(join(dir, 'stats'), 'show stat')).split('\n').map((line) => line.split(','));
            const column = rows[0].indexOf('scur');
            return rows.filter(([, name]) => /^g\d$/.test(name)).map((row) => Number(row[column]));
        },
        logs: () => proxy.output(),
        async stop() {
            forget();
            end();
            await proxy.exited;
        },
    };
}
