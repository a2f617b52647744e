// Servers that send one message to all who listen: Postern and those it is compared with. Each is
// { name, pid, stop(), listen: {port, path, hello?}, talk(body) -> what is sent to it }.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { freePort, until } from '../support/process.mjs';
import { anonKey } from '../support/tokens.mjs';

const NCHAN = '/usr/lib/nginx/modules/ngx_nchan_module.so';
const TOPIC = 'realtime:bench';
const here = fileURLToPath(import.meta.url);
const answers = (port) => fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function run(name, port, command, args) {
    const child = spawn(command, args, { stdio: 'ignore' });
    return { name, pid: child.pid, listen: { port, path: '/sub' }, talkPath: '/pub', talk: (body) => JSON.stringify(body), stop: () => child.kill('SIGKILL') };
}

/** Postern as realtime-js speaks to it: a text broadcast on one channel. */
export function postern(stand) {
    const path = `/realtime/v1/websocket?vsn=2.0.0&apikey=${anonKey}`;
    const hello = JSON.stringify(['1', '1', TOPIC, 'phx_join', { config: {} }]);
    return {
        name: 'Postern', pid: stand.postern.pid, listen: { port: Number(new URL(stand.url).port), path, hello }, talkPath: path, talkHello: hello, stop() {},
        talk: (body) => JSON.stringify(['1', null, TOPIC, 'broadcast', { type: 'broadcast', event: 'b', payload: body }]),
    };
}

/** npm's ws on node, and Bun's own server (uWebSockets): this file again, in a process of its own. */
export async function script(name, command) {
    const port = await freePort();
    const peer = run(name, port, command, [here, '--serve', name, String(port)]);
    await until(() => answers(port), `${name} to answer`);
    return peer;
}

export async function nchan() {
    const port = await freePort(), dir = mkdtempSync('/tmp/pt-nchan-'), conf = join(dir, 'nginx.conf');
    writeFileSync(conf, `load_module ${NCHAN};
daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 20000; }
http { access_log off; client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  server { listen 127.0.0.1:${port};
    location = /sub { nchan_subscriber websocket; nchan_channel_id bench; nchan_subscriber_first_message newest; }
    location = /pub { nchan_publisher websocket; nchan_channel_id bench; nchan_message_buffer_length 8; } } }`);
    const peer = run('nchan', port, 'nginx', ['-c', conf]);
    await until(() => answers(port), 'nginx to answer');
    const { stop } = peer;
    return { ...peer, stop: () => { stop(); rmSync(dir, { recursive: true, force: true }); } };
}

/** Those that are here; what is missing is said. */
export async function allPeers(stand) {
    const peers = [postern(stand), await script('ws', 'node')];
    if (has('bun')) peers.push(await script('Bun', 'bun'));
    else console.error('Bun is not here: npm install --no-save bun, in tests/');
    if (has('nginx') && existsSync(NCHAN)) peers.push(await nchan());
    else console.error('nchan is not here: apt-get install --no-install-recommends nginx-light libnginx-mod-nchan');
    return peers;
}

async function serveWs(port) {
    const { WebSocketServer } = await import('ws');
    const http = createServer((_request, reply) => reply.end('ok')).listen(port, '127.0.0.1');
    const all = new Set();
    new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (socket, { url }) => {
        if (url === '/sub') all.add(socket);
        socket.on('close', () => all.delete(socket));
        socket.on('message', (data) => { for (const one of all) one.send(data, { binary: false }); });
    });
}

function serveBun(port) {
    const server = globalThis.Bun.serve({
        port, hostname: '127.0.0.1',
        fetch: (request, self) => (self.upgrade(request, { data: new URL(request.url).pathname }) ? undefined : new Response('ok')),
        websocket: {
            perMessageDeflate: false, maxBackpressure: 1 << 26,
            open(socket) { if (socket.data === '/sub') socket.subscribe('bench'); },
            message(_socket, data) { server.publish('bench', data); },
        },
    });
}

if (process.argv[2] === '--serve') {
    if (process.argv[3] === 'ws') await serveWs(Number(process.argv[4]));
    else serveBun(Number(process.argv[4]));
}
