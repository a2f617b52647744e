// HTTP by hand on a socket: what a client library would never send, byte for byte, and keep-alive
// lines that are fast enough for a hundred thousand requests.
import { connect } from 'node:net';
import { sleep } from './process.mjs';

const NO_BODY = new Set([204, 304]);

/** Cuts whole answers off a byte stream. reads(bytes), then next(method) until it returns null. */
export class ReplyParser {
    constructor() { this.buffer = Buffer.alloc(0); }

    reads(bytes) { this.buffer = this.buffer.length ? Buffer.concat([this.buffer, bytes]) : bytes; }

    /** One answer, or null while it is not whole. `closed`: the peer sends no more. */
    next(method = 'GET', closed = false) {
        const end = this.buffer.indexOf('\r\n\r\n');
        if (end < 0) return null;
        const [first, ...lines] = this.buffer.toString('latin1', 0, end).split('\r\n');
        const match = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first);
        if (!match) throw new Error(`not an HTTP answer: ${first}`);
        const reply = { status: Number(match[1]), reason: match[2], headers: headersOf(lines), head: this.buffer.toString('latin1', 0, end) };
        const body = this.body(reply, method, end + 4, closed);
        if (body === null) return null;
        reply.body = body.bytes;
        reply.text = body.bytes.toString('utf8');
        this.buffer = this.buffer.subarray(body.end);
        return reply;
    }

    body({ status, headers }, method, start, closed) {
        if (method === 'HEAD' || status < 200 || NO_BODY.has(status)) return { bytes: Buffer.alloc(0), end: start };
        if (/chunked/i.test(headers.get('transfer-encoding') ?? '')) return chunks(this.buffer, start);
        if (headers.has('content-length')) {
            const end = start + Number(headers.get('content-length'));
            return this.buffer.length >= end ? { bytes: this.buffer.subarray(start, end), end } : null;
        }
        return closed ? { bytes: this.buffer.subarray(start), end: this.buffer.length } : null;
    }
}

function headersOf(lines) {
    const headers = new Map();
    for (const line of lines) {
        const colon = line.indexOf(':');
        const name = line.slice(0, colon).toLowerCase();
        const value = line.slice(colon + 1).trim();
        headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
    }
    return headers;
}

function chunks(buffer, at) {
    const parts = [];
    for (;;) {
        const end = buffer.indexOf('\r\n', at);
        if (end < 0) return null;
        const size = parseInt(buffer.toString('latin1', at, end), 16);
        if (buffer.length < end + 2 + size + 2) return null;
        if (size === 0) return { bytes: Buffer.concat(parts), end: end + 4 };
        parts.push(buffer.subarray(end + 2, end + 2 + size));
        at = end + 2 + size + 2;
    }
}

/**
 * Sends bytes (a string is latin1, an array is sent piece by piece; a number in it is a pause in
 * ms) and collects the answers until `count` came, the peer closed or the time is over.
 * methods: what each answer belongs to, when not GET.
 * Returns { replies, closed, reset, ms, rest }.
 */
export function exchange(port, bytes, { count = 1, methods = [], timeout = 5000, half = false } = {}) {
    return new Promise((done) => {
        const socket = connect({ port, host: '127.0.0.1' });
        const parser = new ReplyParser();
        const result = { replies: [], closed: false, reset: false, ms: 0, rest: '' };
        const start = Date.now();
        const finish = () => {
            clearTimeout(timer);
            socket.destroy();
            result.ms = Date.now() - start;
            result.rest = parser.buffer.toString('latin1');
            done(result);
        };
        const take = () => {
            for (let reply; result.replies.length < count && (reply = parser.next(methods[result.replies.length], result.closed));)
                result.replies.push(reply);
        };
        const timer = setTimeout(finish, timeout);
        socket.setNoDelay(true);
        socket.on('data', (data) => {
            parser.reads(data);
            take();
            if (result.replies.length >= count && count > 0) finish();
        });
        socket.on('error', () => { result.reset = true; });
        socket.on('close', () => { result.closed = true; take(); finish(); });
        socket.on('connect', () => send(socket, Array.isArray(bytes) ? bytes : [bytes], half));
    });
}

async function send(socket, pieces, half) {
    for (const piece of pieces) {
        if (socket.destroyed) return;
        if (typeof piece === 'number') await sleep(piece);
        else socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    }
    if (half) socket.end();
}

/** The text of a request. body: a string or nothing. */
export function requestText(method, path, headers = {}, body) {
    const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** One keep-alive connection for many requests, one after the other; reconnects when closed. */
export class Line {
    constructor(port) {
        this.port = port;
        this.stray = 0; /* bytes that belong to no request of ours */
    }

    /** Sends one request text (utf8); resolves with its answer, rejects when the peer closes first. */
    request(text, method = 'GET') {
        return new Promise((done, fail) => {
            this.waiting = { done, fail, method };
            this.socket ??= this.open();
            this.socket.write(text);
        });
    }

    open() {
        const socket = connect({ port: this.port, host: '127.0.0.1' });
        const parser = new ReplyParser();
        socket.setNoDelay(true);
        socket.on('data', (data) => {
            parser.reads(data);
            const reply = this.waiting && parser.next(this.waiting.method);
            if (!this.waiting || (reply && parser.buffer.length)) this.stray += parser.buffer.length;
            if (reply) this.settle('done', reply);
        });
        socket.on('error', () => {});
        socket.on('close', () => {
            if (this.socket !== socket) return;
            this.socket = null;
            this.settle('fail', new Error('the server closed the connection'));
        });
        return socket;
    }

    settle(how, value) {
        const waiting = this.waiting;
        this.waiting = null;
        waiting?.[how](value);
    }

    /** Leaves, as a client who loses patience. A waiting request is rejected. */
    leave() {
        const socket = this.socket;
        this.socket = null;
        socket?.destroy();
        this.settle('fail', new Error('left'));
    }
}
