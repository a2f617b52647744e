// The reader of project files against an independent one: thousands of documents made at random, and broken ones.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { parse, TomlDate } from 'smol-toml';
import { startCluster } from '../support/cluster.mjs';
import { migrate } from '../support/postern.mjs';

const DOCUMENTS = Number(process.env.TOML_DOCUMENTS ?? 400);
const SEED = Number(process.env.TOML_SEED ?? Date.now() % 1e6);
let cluster;
before(async () => {
    cluster = await startCluster();
    await migrate(await cluster.createDatabase('app'));
    await cluster.query(`create function try_toml(toml text) returns jsonb language plpgsql as $$
        begin return jsonb_build_object('is', postern.from_toml(toml)); exception when sqlstate 'PT400' then return jsonb_build_object('error', sqlerrm); end $$`, 'app');
});
after(() => cluster?.close());

const ours = async (documents) => (await cluster.query('select try_toml(toml) as read from unnest($1::text[]) with ordinality as all_of_them (toml, place) order by place', 'app', [documents])).map(({ read }) => read);

/** What the other reader says, as JSON has it: dates as they are written, no infinities. */
function theirs(toml) {
    const plain = (value) => {
        if (value instanceof TomlDate) return 'a time';
        if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('no JSON');
        if (Array.isArray(value)) return value.map(plain);
        if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
        return value === 0 ? 0 : value;
    };
    try {
        return { is: plain(parse(toml)) };
    } catch (error) {
        return { error: error.message };
    }
}
const TIME = /^(\d{4}-\d\d-\d\d([Tt ].*)?|\d\d:\d\d:\d\d.*)$/;
const timeless = (value) => (typeof value === 'string' && TIME.test(value) ? 'a time' : Array.isArray(value) ? value.map(timeless) : value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, timeless(inner)])) : value);

// ---- documents at random

let state = SEED;
const random = (n) => { state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0; return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * n); };
const one = (of) => of[random(of.length)];
const KEYS = ['a', 'b', 'c', 'd-1', 'E_2', '3', '"q k"', "'l.k'", '"\\u00e9"', '""'];
const key = () => Array.from({ length: 1 + (random(4) === 0) + (random(8) === 0) }, () => one(KEYS)).join(one(['.', ' . ', '.']));
const STRINGS = ['""', '"x # y"', "'\\raw'", '"tab\\tquote\\" \\\\ \\u0041\\U0001F600"', '"""\none\n  two\\\n   three"""', "'''\nraw \\n\n'quoted' '''", '"""a""b""""', "''''q'''", '"""x\\"""\\"y"""', '"é€😀"'];
const SCALARS = ['0', '-17', '+5', '1_000', '0xfF', '0o17', '0b1_01', '3.25', '-1e3', '6.02E+2', '1.5_5', 'true', 'false', '2026-01-02', '2026-01-02T03:04:05Z', '2026-01-02 03:04:05.5+01:00', '07:32:00'];
const WRONG = ['01', '1__0', '_1', '1.', '.5', '0x', '1e', 'True', 'inf', 'nan', '2026-13-01', '25:00:00', '"x', "'x", '"\\q"', '{a=1,}', '{a=1 b=2}', '[1 2]', '[,]', '{a.b=1,a.b=2}', '{a=1,a.b=2}', ''];
const gap = () => one(['', ' ', '\n', ' # a ] "comment\n ', '\t']);
function value(depth) {
    const kind = random(depth > 2 ? 2 : 5);
    if (random(60) === 0) return one(WRONG);
    if (kind === 0) return one(STRINGS);
    if (kind <= 2) return one(SCALARS);
    if (kind === 3) return `[${gap()}${Array.from({ length: random(4) }, () => value(depth + 1) + gap()).join(`,${gap()}`)}${one(['', '', ' '])}]`;
    return `{ ${Array.from({ length: random(3) }, () => `${key()} = ${value(depth + 1)}`).join(' , ')} }`;
}
function line() {
    const kind = random(12);
    if (kind === 0) return `[${key()}]`;
    if (kind === 1) return `[[ ${key()} ]] # a list`;
    if (kind === 2) return one(['', '# nothing', '  \t', '[a', 'a', '= 1', '[]', '[a]]', 'a = 1 b']);
    return `${one(['', '  '])}${key()} = ${value(0)}${one(['', ' # c'])}`;
}
const document = () => Array.from({ length: 1 + random(7) }, line).join(one(['\n', '\r\n'])) + one(['', '\n']);

test('what one reader takes, the other takes, and as the same', async (t) => {
    const documents = Array.from({ length: DOCUMENTS }, document);
    const read = await ours(documents);
    const differences = [];
    let good = 0;
    documents.forEach((toml, i) => {
        const want = theirs(toml);
        good += 'is' in want;
        const same = 'is' in want && 'is' in read[i] ? isDeepStrictEqual(timeless(read[i].is), timeless(want.is)) : 'is' in want === 'is' in read[i];
        if (!same) differences.push(`${JSON.stringify(toml)}\nours ${JSON.stringify(read[i])}\ntheirs ${JSON.stringify(want)}`);
    });
    assert.equal(differences.length, 0, `seed ${SEED}: ${differences.length} differ\n${differences.slice(0, 8).join('\n\n')}`);
    t.diagnostic(`${DOCUMENTS} documents, ${good} of them right`);
    assert.ok(good > DOCUMENTS / 5 && good < DOCUMENTS * 0.95, String(good));
});
