// Before anything is measured: every peer gives the same, right answers.
import assert from 'node:assert/strict';
import { DATABASE } from './peers.mjs';
import { peersOf } from './workloads.mjs';

const SAMPLES = [0, 1, 2, 499, 4999];
const ROWS_MADE = { insert: 1, insert1000: 1000 };
const ROWS_WANTED = { row: 1, row500: 1, list20: 20, list1000: 1000, hot: 1 };

async function ask(peer, request) {
    const { method, path, body, headers, token } = request;
    const reply = await fetch(`http://127.0.0.1:${peer.port}${path.startsWith('/api/') ? '' : peer.root}${path}`, {
        method, body, headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    });
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
}

/** Asks each peer the same and compares with the first one's answer. */
async function compare(workload, request, peers) {
    const [first, ...others] = peers;
    const want = await ask(first, request);
    assert.ok([200, 201].includes(want.status), `${first.title}, ${workload.name}: status ${want.status}: ${want.text}`);
    const shape = workload.blanks ? JSON.parse : (text) => text;
    const rows = ROWS_WANTED[workload.name];
    if (rows) assert.equal(JSON.parse(want.text).length, rows, `${first.title}, ${workload.name}: rows`);
    for (const peer of others) {
        const got = await ask(peer, request);
        assert.deepEqual([got.status, shape(got.text)], [want.status, shape(want.text)], `${peer.title} answers ${workload.name} otherwise than ${first.title}`);
    }
}

/** Throws at the first answer that is wrong or differs. */
export async function checkAnswers(cluster, peers, workloads) {
    const logged = async () => Number((await cluster.query('select count(*) from api.logs', DATABASE))[0].count);
    const before = await logged();
    let inserted = 0;
    for (const workload of workloads) {
        const partners = peersOf(workload).flatMap((name) => peers[name] ?? []);
        const requests = (workload.count ? [0] : SAMPLES).map((i) => workload.request(i));
        for (const request of requests) await compare(workload, request, partners);
        inserted += (ROWS_MADE[workload.name] ?? 0) * requests.length * partners.length;
    }
    assert.equal(await logged(), before + inserted, 'each insert has made its rows');
}
