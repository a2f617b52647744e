// Values of every type of PostgreSQL, alone, in arrays, in domains and in composite values, against
// what to_jsonb makes of them in the same database: PostgreSQL itself compares, digit by digit.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { until } from '../support/process.mjs';
import { startStand } from '../support/stand.mjs';

// Types that nobody can write a value of.
const NO_INPUT = ['gtsvector', 'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary', 'pg_dependencies', 'pg_mcv_list', 'pg_ndistinct', 'pg_node_tree'];

const SAMPLES = {
    bool: ['t', 'f'], bytea: ['\\xdeadbeef', '\\x', 'a\\\\b'], char: ['x', '"'], name: ['a name', ''],
    int2: ['-32768', '7'], int4: ['0', '-2147483648'], int8: ['9223372036854775807', '-1'], int2vector: ['1 2 3', ''], oidvector: ['10 20', ''],
    oid: ['4294967295', '1'], xid: ['3'], xid8: ['18446744073709551615'], cid: ['4'], tid: ['(1,2)'],
    float4: ['1.5', '-0', 'NaN', '3.4e+38', '1e-30'], float8: ['0.1', '-Infinity', '1e-300', '12345678901234567', '1e15'], numeric: ['12.340', '-0.00', 'NaN', 'Infinity', '1e30', '123456789012345678901234567890.5'],
    money: ['-1234.5', '0'], text: ['a "q" \\ \n\t é 😀', '', 'NULL', '{1,2}', '(a,b)'], varchar: ['null', ' x '], bpchar: ['ab  '], refcursor: ['c'],
    json: ['{"b": 1, "a": [1, 2.50, null, "x"]}', '"text"', 'null'], jsonb: ['{"k": {"é": "\\u00e9"}}', '[]', '1.50', 'null'], jsonpath: ['$.a[*] ? (@ > 1)'],
    xml: ['<a b="c">d</a>'], uuid: ['6ecd8c99-4036-403d-bf84-cf8400f67836'],
    date: ['2026-01-02', 'infinity', '0044-03-15 BC', '12345-06-07'], time: ['03:04:05.678', '24:00'], timetz: ['03:04:05+02', '03:04-05:30'],
    timestamp: ['2026-01-02 03:04:05.6', '-infinity', '0044-03-15 00:00 BC', '12345-06-07 08:09'], timestamptz: ['2026-01-02 03:04:05.678901+02', 'infinity', '0044-03-15 00:00+00 BC', '12345-06-07 08:09+00'],
    interval: ['1 year 2 mons -3 days 04:05:06.7', '-1 second', '0'], bit: ['1', '0'], varbit: ['10101', ''],
    point: ['(1.5,-2)'], lseg: ['[(0,0),(1,1)]'], path: ['((0,0),(1,1))', '[(0,0),(2,1)]'], box: ['(1,1),(0,0)', '(3,4),(1,2)'], polygon: ['((0,0),(1,1),(1,0))'], line: ['{1,-1,0}'], circle: ['<(0,0),2>'],
    inet: ['10.0.0.1/8', '::1'], cidr: ['10.1.0.0/16'], macaddr: ['08:00:2b:01:02:03'], macaddr8: ['08:00:2b:01:02:03:04:05'],
    tsvector: ["'fat':2 'it''s':1"], tsquery: ["'fat' & 'rat'"], pg_lsn: ['16/B374D848'], pg_snapshot: ['10:20:10,14,15'], txid_snapshot: ['10:20:10'], aclitem: ['postgres=arwdDxt/postgres'],
    regproc: ['now'], regprocedure: ['abs(integer)'], regoper: ['||/'], regoperator: ['+(integer,integer)'], regclass: ['pg_class'], regtype: ['integer'], regrole: ['postgres'], regnamespace: ['pg_catalog'], regcollation: ['"C"'], regconfig: ['english'], regdictionary: ['simple'],
    int4range: ['[1,5)', 'empty', '(,)'], int8range: ['[1,)'], numrange: ['[1.5,2.5]'], daterange: ['[2026-01-01,2026-02-01)'], tsrange: ['[2026-01-01 00:00,2026-01-02 00:00)'], tstzrange: ['["2026-01-01 00:00+00",)'],
    int4multirange: ['{[1,3),[5,7)}', '{}'], int8multirange: ['{[1,3)}'], nummultirange: ['{[1.5,2.5]}'], datemultirange: ['{[2026-01-01,2026-02-01)}'], tsmultirange: ['{}'], tstzmultirange: ['{["2026-01-01 00:00+00",)}'],
};
// With lengths, and of the extensions that come with PostgreSQL.
const FURTHER = {
    'char(7)': ['ab'], 'varchar(9)': ['ab'], 'bit(5)': ['10100'], 'varbit(5)': ['101'], 'numeric(8,3)': ['1.5'], 'timestamptz(1)': ['2026-01-02 03:04:05.678+00'], 'interval second(1)': ['1.55'],
    hstore: ['"a"=>"1", "b c"=>NULL'], citext: ['MiXed'], ltree: ['top.science'], cube: ['(1,2),(3,4)'], mood: ['ok', 'so "so"'],
};

const quote = (name) => `"${name.replaceAll('"', '""')}"`;
const literal = (text) => (text === null ? 'null' : `'${text.replaceAll("'", "''")}'`);
const types = [...Object.entries(SAMPLES).map(([name, samples]) => ({ name, type: `pg_catalog.${quote(name)}`, samples })), ...Object.entries(FURTHER).map(([name, samples]) => ({ name, type: name, samples }))];

