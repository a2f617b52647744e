// The peer in JavaScript: Fastify 5 and pg, as a careful team would write it for speed. A cluster
// of two, ten connections each, verified tokens cached, named prepared statements, the caller's
// role and claims in a transaction, rows made into JSON by PostgreSQL.
// Settings by environment: PORT, DATABASE_URL, JWT_SECRET, PROCESSES, POOL.
import cluster from 'node:cluster';
import { createHmac, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

const { PORT, DATABASE_URL, JWT_SECRET, PROCESSES = '2', POOL = '10' } = process.env;
const TOKENS_MAX = 4096;
const COLUMNS = 'id, owner, name, status, score, tags, payload, created_at';

const STATEMENTS = {
    claims: `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`,
    by_id: `select coalesce(json_agg(t), '[]')::text as body from (select ${COLUMNS} from api.items where id = $1) t`,
    list: `select coalesce(json_agg(t), '[]')::text as body from (select ${COLUMNS} from api.items where id > $1 order by id limit $2) t`,
    insert: `insert into api.logs (msg, payload) values ($1, $2)`,
    insert_many: `insert into api.logs (msg, payload) select msg, payload from json_to_recordset($1) as rows (msg text, payload jsonb)`,
    add: `select api.add($1, $2)::text as body`,
};

const verified = new Map();

/** The verified claims of a token as { role, json, exp }, or null. */
function claimsOf(token) {
    let claims = verified.get(token) ?? null;
    if (!claims) {
        claims = verify(token);
        if (!claims) return null;
        if (verified.size >= TOKENS_MAX) verified.delete(verified.keys().next().value);
        verified.set(token, claims);
    }
    return claims.exp > Date.now() / 1000 ? claims : null;
}

function verify(token) {
    const [head, payload, signature] = token.split('.');
    if (!signature || JSON.parse(Buffer.from(head, 'base64url')).alg !== 'HS256') return null;
    const want = createHmac('sha256', JWT_SECRET).update(`${head}.${payload}`).digest();
    const got = Buffer.from(signature, 'base64url');
    if (got.length !== want.length || !timingSafeEqual(got, want)) return null;
    const json = Buffer.from(payload, 'base64url').toString('utf8');
    const { role, exp } = JSON.parse(json);
    return { role, json, exp };
}

/** Runs one statement as the caller, in one transaction. */
async function runAs(pool, claims, name, values) {
    const client = await pool.connect();
    try {
        await client.query('begin');
        await client.query({ name: 'claims', text: STATEMENTS.claims, values: [claims.role, claims.json] });
        const result = await client.query({ name, text: STATEMENTS[name], values });
        await client.query('commit');
        return result;
    } catch (error) {
        await client.query('rollback');
        throw error;
    } finally {
        client.release();
    }
}

function itemsQuery({ id, limit }) {
    const [op, value] = id.split('.');
    return op === 'eq' ? ['by_id', [value]] : ['list', [value, limit]];
}

function serve() {
    const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL) });
    const app = Fastify({ logger: false });
    app.addHook('onRequest', async (request, reply) => {
        request.claims = claimsOf((request.headers.authorization ?? '').slice('Bearer '.length));
        if (!request.claims) return reply.code(401).send({ message: 'not signed in' });
    });
    app.get('/rest/v1/items', async (request, reply) => {
        const { rows } = await runAs(pool, request.claims, ...itemsQuery(request.query));
        return reply.type('application/json; charset=utf-8').send(rows[0].body);
    });
    app.post('/rest/v1/logs', async (request, reply) => {
        const many = Array.isArray(request.body);
        await runAs(pool, request.claims, many ? 'insert_many' : 'insert', many ? [JSON.stringify(request.body)] : [request.body.msg, request.body.payload]);
        return reply.code(201).send();
    });
    app.post('/rest/v1/rpc/add', async (request, reply) => {
        const { rows } = await runAs(pool, request.claims, 'add', [request.body.a, request.body.b]);
        return reply.type('application/json; charset=utf-8').send(rows[0].body);
    });
    return app.listen({ port: Number(PORT), host: '127.0.0.1' });
}

if (cluster.isPrimary) {
    for (let i = 0; i < Number(PROCESSES); i++) cluster.fork();
} else {
    await serve();
}
