// The server is stopped at any moment of its life: while connections open, requests wait, WebSockets
// join, streams are read, settings and keys are read anew, Redis and the issuer of keys do not
// answer. Each time it ends with 0, in time, and the sanitizer of its build has nothing to say.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import WebSocket from 'ws';
import { startCluster } from '../support/cluster.mjs';
import { migrate, startPostern } from '../support/postern.mjs';
import { sleep, until } from '../support/process.mjs';
import { requestText } from '../support/raw.mjs';
import { fixture } from '../support/stand.mjs';
import { anonKey, as, userA } from '../support/tokens.mjs';

const STOPS = Number(process.env.STOPS ?? 3); // how often each kind of server is stopped
const LATEST_MS = 900; // of the moments between the first request and the signal
let cluster, deaf, issuer, unknown;

before(async () => {
    cluster = await startCluster();
    await cluster.createDatabase('app');
    await migrate(cluster.url('app'));
    cluster.psql(fixture('people.sql'), 'app');
    cluster.psql("create function test_nap(seconds float) returns text language plpgsql volatile as $$ begin perform pg_sleep(seconds); return 'rested'; end $$", 'app');
    deaf = await startDeaf();
    issuer = await startIssuer();
});
after(async () => {
    await deaf?.close();
    await issuer?.close();
    await cluster?.close();
});

async function listening(server) {
    const sockets = new Set();
    server.on('connection', (socket) => { sockets.add(socket); socket.on('error', () => {}).on('close', () => sockets.delete(socket)); });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return {
        port: server.address().port,
        close: () => new Promise((done) => { for (const socket of sockets) socket.destroy(); server.close(done); }),
    };
}

/** Takes connections, and never answers: a Redis, a service behind /auth/v1. */
const startDeaf = () => listening(createServer((socket) => socket.resume()));

/** Publishes keys under any path, once; who asks again, as for a token of keys it does not know, waits. */
async function startIssuer() {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const set = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'first', alg: 'ES256', use: 'sig' }] });
    const told = new Set();
    unknown = await new SignJWT({ role: 'authenticated', sub: userA.id }).setProtectedHeader({ alg: 'ES256', kid: 'second' }).setExpirationTime('1h').sign(privateKey);
    return listening(createHttpServer(({ url }, response) => {
        if (!told.has(url)) response.setHeader('content-type', 'application/json').end(set);
        told.add(url);
    }));
}

/* ---- clients, who all end with the server ---- */

/** A connection that sends a text and reads whatever comes. */
function say(server, text) {
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    socket.on('error', () => {}).on('connect', () => socket.write(text)).resume();
    return () => socket.destroy();
}

function join(server) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/realtime/v1/websocket?apikey=${anonKey}&vsn=1.0.0`);
    const config = { postgres_changes: [{ event: '*', schema: 'public', table: 'primes' }], presence: { key: 'me' }, broadcast: { self: true } };
    socket.on('error', () => {});
    socket.on('open', () => {
        for (const n of [1, 2, 3]) socket.send(JSON.stringify({ topic: `realtime:room${n}`, event: 'phx_join', payload: { config, access_token: anonKey }, ref: `${n}`, join_ref: `${n}` }));
    });
    return () => socket.terminate();
}

function visit(server) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
    socket.on('error', () => {});
    return () => socket.terminate();
}

const JSON_TYPE = { 'content-type': 'application/json' };
const nap = (server, seconds) => say(server, requestText('POST', '/rest/v1/rpc/test_nap', { ...as(userA.token), ...JSON_TYPE }, JSON.stringify({ seconds })));
const CLIENTS = [
    join, join, visit,
    (server) => nap(server, 0.2),
    (server) => nap(server, 0.2),
    (server) => say(server, requestText('GET', '/rest/v1/primes?select=*', as(userA.token)).repeat(8)),
    (server) => say(server, requestText('GET', '/rest/v1/primes', as(unknown))), // asks for the issuer's keys
    (server) => say(server, requestText('GET', '/api/stats', { ...as(userA.token), accept: 'text/event-stream' })),
    (server) => say(server, requestText('GET', '/api/events', { ...as(userA.token), accept: 'text/event-stream' })),
    (server) => say(server, requestText('POST', '/auth/v1/token?grant_type=password', { apikey: anonKey, ...JSON_TYPE }, '{}')),
    (server) => say(server, 'GET /rest/v1/pri'), // the rest never comes
    (server) => say(server, ''),
];

const chance = (below) => Math.floor(Math.random() * below);

/** Clients come until the signal, and some leave; now and then everything is read anew. */
async function crowd(server, ms) {
    const leave = [];
    for (const end = Date.now() + ms; Date.now() < end; await sleep(chance(12))) {
        leave.push(CLIENTS[chance(CLIENTS.length)](server));
        if (chance(4) === 0) leave.splice(chance(leave.length), 1)[0]();
        if (chance(6) === 0) server.signal(chance(2) === 0 ? 'SIGUSR1' : 'SIGUSR2');
    }
    if (chance(2) === 0) for (const one of leave) one();
    return leave;
}

const KINDS = {
    'with a pool of its own': () => ({}),
    'with two connections for all, Redis that does not answer, keys that are fetched': (n) => ({
        POSTERN_DB_MAX_CONNECTIONS: '2', REDIS_URL: `redis://127.0.0.1:${deaf.port}`, POSTERN_JWKS_URL: `http://127.0.0.1:${issuer.port}/${n}`,
        POSTERN_JWKS_COOLDOWN: '100ms', POSTERN_AUTH_URL: `http://127.0.0.1:${deaf.port}`, POSTERN_CHANGES: 'notify', POSTERN_AUDIT: 'all',
    }),
    'that does not wait for its clients': () => ({ ASAN_OPTIONS: 'detect_leaks=0' /* what is cut off is not freed: the process ends */, POSTERN_DRAIN: '200ms', POSTERN_DB_MAX_CONNECTIONS: '2', REDIS_URL: 'redis://127.0.0.1:1', POSTERN_AUDIT: 'all' }),
};

describe('a server stops at any moment', { concurrency: true }, () => {
    for (const [kind, env] of Object.entries(KINDS)) test(kind, async (t) => {
        for (let n = 0; n < STOPS; n++) {
            const server = await startPostern({ databaseUrl: cluster.url('app', 'authenticator'), env: { POSTERN_MIGRATION_DATABASE_URL: cluster.url('app'), POSTERN_DRAIN: '1min', POSTERN_HEADER_TIMEOUT: '1s', POSTERN_AUTH_TIMEOUT: '1s', ...env(n) } });
            t.after(() => server.kill());
            const leave = await crowd(server, chance(LATEST_MS));
            await server.stop(30000); /* nobody holds it for the whole drain time */
            for (const one of leave) one();
        }
    });
});
test('and leaves no connection behind', () =>
    until(async () => (await cluster.query("select 1 from pg_stat_activity where application_name like 'postern/%'", 'app')).length === 0, 'the end of all connections'));
