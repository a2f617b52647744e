// Which relationships there are, by what name each is meant, and what is said when there is none or
// more than one. What embedding then does with them is in embedding.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startLanguage } from './stand.mjs';

describe('relationships', () => {
    let stand;
    before(async () => { stand = await startLanguage({ fixture: 'relationships.sql' }); });
    after(() => stand?.stop());

    async function same(cases) {
        for (const [path, want] of cases) {
            const { status, json } = await stand.ask(path);
            assert.deepEqual({ path, status, json }, { path, status: 200, json: want });
        }
    }

    async function refused(path) {
        const { status, json } = await stand.ask(path);
        return { status, code: json.code, hint: json.hint, details: json.details };
    }

    it('leads through views to the keys of tables that are not exposed', () => same([
        ['/books?select=id,authors!books_author_id_fkey(name)&order=id', [{ id: 10, authors: { name: 'Ada' } }, { id: 11, authors: { name: 'Bo' } }]],
        ['/authors?select=name,books!editor_id(id)&order=id&books.order=id', [{ name: 'Ada', books: [] }, { name: 'Bo', books: [{ id: 10 }, { id: 11 }] }]],
        ['/books?select=title,writers!books_author_id_fkey(name)&order=id&limit=1', [{ title: 'One', writers: { name: 'ADA' } }]],
        ['/titles?select=%22The title%22,authors(name)&order=%22:resno%22', [{ 'The title': 'One', authors: { name: 'Ada' } }, { 'The title': 'Two', authors: { name: 'Bo' } }]],
        ['/authors?select=name,titles(%22:resno%22)&id=eq.1', [{ name: 'Ada', titles: [{ ':resno': 10 }] }]],
        ['/shelf?select=title,authors(name)&id=eq.11', [{ title: 'Two', authors: { name: 'Bo' } }]],
        ['/twice?select=id,authors!one(name)&id=eq.10', [{ id: 10, authors: { name: 'Ada' } }]],
        ['/authors?select=name,authors(name)&id=eq.1', [{ name: 'Ada', authors: [{ name: 'Bo' }] }]],
        ['/authors?select=name,mentor(name)&id=eq.2', [{ name: 'Bo', mentor: { name: 'Ada' } }]],
        ['/people_view?select=name,trips!people_trips(id)', [{ name: 'Cy', trips: [{ id: 5 }] }]],
    ]));

    it('does not lead through an expression', async () => {
        assert.equal((await refused('/counts?select=books,authors(name)')).code, 'PGRST200');
    });

    it('a view has the primary key of the table below it', async () => {
        const headers = { Prefer: 'return=headers-only' };
        const made = await stand.ask('/books', { method: 'POST', headers, body: { id: 20, title: 'New', author_id: 1 } });
        assert.equal(made.status, 201);
        assert.equal(made.headers.get('location'), '/books?id=eq.20');
        const put = await stand.ask('/books?id=eq.20', { method: 'PUT', body: { id: 20, title: 'Newer', author_id: 1, editor_id: 1 } });
        assert.equal(put.status, 204, put.text);
        assert.equal((await stand.ask('/titles', { method: 'OPTIONS' })).headers.get('allow').includes('PUT'), true);
        assert.equal((await stand.ask('/books?id=eq.20', { method: 'DELETE' })).status, 204);
    });

    it('is many to many only by a junction whose primary key holds both keys', () => same([
        ['/people?select=name,trips!people_trips(id)', [{ name: 'Cy', trips: [{ id: 5 }] }]],
        ['/trips?select=id,people!people_trips(name)', [{ id: 5, people: [{ name: 'Cy' }] }]],
        ['/trips?select=id,people!people_trips_view(name)', [{ id: 5, people: [{ name: 'Cy' }] }]],
    ]));

    it('is not made by a junction that nobody sees', async () => {
        const { code, hint } = await refused('/people?select=places(name)');
        assert.deepEqual({ code, hint }, { code: 'PGRST200', hint: null });
    });

    it('is one to one where the columns of the key are unique, in any order', () => same([
        ['/tickets?select=id,seats(label)', [{ id: 9, seats: { label: 'B' } }]],
        ['/seats?select=label,tickets(id)', [{ label: 'B', tickets: { id: 9 } }]],
        ['/passports?select=number,people(name)', [{ number: 'P7', people: { name: 'Cy' } }]],
    ]));

    it('is of the partitioned table, not of a partition', async () => {
        await same([
            ['/events?select=id,places(name)', [{ id: 1, places: { name: 'Oslo' } }]],
            ['/places?select=name,events(id)&id=eq.1', [{ name: 'Oslo', events: [{ id: 1 }] }]],
        ]);
        assert.equal((await refused('/places?select=events_old(id)')).hint, "Perhaps you meant 'events' instead of 'events_old'.");
    });

    it('is computed by a function of a row, which goes before a foreign key', () => same([
        ['/people?select=favourite(name),home(name),everywhere(id)', [{ favourite: { name: 'Rome' }, home: { name: 'Oslo' }, everywhere: [{ id: 1 }, { id: 2 }] }]],
        ['/people?select=passports(number)', [{ passports: { number: 'forged' } }]],
        ['/writers?select=name,works(title)&writer_id=eq.2', [{ name: 'BO', works: [{ title: 'Two' }] }]],
    ]));

    it('of a function that returns rows of a relation is that of the relation', () => same([
        ['/rpc/all_trips?select=id,start:places!trip_start(name)', [{ id: 5, start: { name: 'Oslo' } }]],
        ['/rpc/all_trips?select=id,people!people_trips(name)', [{ id: 5, people: [{ name: 'Cy' }] }]],
    ]));

    it('computed columns are read, tested and sorted by, and not in *', async () => {
        await same([
            ['/people?select=name,initial&initial=eq.C', [{ name: 'Cy', initial: 'C' }]],
            ['/places?select=initial,first:initial&order=initial.desc', [{ initial: 'r', first: 'r' }, { initial: 'o', first: 'o' }]],
            ['/people', [{ id: 7, name: 'Cy' }]],
            ['/trips?select=finish:places!trip_finish(initial)', [{ finish: { initial: 'r' } }]],
        ]);
        assert.equal((await stand.ask('/authors?select=initial')).json.code, '42703');
    });

    it('refuses an ambiguous name with all it may mean, in order', async () => {
        assert.deepEqual(await refused('/trips?select=places(name)'), {
            status: 300, code: 'PGRST201',
            hint: "Try changing 'places' to one of the following: 'places!trip_finish', 'places!trip_start'. Find the desired relationship in the 'details' key.",
            details: [
                { cardinality: 'many-to-one', embedding: 'trips with places', relationship: 'trip_finish using trips(finish) and places(id)' },
                { cardinality: 'many-to-one', embedding: 'trips with places', relationship: 'trip_start using trips(start) and places(id)' },
            ],
        });
        const { details } = await refused('/people?select=people_trips_view(*),trips!nope(*)');
        assert.match(details, /using the hint 'nope' in the schema 'api'/);
        assert.deepEqual((await refused('/trips?select=people(name)')).details.map((one) => one.relationship), [
            'people_trips using people_trips_trip_fkey(trip) and people_trips_person_fkey(person)',
            'people_trips_view using people_trips_trip_fkey(trip) and people_trips_person_fkey(person)',
        ]);
        assert.deepEqual((await refused('/seats?select=people(id)')).code, 'PGRST200');
    });

    it('suggests the nearest name, of the target or of the origin', async () => {
        const cases = [
            ['/trips?select=place(name)', "Perhaps you meant 'places' instead of 'place'."],
            ['/trips?select=places!nope(name)', null],
            ['/trips?select=zzz(name)', null],
            ['/counts?select=books(id)', "Perhaps you meant 'events' instead of 'counts'."], // it has no relationships
        ];
        for (const [path, hint] of cases) {
            const answer = await refused(path);
            assert.deepEqual({ path, status: answer.status, code: answer.code, hint: answer.hint }, { path, status: 400, code: 'PGRST200', hint });
        }
    });

    it('follows what the database learns', async () => {
        await stand.query('create table api.notes (id int primary key, trip int references api.trips); insert into api.notes values (1, 5); grant select on api.notes to web_anon; notify pgrst');
        let answer;
        for (let i = 0; i < 100 && answer?.status !== 200; i++) {
            await new Promise((done) => setTimeout(done, 50));
            answer = await stand.ask('/trips?select=id,notes(id)');
        }
        assert.deepEqual(answer.json, [{ id: 5, notes: [{ id: 1 }] }]);
    });
});
