// Many listeners in one process that cost next to nothing: sockets that shake hands and then count.
// Started by live.mjs with fork; it is told { port, paths, hello, frames }, a socket for each path,
// says 'ready', and answers each further message with what came since the last one: { bytes, count,
// lags }. Frames are counted only if asked for; of every 16th one it is told how old what it tells is
// ("at", milliseconds since the epoch).
import { connect } from 'node:net';

const sum = { bytes: 0, count: 0, lags: [] };
const now = () => performance.timeOrigin + performance.now();

/** A client's frame: masked, with a mask of zeros. */
function frame(text) {
    const payload = Buffer.from(text);
    const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
    return Buffer.concat([Buffer.from(head), Buffer.alloc(4), payload]);
}

function hear(text) {
    if (!text.includes('"postgres_changes",{')) return;
    sum.count++;
    if (sum.count % 16 !== 0) return;
    const at = /"at": ?"?([\d.]+)/.exec(text);
    if (at) sum.lags.push(now() - Number(at[1]));
}

/** The frames of one socket, whole ones; the pieces of the next are kept. */
function reader() {
    let rest = Buffer.alloc(0);
    return (data) => {
        let all = rest.length ? Buffer.concat([rest, data]) : data, at = 0;
        while (all.length - at >= 4) {
            const short = all[at + 1] & 0x7f;
            const head = short < 126 ? 2 : short === 126 ? 4 : 10;
            if (all.length - at < head) break;
            const len = short < 126 ? short : short === 126 ? all.readUInt16BE(at + 2) : Number(all.readBigUInt64BE(at + 2));
            if (all.length - at < head + len) break;
            hear(all.latin1Slice(at + head, at + head + len));
            at += head + len;
        }
        rest = all.subarray(at);
    };
}

const listen = ({ port, hello, frames }, path) => new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1');
    let head = '';
    const count = (data) => { sum.bytes += data.length; };
    const begin = (data) => {
        head += data.toString('latin1');
        if (!head.includes('\r\n\r\n') || (hello && !head.includes('presence_state') && !head.includes('phx_reply'))) return;
        socket.off('data', begin);
        socket.on('data', frames ? reader() : count);
        done(socket);
    };
    socket.on('data', begin).on('error', fail);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    if (hello) socket.write(frame(hello));
});

process.once('message', async (where) => {
    const { paths } = where;
    for (let i = 0; i < paths.length; i += 100) await Promise.all(paths.slice(i, i + 100).map((path) => listen(where, path)));
    process.on('message', () => {
        process.send(sum);
        Object.assign(sum, { bytes: 0, count: 0, lags: [] });
    });
    process.send('ready');
});
