// Relations inside the rows of others: every kind, at every depth, with filters, order and pages of
// their own; what came after 12.0.2, and what one statement of ours must not lose.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLanguage } from './stand.mjs';

let stand;
before(async () => { stand = await startLanguage({ fixture: 'embedding.sql', env: { PGRST_DB_TX_END: 'rollback' } }); });
after(() => stand?.stop());

const ROWS = { Prefer: 'return=representation' };
const COUNT = { Prefer: 'count=exact' };

/** Each case: what it shows, the path, and the JSON of the answer. */
async function reads(cases) {
    for (const [what, path, want] of cases) {
        const reply = await stand.ask(path);
        assert.equal(reply.status, 200, `${what}: ${reply.text}`);
        assert.deepEqual(reply.json, want, what);
    }
}

/** Each case: what it shows, the path, the status, the code, the message, and perhaps the hint. */
async function refusals(cases, ask = (path) => stand.ask(path)) {
    for (const [what, path, status, code, message, hint] of cases) {
        const reply = await ask(path);
        assert.deepEqual([reply.status, reply.json.code, reply.json.message], [status, code, message], what);
        if (hint) assert.equal(reply.json.hint, hint, what);
    }
}

test('one row is an object, many are an array', () => reads([
    ['many to one', '/teams?select=name,firms(name)&order=id', [
        { name: 'red', firms: { name: 'Acme' } }, { name: 'green', firms: { name: 'Acme' } }, { name: 'blue', firms: { name: 'Umbrella' } }, { name: 'grey', firms: null }]],
    ['one to many', '/firms?select=name,teams(name)&order=id', [
        { name: 'Acme', teams: [{ name: 'red' }, { name: 'green' }] }, { name: 'Umbrella', teams: [{ name: 'blue' }] }, { name: 'Idle', teams: [] }]],
    ['one to one, from the key', '/badges?select=number,people(name)&order=number', [{ number: 'A-1', people: { name: 'Ann' } }, { number: 'B-2', people: { name: 'Bob' } }]],
    ['one to one, to the key', '/people?select=name,badges(number)&id=lt.4&order=id', [
        { name: 'Ann', badges: { number: 'A-1' } }, { name: 'Bob', badges: { number: 'B-2' } }, { name: 'Cid', badges: null }]],
    ['many to many', '/teams?select=name,people!members(name)&id=in.(10,13)&order=id', [{ name: 'red', people: [{ name: 'Ann' }, { name: 'Bob' }] }, { name: 'grey', people: [] }]],
    ['the junction itself', '/teams?select=members(hours,people(name))&id=eq.11', [{ members: [{ hours: 1, people: { name: 'Bob' } }] }]],
    ['itself, upwards', '/people?select=name,boss:boss_id(name,boss:boss_id(name))&id=eq.4', [{ name: 'Dee', boss: { name: 'Bob', boss: { name: 'Ann' } } }]],
    ['itself, downwards', '/people?select=name,people!boss_id(name)&id=eq.1', [{ name: 'Ann', people: [{ name: 'Bob' }, { name: 'Cid' }] }]],
    ['a view', '/senior?select=name,badges(number),members(hours)&order=id', [
        { name: 'Ann', badges: { number: 'A-1' }, members: [{ hours: 5 }] }, { name: 'Dee', badges: null, members: [{ hours: 2 }] }]],
    ['a function of rows', '/rpc/all_teams?select=name,firms(name)&firms.name=eq.Umbrella&firms=not.is.null', [{ name: 'blue', firms: { name: 'Umbrella' } }]],
    ['computed, many', '/firms?select=staff(name)&id=eq.2&staff.order=name', [{ staff: [{ name: 'Cid' }, { name: 'Dee' }] }]],
    ['computed, one', '/firms?select=oldest(name,initials)&order=id', [{ oldest: { name: 'Ann', initials: 'A.' } }, { oldest: { name: 'Dee', initials: 'D.' } }, { oldest: null }]],
]));

test('the same relation twice, under two names', () => reads([
    ['by hints', '/people?select=leads:teams!led_by(name),in:teams!members(name)&id=eq.2', [{ leads: [{ name: 'green' }, { name: 'blue' }], in: [{ name: 'red' }, { name: 'green' }] }]],
    ['each with its own filter', '/firms?select=a:teams(name),b:teams(name)&a.id=eq.10&b.id=eq.11&id=eq.1', [{ a: [{ name: 'red' }], b: [{ name: 'green' }] }]],
    ['even without a name', '/firms?select=teams(name),teams(id)&id=eq.2', [{ teams: [{ id: 12 }] }]],
    ['quoted names', '/firms?select=%22a.b%22:teams(name)&%22a.b%22.id=eq.10&%22a.b%22.limit=1&id=eq.1', [{ 'a.b': [{ name: 'red' }] }]],
]));

