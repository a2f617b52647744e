// A curated route as server-sent events: its answer now, and again whenever a relation it reads has
// changed; one question for all who watch the same.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sleep, until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';
import { anonKey, mintUser, userA, userB } from '../support/tokens.mjs';
import { closeStreams, listen } from './streams.mjs';

const FIXTURE = `
create table notes (id int primary key, owner uuid, text text);
create table counts (asked int not null);
insert into counts values (0);
create view some_notes as select * from notes where id > 10;
create materialized view note_count as select count(*)::int as n from notes;
create function hidden_count() returns int language plpgsql stable as $$ begin return (select count(*) from notes); end $$;
grant select on notes, counts, some_notes, note_count to postern_api;
alter publication supabase_realtime add table notes;
`;
const ROUTES = {
    some: "-- GET /api/some\n-- Notes above ten.\n-- access: anyone\n-- param: min int = 0\nselect json_agg(id order by id) from some_notes where id >= :min",
    hidden: "-- GET /api/hidden\n-- What a function counts.\n-- access: anyone\n-- reads: notes\nselect to_json(hidden_count())",
    counted: "-- GET /api/counted\n-- What a job refreshes.\n-- access: anyone\n-- cache: 1h\n-- reads: public.note_count\nselect to_json(n) from note_count",
    mine: "-- GET /api/mine\n-- One's own notes.\n-- access: user\nselect json_agg(text order by id) from notes where owner = auth.uid()",
    one: "-- GET /api/one/{id}\n-- One note.\n-- access: anyone\n-- param: id int\n-- answer: row or 404 No such note\nselect json_build_object('id', id, 'text', text) from notes where id = :id",
    all: "-- GET /api/all\n-- Row by row.\n-- access: anyone\n-- answer: array\nselect to_json(id) from notes",
    slow: "-- GET /api/slow\n-- Takes a while.\n-- access: anyone\n-- reads: notes\nselect json_build_object('n', (select count(*) from notes), 'at', clock_timestamp()) from pg_sleep(0.2)",
};
let stand, folder;
before(async () => {
    folder = mkdtempSync('/tmp/pt-watch-');
    for (const [name, text] of Object.entries(ROUTES)) writeFileSync(join(folder, `${name}.sql`), text);
    stand = await startStand({ sql: FIXTURE, env: { POSTERN_ROUTES_DIR: folder, POSTERN_WORKERS: '1' } });
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    closeStreams();
    rmSync(folder, { recursive: true, force: true });
    await stand?.stop();
});
const at = (path) => `${stand.postern.url}/api/${path}`;
const bodies = (stream) => stream.of('message').map(({ data }) => data);
const says = (stream, body) => until(() => JSON.stringify(bodies(stream).at(-1)) === JSON.stringify(body), () => `${JSON.stringify(body)}: ${JSON.stringify(stream.events)}`);
/** It watches as soon as the plan is known: what is committed then is told within less than the look every 15 s. */
const quickly = async (fn) => { const began = Date.now(); await fn(); return Date.now() - began; };

test('the answer now, and again when a table below its view has changed, and only then', async () => {
    const stream = await listen(at('some'));
    await says(stream, null);
    assert.deepEqual([stream.status, stream.headers['content-type']], [200, 'text/event-stream']);
    await sleep(1000);
    assert.ok(await quickly(async () => {
        await stand.query("insert into notes values (11, null, 'a'), (1, null, 'low')");
        await says(stream, [11]);
    }) < 12000);
    await stand.query("update notes set text = 'other' where id = 11"); // the same bytes
    await stand.query("insert into notes values (12, null, 'b')");
    await says(stream, [11, 12]);
    await stand.query('delete from notes where id = 11');
    await says(stream, [12]);
    assert.deepEqual(bodies(stream), [null, [11], [11, 12], [12]]);
    assert.ok(stream.of('message').every(({ id }) => /^[0-9A-F]+\/[0-9A-F]+/.test(id)));
    const other = await listen(at('some?min=12'));
    await says(other, [12]);
    for (const one of [stream, other]) one.close();
});

test('what functions and materialized views hide is named by reads:', async () => {
    const [hidden, counted] = await Promise.all([listen(at('hidden')), listen(at('counted'))]);
    await Promise.all([says(hidden, 2), says(counted, 0)]);
    await stand.query("insert into notes values (20, null, 'c')");
    await says(hidden, 3);
    await stand.query('refresh materialized view note_count');
    await stand.query("select pg_notify('postern', 'refreshed public.note_count')");
    await says(counted, 3);
    for (const one of [hidden, counted]) one.close();
});

test('each user watches what is theirs, until the token is over', async () => {
    const short = await mintUser(userB.id, userB.email, { exp: Math.floor(Date.now() / 1000) + 5 });
    assert.equal((await listen(at('mine'))).status, 401);
    const [ada, bo] = await Promise.all([listen(at('mine'), { token: userA.token }), listen(at('mine'), { token: short })]);
    await Promise.all([says(ada, null), says(bo, null)]);
    await sleep(500);
    await stand.query(`insert into notes values (30, '${userA.id}', 'ada'), (31, '${userB.id}', 'bo')`);
    await Promise.all([says(ada, ['ada']), says(bo, ['bo'])]);
    await until(() => bo.ended, 'the end of the token', 20000);
    assert.deepEqual([bo.events.at(-1).event, bo.events.at(-1).data], ['expired', { message: 'The token has expired' }]);
    ada.close();
});

test('what is refused, and what ends', async () => {
    assert.equal((await listen(at('one/999'))).status, 404);
    assert.equal((await listen(at('one/x'))).status, 400);
    const refused = await listen(at('all'));
    assert.deepEqual([refused.status, refused.body.hint], [406, 'Ask without Accept: text/event-stream']);
    const stream = await listen(at('one/20'));
    await says(stream, { id: 20, text: 'c' });
    await stand.query('delete from notes where id = 20');
    await until(() => stream.ended, 'the end', 20000);
    assert.deepEqual(stream.events.at(-1), { event: 'error', data: { error: 'No such note' } });
    assert.deepEqual(await (await fetch(at('some'), { headers: { apikey: anonKey } })).json(), [12, 30, 31]);
});

test('fifty who watch the same share each question, and a burst is one', async () => {
    const streams = await Promise.all(Array.from({ length: 50 }, () => listen(at('slow'))));
    await Promise.all(streams.map((one) => one.hears('message')));
    const seen = new Set(streams.map((one) => bodies(one)[0].at));
    assert.equal(seen.size, 1, 'one question');
    await stand.query('do $$ begin for n in 100 .. 149 loop insert into notes values (n); commit; end loop; end $$');
    const [{ n }] = await stand.query('select count(*)::int as n from notes');
    for (const one of streams) await until(() => bodies(one).at(-1).n === n, () => `${n}: ${JSON.stringify(bodies(one))}`);
    assert.ok(bodies(streams[0]).length < 30, `${bodies(streams[0]).length} answers to 50 changes`);
    for (const one of streams) one.close();
});
