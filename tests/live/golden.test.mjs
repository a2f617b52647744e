// Frame by frame: what our server says is what Supabase's says (golden.json), whole, in its order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey } from '../support/tokens.mjs';

const { fixture, scenes } = JSON.parse(readFileSync(new URL('golden.json', import.meta.url)));
const KINDS = { int: /^\d+$/, text: /^.+$/s, time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };

let stand;
before(async () => {
    stand = await startStand({ env: { POSTERN_WORKERS: '2' } });
    stand.cluster.psql(fixture, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(() => stand?.stop());

/* ---- frames as golden.json writes them ---- */

const bytesOf = (pieces) => Buffer.concat(pieces.map((piece) => (piece.startsWith('<') ? Buffer.from(piece.replace(/[^0-9a-f]/g, ''), 'hex') : Buffer.from(piece))));
const written = (frame) => (frame.binary ? bytesOf(frame.binary) : JSON.stringify(frame).replace('{anon}', anonKey));
const read = (data, isBinary) => (isBinary ? { bytes: data.toString('latin1') } : JSON.parse(data));

/** The frame that is wanted, with the values that the names stand for; a new name takes what is there. */
function fill(want, got, names) {
    if (want?.binary) return { bytes: bytesOf(want.binary).toString('latin1') };
    if (typeof want === 'string' && want.startsWith('~')) {
        const [name, kind] = want.slice(1).split(':');
        if (!(name in names) && kind && KINDS[kind].test(got)) names[name] = got;
        return names[name] ?? want;
    }
    if (Array.isArray(want)) return want.map((one, i) => fill(one, got?.[i], names));
    if (want === null || typeof want !== 'object') return want;
    return Object.fromEntries(Object.entries(want).map(([key, one]) => [key, fill(one, got?.[key], names)]));
}

/* ---- one socket ---- */

async function dial(vsn) {
    const socket = new WebSocket(`${stand.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=${vsn}`);
    const frames = [];
    socket.on('message', (data, isBinary) => frames.push(read(data, isBinary)));
    await new Promise((done, fail) => socket.on('open', done).on('error', fail));
    return { socket, frames };
}

const BEAT = { '1.0.0': { topic: 'phoenix', event: 'heartbeat', payload: {}, ref: 'end' }, '2.0.0': [null, 'end', 'phoenix', 'heartbeat', {}] };
const BEATEN = { '1.0.0': { topic: 'phoenix', event: 'phx_reply', payload: { status: 'ok', response: {} }, ref: 'end' }, '2.0.0': [null, 'end', 'phoenix', 'phx_reply', { status: 'ok', response: {} }] };

const DO = {
    differs: () => {},
    send: ({ socket }, frame) => socket.send(written(frame)),
    sql: (_one, statement) => stand.query(statement),
    http: async (_one, { path, body, status }) => {
        const reply = await fetch(stand.url + path, { method: 'POST', headers: { apikey: anonKey, 'content-type': 'application/json' }, body: JSON.stringify(body) });
        assert.equal(reply.status, status, await reply.text());
    },
    receive: async ({ frames, names }, wanted) => {
        await until(() => frames.length >= wanted.length, () => `${JSON.stringify(wanted)}, there is ${JSON.stringify(frames)}`, 20000);
        const got = frames.splice(0, wanted.length);
        assert.deepEqual(got, wanted.map((want, i) => fill(want, got[i], names)));
    },
};

/** Plays a scene; the answer to a heartbeat is the last that comes. */
async function play({ vsn, steps }) {
    const one = { ...await dial(vsn), names: {} };
    try {
        for (const step of [...steps, { send: BEAT[vsn] }, { receive: [BEATEN[vsn]] }])
            for (const [what, arg] of Object.entries(step)) await DO[what](one, arg);
        assert.deepEqual(one.frames, []);
    } finally {
        one.socket.terminate();
    }
}

/* Side by side: refusals have their delay. */
test('every frame is the one that Supabase sends', async (t) => {
    const results = await Promise.allSettled(scenes.map(play));
    for (const [i, { name }] of scenes.entries()) await t.test(name, () => {
        if (results[i].status === 'rejected') throw results[i].reason;
    });
});
