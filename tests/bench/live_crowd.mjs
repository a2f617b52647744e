// Many listeners in one process that cost next to nothing: sockets that shake hands and then count
// bytes. Started by live.mjs with fork; it is told { listen, count }, says 'ready', and answers each
// further message with the bytes it got since the last one.
import { connect } from 'node:net';

let bytes = 0;

/** A client's frame: masked, with a mask of zeros. */
function frame(text) {
    const payload = Buffer.from(text);
    const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
    return Buffer.concat([Buffer.from(head), Buffer.alloc(4), payload]);
}

const listen = ({ port, path, hello }) => new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1');
    let head = '';
    const count = (data) => { bytes += data.length; };
    const begin = (data) => {
        head += data.toString('latin1');
        if (!head.includes('\r\n\r\n') || (hello && !head.includes('presence_state') && !head.includes('phx_reply'))) return;
        socket.off('data', begin);
        socket.on('data', count);
        done(socket);
    };
    socket.on('data', begin).on('error', fail);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    if (hello) socket.write(frame(hello));
});

process.once('message', async ({ listen: where, count }) => {
    for (let i = 0; i < count; i += 100) await Promise.all(Array.from({ length: Math.min(100, count - i) }, () => listen(where)));
    process.on('message', () => {
        process.send(bytes);
        bytes = 0;
    });
    process.send('ready');
});