test('each level has its own filters, order and page', () => reads([
    ['a filter', '/firms?select=name,teams(name)&teams.name=like.*re*&order=id', [{ name: 'Acme', teams: [{ name: 'red' }, { name: 'green' }] }, { name: 'Umbrella', teams: [] }, { name: 'Idle', teams: [] }]],
    ['a tree of them', '/firms?select=name,teams(name)&teams.or=(name.eq.red,id.eq.12)&teams.not.and=(id.eq.12,name.eq.blue)&id=lt.3&order=id', [{ name: 'Acme', teams: [{ name: 'red' }] }, { name: 'Umbrella', teams: [] }]],
    ['order and page', '/firms?select=teams(id)&teams.order=id.desc&teams.limit=1&teams.offset=1&id=eq.1', [{ teams: [{ id: 10 }] }]],
    ['nothing of it', '/firms?select=teams(id)&teams.limit=0&id=eq.1', [{ teams: [] }]],
    ['two levels down', '/firms?select=teams(name,members(hours))&teams.members.hours=gt.5&teams.members.order=hours&teams.name=eq.red&id=eq.1', [{ teams: [{ name: 'red', members: [{ hours: 7 }] }] }]],
    ['a JSON path', '/people?select=badges(spare->>color)&badges.spare->>color=eq.red&badges=not.is.null', [{ badges: { color: 'red' } }]],
    ['a computed column', '/teams?select=name,people!members(name,initials)&people.initials=eq.B.&people.order=initials&id=eq.10', [{ name: 'red', people: [{ name: 'Bob', initials: 'B.' }] }]],
]));

test('inner and null filters decide which rows are left', () => reads([
    ['inner, one', '/teams?select=name,firms!inner(name)&firms.name=eq.Umbrella', [{ name: 'blue', firms: { name: 'Umbrella' } }]],
    ['inner, many', '/firms?select=name,teams!inner(name)&teams.name=eq.green', [{ name: 'Acme', teams: [{ name: 'green' }] }]],
    ['inner, many of one row', '/firms?select=name,teams!inner(name)&id=eq.1&teams.order=id', [{ name: 'Acme', teams: [{ name: 'red' }, { name: 'green' }] }]],
    ['inner, none of one row', '/firms?select=name,teams!inner(name)&id=eq.1&teams.name=eq.blue', []],
    ['inner, of one that has none', '/firms?select=name,teams!inner(name)&id=eq.3', []],
    ['inner, of half a key', '/members?select=hours,people!inner(members!inner(hours))&team_id=eq.10&order=hours', [{ hours: 5, people: { members: [{ hours: 5 }] } }, { hours: 7, people: { members: [{ hours: 7 }, { hours: 1 }] } }]],
    ['inner, many, in order', '/teams?select=members!inner(hours)&id=eq.12&members.order=hours', [{ members: [{ hours: 2 }, { hours: 9 }] }]],
    ['inner two levels down', '/firms?select=name,teams!inner(people!members!inner(name))&teams.people.name=eq.Dee', [{ name: 'Umbrella', teams: [{ people: [{ name: 'Dee' }] }] }]],
    ['the inner of a left one', '/firms?select=name,teams(name,members!inner(hours))&teams.members.hours=gt.8&order=id', [
        { name: 'Acme', teams: [] }, { name: 'Umbrella', teams: [{ name: 'blue', members: [{ hours: 9 }] }] }, { name: 'Idle', teams: [] }]],
    ['without showing it', '/firms?select=name,teams!inner()&teams.name=eq.green', [{ name: 'Acme' }]],
    ['none', '/firms?select=name,teams()&teams=is.null', [{ name: 'Idle' }]],
    ['some', '/teams?select=name,firms()&firms=not.is.null&firms.name=eq.Acme&order=id', [{ name: 'red' }, { name: 'green' }]],
    ['a row of nulls is one', '/people?select=name,badges(spare)&badges=not.is.null&badges.number=eq.B-2', [{ name: 'Bob', badges: { spare: null } }]],
    ['no row is none', '/people?select=name,badges(spare)&badges=is.null&order=id', [{ name: 'Cid', badges: null }, { name: 'Dee', badges: null }]],
    ['some of many', '/firms?select=name,teams(name)&teams=not.is.null&teams.name=eq.blue', [{ name: 'Umbrella', teams: [{ name: 'blue' }] }]],
    ['some of many, in order', '/firms?select=name,teams(name)&teams=not.is.null&teams.order=id&teams.limit=1&order=id.desc&limit=1', [{ name: 'Umbrella', teams: [{ name: 'blue' }] }]],
    ['none of the page of many', '/firms?select=name,teams(name)&teams=not.is.null&teams.limit=0', []],
    ['some of many by its key', '/firms?select=name,teams!inner(name)&teams.name=eq.blue&id=eq.2', [{ name: 'Umbrella', teams: [{ name: 'blue' }] }]],
    ['none of many by its key', '/firms?select=name,teams!inner(name)&teams.name=eq.blue&id=eq.1', []],
    ['one or the other', '/teams?select=name,firms(),members()&members.hours=gt.8&firms.name=eq.none&or=(firms.not.is.null,members.not.is.null)', [{ name: 'blue' }]],
    ['of an embedded one', '/firms?select=name,teams(name,members())&teams.members=is.null&teams.members.hours=gt.4&order=id', [
        { name: 'Acme', teams: [{ name: 'green' }] }, { name: 'Umbrella', teams: [] }, { name: 'Idle', teams: [] }]],
    ['nothing but empty ones', '/firms?select=teams(members())&id=eq.1', [{}]],
    ['a column goes before', '/teams?select=id,lead_id(name)&lead_id=eq.2&order=id', [{ id: 11, lead_id: { name: 'Bob' } }, { id: 12, lead_id: { name: 'Bob' } }]],
]));

