// What is asked: each workload is a table row with the requests that it sends and the goal that
// its figures are held against.
import { userToken, OWNER } from './people.mjs';

const REQUESTS = 5000; /* different keys: concurrent requests are never the same one */
const ROWS = 100000;
const BEGIN_AT_MAX = 80000; /* a page of 1,000 rows always fits behind it */
const NOTED = 5000; /* the first rows have notes, and those replies */

/** A repeatable "random" integer in [0, n). */
const pick = (i, n) => (i * 7919) % n;

/** Rows of OWNER are those whose id does not end in 0. */
const ownRow = (i) => 1 + 10 * pick(i, ROWS / 10) + (i % 9);

const read = (query) => ({ method: 'GET', path: `/items?${query}` });
const write = (path, body, headers = {}) => ({ method: 'POST', path, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
const page = (i, limit) => read(`select=*&id=gt.${pick(i, BEGIN_AT_MAX)}&order=id&limit=${limit}`);
const tree = (i) => read(`select=id,name,status,score&or=(status.eq.open,and(score.gte.${pick(i, 1000)},status.in.(done,failed)),name.like.*7)&not.and=(score.lt.0,tags.cs.%7Bz%7D)&id=gt.${pick(i, BEGIN_AT_MAX)}&order=id&limit=20`);
const embed = (i) => read(`select=id,name,notes(id,body,replies(id,body))&id=gt.${pick(i, NOTED - 100)}&order=id&limit=20&notes.order=id&notes.replies.order=id`);

/**
 * name, title; peers: who takes part ('rest' = Postern, PostgREST, Fastify);
 * request(i): the i-th request as { method, path, body?, headers?, token }; path is below the
 * peer's REST root, or absolute for an /api route;
 * blanks: the answers may differ in the blanks between JSON's tokens (12.0.2 makes embedded rows jsonb);
 * longer: measured so many times longer, because a second sees few of them;
 * goal: { over: peer, ratio } of Postern's req/s at 128 connections.
 */
export const WORKLOADS = [
    { name: 'row', title: '1 row by key, RLS, one token', request: (i) => ({ ...read(`select=*&id=eq.${ownRow(i)}`), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 8 } },
    { name: 'row500', title: '1 row by key, RLS, 500 tokens', request: (i) => ({ ...read(`select=*&id=eq.${10 * (500 + i)}`), token: userToken(i % 500) }), goal: { over: 'postgrest', ratio: 6 } },
    { name: 'list20', title: '20 rows', request: (i) => ({ ...page(i, 20), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 3.5 } },
    { name: 'list1000', title: '1,000 rows (237 KB)', longer: 2, request: (i) => ({ ...page(i, 1000), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 1.2 } },
    { name: 'tree', title: '20 rows by a tree of filters', peers: ['postern', 'postgrest'], request: (i) => ({ ...tree(i), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 3 } },
    { name: 'embed', title: '20 rows, two levels embedded', blanks: true, peers: ['postern', 'postgrest'], request: (i) => ({ ...embed(i), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 2 } },
    { name: 'insert', title: 'insert, return=minimal', request: (i) => ({ ...write('/logs', { msg: `message ${i}`, payload: { n: i } }, { Prefer: 'return=minimal' }), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 3.5 } },
    { name: 'insert1000', title: 'insert of 1,000 rows (62 KB), return=minimal', longer: 2, count: 50, request: (i) => ({ ...write('/logs', Array.from({ length: 1000 }, (_, n) => ({ msg: `message ${i} of ${n}`, payload: { n, of: i } })), { Prefer: 'return=minimal' }), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 1 } },
    { name: 'rpc', title: 'RPC add(a, b) by POST', request: (i) => ({ ...write('/rpc/add', { a: i, b: 1 }), token: userToken(OWNER) }), goal: { over: 'postgrest', ratio: 7 } },
    { name: 'hot', title: '1 row, everybody the same (single flight)', count: 1, request: () => ({ ...read('select=*&id=eq.1'), token: userToken(OWNER) }) },
    { name: 'stats', title: '/api/stats, cached', count: 1, absolute: true, peers: ['postern', 'h2o'], request: () => ({ method: 'GET', path: '/api/stats' }), goal: { over: 'h2o', ratio: 0.75 } },
];

/** before: where an older build takes part. */
export const peersOf = (workload) => ['before', ...(workload.peers ?? ['postern', 'postgrest', 'fastify'])];
export const requestsOf = (workload) => Array.from({ length: workload.count ?? REQUESTS }, (_, i) => workload.request(i));

/** One request as the bytes that go over the wire. root: the peer's REST prefix. */
export function wireText(request, root) {
    const lines = [`${request.method} ${root}${request.path} HTTP/1.1`, 'Host: 127.0.0.1', 'Accept: application/json'];
    if (request.token) lines.push(`Authorization: Bearer ${request.token}`);
    for (const [name, value] of Object.entries(request.headers ?? {})) lines.push(`${name}: ${value}`);
    if (request.body) lines.push(`Content-Length: ${Buffer.byteLength(request.body)}`);
    return `${lines.join('\r\n')}\r\n\r\n${request.body ?? ''}`;
}