/** What the table has for a type: the type itself, arrays of one and two dimensions, a domain, a field. */
const FORMS = [
    ['one', ({ type }) => type, (value) => value],
    ['many', ({ type }) => `${type}[]`, (value, next, type) => `array[${value}, null, ${next}]::${type}[]`],
    ['square', ({ type }) => `${type}[]`, (value, next, type) => `array[array[${value}, ${next}], array[null, ${value}]]::${type}[]`],
    ['shifted', ({ type }) => `${type}[]`, (value, next, type) => `('[3:4]=' || array[${value}, ${next}]::${type}[]::text)::${type}[]`],
    ['domain', (_type, i) => `domain_${i}`, (value) => value],
    ['domains', (_type, i) => `domain_${i}[]`, (value, next, type, i) => `array[${next}, ${value}]::domain_${i}[]`],
    ['field', (_type, i) => `pair_${i}`, (value, next, type, i) => `row(${value}, array[${next}, null]::${type}[])::pair_${i}`],
    ['fields', (_type, i) => `pair_${i}[]`, (value, next, type, i) => `array[row(null, array[${value}]::${type}[]), row(${next}, null)]::pair_${i}[]`],
];

let stand, socket;
before(async () => {
    stand = await startStand();
    stand.cluster.psql(`create extension hstore; create extension citext; create extension ltree; create extension cube; create type mood as enum ('ok', 'so "so"');`, stand.db);
    await until(() => /changes stream/.test(stand.postern.logs()), 'the stream of changes');
});
after(async () => {
    socket?.terminate();
    await stand?.stop();
});

test('there is a sample of every type that PostgreSQL has', async () => {
    const all = await stand.query(`select typname as name from pg_type
        where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm') and not (typcategory = 'A' and typsubscript::text = 'array_subscript_handler' and typname like '\\_%')`);
    assert.deepEqual(all.map(({ name }) => name).filter((name) => !SAMPLES[name] && !NO_INPUT.includes(name)), []);
});

/** One table a form: its columns are all types. */
const tableOf = ([form, typeOf]) => `create table ${form} (id int primary key, ${types.map((type, i) => `${quote(type.name)} ${typeOf(type, i)}`).join(', ')});
    grant select on ${form} to anon;
    alter publication supabase_realtime add table ${form};`;

/** Its rows are the samples in turn, and one of NULLs. */
const ROWS = Math.max(...types.map(({ samples }) => samples.length));
function rowsOf([form, , valueOf]) {
    const valuesOf = (row) => types.map(({ type, samples }, i) => {
        const [value, next] = [row, row + 1].map((n) => `${literal(samples[n % samples.length])}::${type}`);
        return valueOf(value, next, type, i);
    });
    return `insert into ${form} (id) values (0);
        ${Array.from({ length: ROWS }, (_, row) => `insert into ${form} values (${row + 1}, ${valuesOf(row).join(', ')});`).join('\n')}`;
}

test('they come as to_jsonb has them', async () => {
    stand.cluster.psql(types.map(({ type }, i) => `create domain domain_${i} as ${type}; create type pair_${i} as (a ${type}, b ${type}[]);`).join('\n'), stand.db);
    for (const form of FORMS) stand.cluster.psql(tableOf(form), stand.db);

    const frames = [], of = (type) => frames.filter((frame) => frame.startsWith(`{"type":"${type}"`));
    socket = new WebSocket(`${stand.url.replace('http', 'ws')}/ws`);
    socket.on('message', (data) => /^\{"type":"(change|subscribed|error|gap)"/.test(data) && frames.push(String(data)));
    await new Promise((done, fail) => socket.on('open', done).on('close', fail));
    for (const [form] of FORMS) socket.send(JSON.stringify({ subscribe: { table: form } }));
    await until(() => of('subscribed').length === FORMS.length, () => frames.join('\n').slice(-2000));
    for (const form of FORMS) stand.cluster.psql(rowsOf(form), stand.db);
    await until(() => of('change').length === FORMS.length * (ROWS + 1), () => `${of('change').length} changes`, 30000);

    const wrong = [];
    for (const [form] of FORMS)
        wrong.push(...(await stand.query(`
            select $2 || ' ' || key || ' of row ' || r.id as what, got.value::text as got, want.value::text as want
            from unnest($1::text[]) as frame
            cross join lateral (select frame::jsonb -> 'change' as change) as c
            join ${form} r on r.id = (change -> 'record' ->> 'id')::int
            cross join lateral (
                select * from jsonb_each(change -> 'record') as got full join jsonb_each(to_jsonb(r)) as want using (key)
            ) as x(key, got_value, want_value)
            cross join lateral (select got_value as value) as got
            cross join lateral (select want_value as value) as want
            where change ->> 'table' = $2 and got.value::text is distinct from want.value::text
                and not (key = 'bytea' and $2 in ('one', 'domain') and '\\x' || (got.value #>> '{}') = want.value #>> '{}')`, [of('change'), form])));
    const kinds = new Map( // one row of each is enough to see
        wrong.map((one) => [one.what.replace(/ of row.*/, ''), one]));
    assert.deepEqual([...kinds.values()], []);
});