test('order by a column of an embedded row', async () => {
    await reads([
        ['down', '/teams?select=id,firms(name)&order=firms(name).desc.nullslast,id', [
            { id: 12, firms: { name: 'Umbrella' } }, { id: 10, firms: { name: 'Acme' } }, { id: 11, firms: { name: 'Acme' } }, { id: 13, firms: null }]],
        ['by an alias', '/badges?select=number,p:people(n:name)&order=p(n).desc', [{ number: 'B-2', p: { n: 'Bob' } }, { number: 'A-1', p: { n: 'Ann' } }]],
        ['by a path', '/people?select=id,badges(spare)&order=badges(spare->>color).nullslast,id.desc&id=lt.3', [{ id: 1, badges: { spare: { color: 'red' } } }, { id: 2, badges: { spare: null } }]],
        ['inside', '/firms?select=teams(id,people!led_by(name))&teams.order=people(name).desc&id=eq.1', [{ teams: [{ id: 11, people: { name: 'Bob' } }, { id: 10, people: { name: 'Ann' } }] }]],
    ]);
    await refusals([
        ['of many', '/firms?select=teams(id)&order=teams(id)', 400, 'PGRST118', "A related order on 'teams' is not possible"],
        ['not there', '/teams?select=id&order=firms(name)', 400, 'PGRST108', "'firms' is not an embedded resource in this request", "Verify that 'firms' is included in the 'select' query parameter."],
        ['not selected there', '/teams?select=id,firms(id)&order=firms(name)', 400, '42703', 'column firms_1.name does not exist'],
    ]);
});

test('totals count what is left', async () => {
    for (const [path, want] of [
        ['/teams?select=id,firms!inner(id)&limit=1', '0-0/3'],
        ['/firms?select=id,teams!inner(id)&teams.name=eq.green&limit=1', '0-0/1'],
        ['/firms?select=id,teams(id)&teams=is.null&limit=1', '0-0/1'],
        ['/firms?select=id,teams!inner(members!inner())&teams.members.hours=gt.8', '0-0/1'],
        ['/rpc/all_teams?select=id,firms!inner(id)&limit=2', '0-1/3'],
    ]) {
        const reply = await stand.ask(path, { headers: COUNT });
        assert.equal(reply.headers.get('content-range'), want, `${path}: ${reply.text}`);
    }
    const head = await stand.ask('/firms?select=id,teams!inner(id)', { method: 'HEAD', headers: COUNT });
    assert.equal(head.headers.get('content-range'), '0-1/2');
});

test('the rows of a write and of a call have relations too', async () => {
    const write = async (what, method, path, body, want) => {
        const reply = await stand.ask(path, { method, body, headers: ROWS });
        assert.deepEqual(reply.json, want, `${what}: ${reply.text}`);
    };
    await write('insert', 'POST', '/teams?select=name,firms(name),people!led_by(initials)', { id: 20, name: 'new', firm_id: 3, lead_id: 4 }, [{ name: 'new', firms: { name: 'Idle' }, people: { initials: 'D.' } }]);
    await write('update, with a filter of the embed', 'PATCH', '/teams?select=id,members(hours)&id=eq.10&members.hours=gt.5', { name: 'x' }, [{ id: 10, members: [{ hours: 7 }] }]);
    await write('inner leaves rows out of the answer, not of the write', 'PATCH', '/teams?select=name,firms!inner(name)&id=gte.12&order=firms(name)', { lead_id: 1 }, [{ name: 'blue', firms: { name: 'Umbrella' } }]);
    await write('delete, in order of the embed', 'DELETE', '/teams?select=id,...firms(firm:name)&id=in.(13)&order=firms(firm)', undefined, [{ id: 13, firm: null }]);
    await write('nothing embedded is nothing returned', 'POST', '/teams?select=id,firms()', { id: 21, name: 'y', firm_id: 1 }, [{ id: 21 }]);
    await write('a function that writes', 'POST', '/rpc/new_team?select=name,firms(name)', { id: 30, name: 'z', firm_id: 2 }, [{ name: 'z', firms: { name: 'Umbrella' } }]);
});

