// One of the two servers that are compared: its database, and how it is asked.
import http from 'node:http';

const KEEP = ['content-type', 'content-range', 'content-profile', 'content-location', 'preference-applied', 'location', 'www-authenticate', 'allow'];

export class Side {
    constructor({ name, url, client, prefix = '' }) {
        Object.assign(this, { name, client, prefix });
        this.url = new URL(url);
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    }

    /** Sends one request as it is written, bytes of the path included. Returns { status, headers, body }. */
    ask({ method = 'GET', path, headers = {}, body }) {
        const all = { ...headers };
        if (body !== undefined) {
            all['content-length'] = Buffer.byteLength(body);
            all['content-type'] ??= 'application/json';
        } else if (!['GET', 'HEAD', 'OPTIONS'].includes(method)) {
            all['content-length'] = 0;
        }
        return new Promise((done, fail) => {
            const request = http.request({ agent: this.agent, host: this.url.hostname, port: this.url.port, method, path: this.prefix + path, headers: all });
            request.on('error', (error) => fail(new Error(`${this.name}: ${method} ${path}: ${error.message}`)));
            request.on('response', (response) => {
                const parts = [];
                response.on('data', (part) => parts.push(part));
                response.on('end', () => done({
                    status: response.statusCode,
                    headers: Object.fromEntries(KEEP.filter((key) => response.headers[key] !== undefined).map((key) => [key, response.headers[key]])),
                    body: Buffer.concat(parts).toString('utf8'),
                }));
            });
            request.setTimeout(20000, () => request.destroy(new Error('no answer within 20 s')));
            request.end(body);
        });
    }

    /** The rows of the relations that a case writes, as text. */
    async state(relations) {
        const texts = [];
        for (const relation of relations) {
            const { rows } = await this.client.query(`select coalesce(json_agg(t order by t::text), '[]')::text as rows from public."${relation}" t`);
            texts.push(rows[0].rows);
        }
        return texts.join('\n');
    }

    putBack(relations) {
        return this.client.query('select kept.put_back($1)', [relations]);
    }

    async close() {
        this.agent.destroy();
        await this.client.end();
    }
}
