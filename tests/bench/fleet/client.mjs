// HTTP for many nodes in one process: connections are kept and shared.
import { Agent, request } from 'node:http';

/**
 * Returns call(method, path, { key, body, raw }) -> { status, body }, with close(); raw: the body stays text. A kept
 * connection may be closed by the server just when it is used again: then once more, on a fresh one.
 */
export function client(url, connections = 64) {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const once = (method, path, { key, body, raw } = {}) => new Promise((done, fail) => {
        const text = body && JSON.stringify(body);
        const headers = { ...(key && { authorization: `Bearer ${key}` }), ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) };
        const ask = request(new URL(path, url), { method, agent, headers, timeout: 20000 }, (reply) => {
            let got = '';
            reply.setEncoding('utf8').on('data', (piece) => { got += piece; }).on('error', fail).on('end', () => {
                const json = !raw && /json/.test(reply.headers['content-type'] ?? '') && got !== '';
                done({ status: reply.statusCode, body: json ? JSON.parse(got) : got });
            });
        });
        ask.on('timeout', () => ask.destroy(new Error('no answer in 20 s')))
            .on('error', (error) => fail(Object.assign(error, { again: ask.reusedSocket && error.code === 'ECONNRESET' })))
            .end(text);
    });
    const call = (...asked) => once(...asked).catch((error) => { if (error.again) return once(...asked); throw error; });
    call.close = () => agent.destroy();
    return call;
}
