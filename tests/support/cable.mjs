// A cable between a client and a server that a test may cut.
import { connect, createServer } from 'node:net';

/** To the port of 127.0.0.1. Returns { url, cut(): all connections break, hold(): they do and nobody gets through until mend(), close() }. */
export async function startCable(port) {
    const sockets = new Set();
    let held = false;
    const server = createServer((near) => {
        near.on('error', () => {});
        if (held) return void near.destroy();
        const far = connect(port, '127.0.0.1');
        for (const [one, other] of [[near, far], [far, near]]) {
            sockets.add(one);
            one.pipe(other);
            one.on('error', () => other.destroy()).on('close', () => { sockets.delete(one); other.destroy(); });
        }
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const cut = () => { for (const socket of sockets) socket.destroy(); };
    return { url: `http://127.0.0.1:${server.address().port}`, cut, hold: () => { held = true; cut(); }, mend: () => { held = false; }, close: () => { server.close(); cut(); } };
}
