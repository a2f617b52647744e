// A hundred thousand requests of four identities over a pool of two connections, with failures,
// cancels, timeouts and clients who leave: each row carries its owner's tag in its text, and every
// byte that somebody receives is searched for the tags of the others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep } from '../support/process.mjs';
import { Line, requestText } from '../support/raw.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, as, serviceKey, userA, userB } from '../support/tokens.mjs';

const REQUESTS = Number(process.env.LEAK_REQUESTS ?? 100000);
const LINES = 24;
const WHO = [
    { name: 'ada', headers: as(userA.token), tag: 'tag-of-ada', others: ['tag-of-bo'] },
    { name: 'bo', headers: as(userB.token), tag: 'tag-of-bo', others: ['tag-of-ada'] },
    { name: 'anon', headers: as(anonKey), tag: 'tag-of-nobody', others: ['tag-of-ada', 'tag-of-bo'] },
    { name: 'service', headers: as(serviceKey), tag: 'tag-of-ada', others: [] },
];
const CANCELLED = 500; /* 57014, by us or by the timeout */

let stand;
before(async () => {
    stand = await startStand({
        fixtures: ['people.sql', 'isolation.sql'],
        env: { POSTERN_DB_SCHEMAS: 'iso', POSTERN_DB_MAX_CONNECTIONS: '2', POSTERN_WORKERS: '1', POSTERN_ACCESS_LOG: 'off' },
    });
    await stand.query('alter role authenticator in database app set statement_timeout = \'60ms\'');
    /* a database that reads request.headers gets no shared transactions; here they shall be shared */
    await stand.query('drop function iso.headers');
    await stand.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'");
    await sleep(200);
});
after(() => stand?.stop());

let number = 0;
const JSON_TYPE = { 'content-type': 'application/json' };
const get = (path) => (who) => ['GET', path, who.headers];
const call = (name, body = '{}') => (who) => ['POST', `rpc/${name}`, { ...who.headers, ...JSON_TYPE }, body];
const newNote = (who) => encodeURIComponent(`${who.tag} new ${Math.floor(Math.random() * (number + 1))}`);
const mine = (who) => who.name === 'ada' || who.name === 'bo';

/*
 * What is asked: how often (of 1000), the request, the statuses that are right beside a cancel,
 * and what must hold for the text of a good answer.
 */
const KINDS = [
    { often: 300, ask: get('notes?select=tag,body&limit=5'), statuses: { anon: [401], else: [200] }, holds: (text, who) => !mine(who) || (text.match(/"tag":/g)?.length === 5 && text.split(who.tag).length > 5) },
    { often: 150, ask: (who) => get(`notes?select=id,tag,body&id=eq.${1 + Math.floor(Math.random() * 400)}`)(who), statuses: { anon: [401], else: [200] } },
    { often: 60, ask: (who) => get(`notes?select=*&tag=neq.${who.tag}&limit=3`)(who), statuses: { anon: [401], else: [200] }, holds: (text, who) => !mine(who) || text === '[]' },
    { often: 60, ask: (who) => ['HEAD', 'notes?select=id', { ...who.headers, prefer: 'count=exact' }], statuses: { anon: [401], else: [200] } },
    { often: 120, ask: call('my_tag'), statuses: { anon: [401], else: [200] }, holds: (text, who) => !mine(who) || text === `"${who.tag}"` },
    { often: 60, ask: get('open_items?select=body&limit=2'), statuses: { else: [200] }, holds: (text) => text.includes('open 1') },
    { often: 40, ask: call('seen'), statuses: { else: [200] }, holds: (text, who) => JSON.parse(text).user === { anon: 'anon', service: 'service_role' }[who.name] || (mine(who) && JSON.parse(text).uid === (who.name === 'ada' ? userA.id : userB.id)) },
    { often: 60, ask: (who) => ['POST', 'notes', { ...who.headers, ...JSON_TYPE, prefer: 'return=representation' }, JSON.stringify({ tag: who.tag, body: `${who.tag} new ${number++}`, ...(who.name === 'service' && { owner: userA.id }) })], statuses: { anon: [401], else: [201] }, holds: (text, who) => text.includes(who.tag) },
    { often: 30, ask: (who) => ['PATCH', `notes?body=eq.${newNote(who)}&select=tag,body`, { ...who.headers, ...JSON_TYPE, prefer: 'return=representation' }, `{"tag":"${who.tag}"}`], statuses: { anon: [401], else: [200] } },
    { often: 20, ask: (who) => ['DELETE', `notes?body=eq.${newNote(who)}`, who.headers], statuses: { anon: [401], else: [204] } },
    { often: 30, ask: call('fail_with_tag'), statuses: { anon: [400, 401], else: [400] }, holds: (text, who) => !mine(who) || text.includes(`failed for ${who.tag}`) },
    { often: 20, ask: call('broken'), statuses: { else: [400] } },
    { often: 10, ask: get('notes?select=id&id=eq.x'), statuses: { anon: [400, 401], else: [400] } },
    { often: 10, ask: get('notes?select=nosuch'), statuses: { anon: [400, 401], else: [400] } },
    { often: 10, ask: (who) => ['POST', 'notes', { ...who.headers, ...JSON_TYPE }, JSON.stringify({ tag: who.tag, body: `${who.tag} note 1 ${`${who.tag} `.repeat(5)}`, owner: who.name === 'bo' ? userB.id : userA.id })], statuses: { anon: [401], else: [409] } },
    { often: 10, ask: (who) => ['POST', 'notes', { ...who.headers, ...JSON_TYPE }, JSON.stringify({ tag: who.tag, body: 'for another', owner: who.name === 'ada' ? userB.id : userA.id })], statuses: { anon: [401], service: [201, 409], else: [403] } },
    { often: 3, ask: call('doze', '{"seconds":0.2}'), statuses: { anon: [401], else: [] } },
    { often: 7, leaves: true, ask: call('doze', '{"seconds":0.03}'), statuses: {} },
];