test('no more is read than is asked for, so column privileges hold', async () => {
    await reads([['allowed columns', '/people?select=name,secrets(id)&id=eq.1', [{ name: 'Ann', secrets: [] }]]]);
    const reply = await stand.ask('/people?select=name,secrets(secret)&id=eq.1');
    assert.equal(reply.status, 401);
    assert.equal(reply.json.code, '42501');
});

test('other forms of the answer', async () => {
    const csv = await stand.ask('/teams?select=id,firms(name)&id=lt.12&order=id', { headers: { Accept: 'text/csv' } });
    assert.equal(csv.text, 'id,firms\n10,"{""name"": ""Acme""}"\n11,"{""name"": ""Acme""}"');
    const one = await stand.ask('/teams?select=id,firms(name)&id=eq.13', { headers: { Accept: 'application/vnd.pgrst.object+json;nulls=stripped' } });
    assert.deepEqual(one.json, { id: 13 });
});

test('which relationship is meant has to be clear', () => refusals([
    ['none', '/teams?select=id,lonely(id)', 400, 'PGRST200', "Could not find a relationship between 'teams' and 'lonely' in the schema cache"],
    ['several', '/teams?select=id,people(id)', 300, 'PGRST201', "Could not embed because more than one relationship was found for 'teams' and 'people'",
        "Try changing 'people' to one of the following: 'people!led_by', 'people!members'. Find the desired relationship in the 'details' key."],
    ['a filter for what is not there', '/teams?select=id&firms.name=eq.x', 400, 'PGRST108', "'firms' is not an embedded resource in this request"],
    ['deeper', '/teams?select=id,firms(id)&firms.people.limit=3', 400, 'PGRST108', "'people' is not an embedded resource in this request"],
    ['an unknown column', '/firms?select=teams(id,names)', 400, '42703', 'column teams_1.names does not exist'],
    ['a test of what is embedded, but for null, is of a column', '/teams?select=id,firms(id)&firms=eq.1', 400, '42703', 'column teams.firms does not exist'],
    ['too deep', `/people?select=${'boss_id('.repeat(17)}id${')'.repeat(17)}`, 400, 'PGRST100', 'The select parameter is more than 16 levels deep'],
    ['too many', `/firms?select=${Array.from({ length: 101 }, (_, i) => `t${i}:teams(id)`)}`, 400, 'PGRST100', 'A request may embed at most 100 relations'],
]));

test('a column called as the rows are in the statement', async () => {
    const reply = await stand.ask('/lonely?select=t,"list of"&limit=1', { headers: COUNT });
    assert.deepEqual(reply.json, [{ t: 'x', 'list of': 'y' }]);
    assert.deepEqual((await stand.ask('/lonely?select=t,"list of"', { headers: { Accept: 'text/csv' } })).text, 't,list of\nx,y');
});

test('filters go by the alias; the name beside it is warned of, or refused', async () => {
    const old = '/teams?select=id,f:firms(name)&firms.name=eq.Acme&f=not.is.null&order=id&limit=1';
    const reply = await stand.ask(old);
    assert.deepEqual(reply.json, [{ id: 10, f: { name: 'Acme' } }]);
    assert.match(reply.headers.get('warning'), /^299 Postern "Embedded resource was referenced by relation name .* Update `firms` to `f` in query string filters, orders or limits\."$/);
    assert.equal((await stand.ask(old.replace('firms.name', 'f.name'))).headers.get('warning'), null);
    const strict = await stand.more({ PGRST_URL_USE_LEGACY_TARGET_NAMES: 'false' });
    await refusals([['refused', old, 400, 'PGRST108', "'firms' is not an embedded resource in this request", "Change 'firms' to 'f' in filters, orders or limits."]], strict.ask);
});

test('rows of an array are capped as those of the target are', async () => {
    const capped = await stand.more({ PGRST_DB_MAX_ROWS: '1' });
    const reply = await capped.ask('/firms?select=id,teams(id,people!members(id))&order=id&teams.order=id&teams.people.order=id');
    assert.deepEqual(reply.json, [{ id: 1, teams: [{ id: 10, people: [{ id: 1 }] }] }]);
});