function pick() {
    let at = Math.random() * KINDS.reduce((sum, { often }) => sum + often, 0);
    return KINDS.find(({ often }) => (at -= often) < 0) ?? KINDS[0];
}

/** One client: asks as anybody, one request after the other, over one connection. */
async function client(tally) {
    const line = new Line(stand.postern.port);
    while (tally.asked < REQUESTS) {
        tally.asked++;
        const who = WHO[Math.floor(Math.random() * WHO.length)];
        const kind = pick();
        if (kind.skip?.(who)) continue;
        const [method, path, headers, body] = kind.ask(who);
        const asked = line.request(requestText(method, `/rest/v1/${path}`, headers, body), method);
        if (kind.leaves) {
            tally.left++;
            asked.catch(() => {});
            await sleep(Math.random() * 20);
            line.leave();
            continue;
        }
        const reply = await asked.catch((error) => error);
        judge(tally, who, kind, `${method} ${path}`, reply);
    }
    tally.stray += line.stray;
    line.leave();
}

function judge(tally, who, kind, what, reply) {
    if (reply instanceof Error) return tally.wrong.push(`${who.name} ${what}: ${reply.message}`);
    tally.bytes += reply.head.length + reply.body.length;
    for (const tag of who.others) if (reply.body.includes(tag) || reply.head.includes(tag)) tally.foreign.push(`${who.name} ${what}: ${reply.text.slice(0, 300)}`);
    tally.statuses[reply.status] = (tally.statuses[reply.status] ?? 0) + 1;
    const { text, status } = reply;
    if (status === CANCELLED && (text === '' || text.includes('57014'))) return tally.cancelled++;
    if (!(kind.statuses[who.name] ?? kind.statuses.else).includes(status)) return tally.wrong.push(`${who.name} ${what}: ${status} ${text.slice(0, 200)}`);
    if (status < 300 && kind.holds && !kind.holds(text, who)) tally.wrong.push(`${who.name} ${what} does not hold: ${text.slice(0, 200)}`);
    tally.good[who.name]++;
}

/** Cancels whatever runs, now and then, until told to stop. */
async function canceller(tally, running) {
    const admin = await stand.cluster.client(stand.db);
    while (running()) {
        const { rows } = await admin.query("select pg_cancel_backend(pid) from pg_stat_activity where usename = 'authenticator' and state = 'active' order by random() limit 1");
        tally.cancels += rows.length;
        await sleep(15 + Math.random() * 30);
    }
    await admin.end();
}

test(`${REQUESTS} requests, four identities, two connections: no row of another`, async (t) => {
    const tally = { asked: 0, left: 0, stray: 0, bytes: 0, cancels: 0, cancelled: 0, statuses: {}, good: { ada: 0, bo: 0, anon: 0, service: 0 }, foreign: [], wrong: [] };
    const start = Date.now();
    let over = false;
    const cancelling = canceller(tally, () => !over);
    await Promise.all(Array.from({ length: LINES }, () => client(tally)));
    over = true;
    await cancelling;
    const metrics = await (await fetch(`${stand.url}/metrics`)).text();
    const metric = (name) => /\d+/.exec(metrics.split('\n').find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? '0')[0];
    const backends = (await stand.query("select count(*)::int as count from pg_stat_activity where usename = 'authenticator'"))[0].count;
    t.diagnostic(`${tally.asked} requests, ${tally.bytes} bytes searched, ${((Date.now() - start) / 1000).toFixed(1)} s; statuses ${JSON.stringify(tally.statuses)}; good ${JSON.stringify(tally.good)}`);
    t.diagnostic(`${tally.cancels} cancels sent, ${tally.cancelled} requests cancelled, ${tally.left} clients left; ${metric('postern_db_statements_total')} statements in ${metric('postern_db_round_trips_total')} round trips, ${metric('postern_db_joined_total')} joined; ${backends} backends`);
    t.diagnostic(`foreign tags: ${tally.foreign.length}, wrong answers: ${tally.wrong.length}, stray bytes: ${tally.stray}`);

    assert.deepEqual(tally.foreign.slice(0, 5), [], 'foreign tags');
    assert.equal(tally.stray, 0, 'bytes that nobody asked for');
    assert.deepEqual(tally.wrong.slice(0, 5), [], `${tally.wrong.length} wrong answers`);
    for (const [name, count] of Object.entries(tally.good)) assert.ok(count > REQUESTS / 8, `${name} got answers: ${count}`);
    assert.ok(backends <= 4, `${backends} backends`);
    assert.deepEqual(await stand.query('select count(*)::int as count from iso.notes where body not like tag || \'%\' and body <> \'for another\''), [{ count: 0 }], 'nobody wrote into another\'s rows');
});
