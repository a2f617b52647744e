// Requests put together by chance over the items of fixture.sql; see seed.mjs. What fails is printed
// with its request, so it can become a case of requests.mjs.
import { chance, count, e, inTree, pick, seed, some } from './seed.mjs';

const COLUMNS = {
    id: ['1', '5', '24', '-3', '999'], name: ['item 1', 'item 22', 'x', 'ITEM 3', 'a"b', 'a,b', '(x)', 'é', 'a\\b', '*em*'], qty: ['0', '2', '4'], price: ['1.25', '5', '-0.0'],
    done: ['true', 'false'], day: ['2026-01-05'], feels: ['sad', 'ok'], 'data->>n': ['3', '7'], 'data->in->>x': ['v4'], 'data->n': ['3'], uid: ['00000000-0000-4000-8000-000000000003'], short: ['s5'],
};
const TEXT = ['name', 'short', 'data->>n', 'data->in->>x'];
const column = () => pick(Object.keys(COLUMNS));

function expression(of, quote) {
    const value = () => pick(COLUMNS[of]);
    const kinds = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'is', 'isdistinct', ...(TEXT.includes(of) ? ['like', 'ilike', 'match', 'imatch'] : [])];
    const op = pick(kinds);
    const not = chance(0.2) ? 'not.' : '';
    if (op === 'in') return `${not}in.(${[value(), ...some(3, value)].map(inTree).join(',')})`;
    if (op === 'is') return `${not}is.${of === 'done' ? pick(['true', 'false', 'unknown', 'null']) : 'null'}`;
    const text = op.endsWith('match') ? pick(['^item', '[12]$', 'x|1']) : value();
    return `${not}${op}.${quote ? inTree(text) : text}`;
}

function tree(depth) {
    const leaf = () => { const of = column(); return `${of}.${expression(of, true)}`; };
    const node = () => (depth > 0 && chance(0.3) ? `${chance(0.3) ? 'not.' : ''}${pick(['and', 'or'])}${tree(depth - 1)}` : leaf());
    return `(${[node(), ...some(2, node)].join(',')})`;
}

const item = () => pick(['*', 'id', 'name', 'qty', 'price', 'a:name', 'id::text', 'p:price::int', 'data->n', 'data->>n', 'k:data->list->0', 'tags', 'feels', 'at', 'day::text', 'twice', 'done']);
const term = () => column() + pick(['', '', '.asc', '.desc']) + pick(['', '', '', '.nullsfirst', '.nullslast']);

function query(parts) {
    const list = [];
    if (chance(0.8)) list.push(['select', [item(), ...some(3, item)].join(',')]);
    for (const of of some(3, column)) list.push([of, expression(of, false)]);
    if (chance(0.25)) list.push([`${chance(0.3) ? 'not.' : ''}${pick(['or', 'and'])}`, tree(2)]);
    list.push(['order', [...some(2, term), 'id'].join(',')]);
    if (parts.paged && chance(0.4)) list.push(['limit', pick(['0', '1', '5', '30'])]);
    if (parts.paged && chance(0.3)) list.push(['offset', pick(['0', '1', '7', '40'])]);
    return list.map(([key, value]) => `${e(key)}=${e(value)}`).join('&');
}

const ACCEPT = ['application/json', 'application/json', 'application/json', '*/*', 'application/vnd.pgrst.object+json', 'text/csv', 'application/vnd.pgrst.array+json;nulls=stripped'];
const prefers = (list) => { const chosen = some(3, () => pick(list)); return chosen.length ? { prefer: chosen.join(pick([',', ', '])) } : {}; };

function read() {
    const headers = { accept: pick(ACCEPT), ...prefers(['count=exact', 'handling=lenient', 'handling=strict', 'return=minimal', 'bogus']) };
    if (chance(0.15)) headers.range = pick(['0-3', '2-', '5-5', '7-2', 'junk']);
    return { method: chance(0.15) ? 'HEAD' : 'GET', path: `/items?${query({ paged: true })}`, headers, as: pick(['service', 'user', 'anon']) };
}

function call() {
    const headers = { accept: pick(ACCEPT.slice(0, 5)), ...prefers(['count=exact', 'handling=lenient']) };
    const path = `/rpc/all_items?${query({ paged: true })}`;
    return chance(0.5) ? { path, headers, as: 'service' } : { method: 'POST', path, headers, body: '{}', as: 'service' };
}

/** What may be written where: by column, values that fit and some that do not. */
const TABLES = {
    parents: { key: ['id'], values: { id: [1, 2, 9, 'x', null], name: ['n', null, 7, 'é"', ['a'], { b: 1 }] } },
    pairs: { key: ['a', 'b'], values: { a: [1, 2, 9, null, 'x'], b: ['x', 'y', 'z,1', 'é &='], v: ['v', null, 3, 'NULL'] } },
    loose: { key: [], values: { a: [1, 7, null, '8', 'x'], b: ['x', null, 'l\nm', true] } },
    items: {
        key: ['id'],
        values: {
            id: [1, 5, 500, 501], name: ['item 1', 'new', 'a,b'], qty: [0, 3, -1, null, '4'], tags: [['a'], '{b,c}', null], data: [{ a: 1 }, [1], null, 'text'],
            feels: ['ok', 'nope', null], done: [true, 'f', null], day: ['2026-02-03', null], raw: ['\\x00ff'], inside: ['[1,3)'], price: [1, 2.5, '3.005'],
        },
    },
};
const subset = (list) => list.filter(() => chance(0.5));
const valueOf = (of, name) => (name === 'extra' ? 1 : pick(TABLES[of].values[name]));
const rowOf = (of, names) => Object.fromEntries(names.map((name) => [name, valueOf(of, name)]));

const asText = (value) => (value === null ? 'NULL' : typeof value === 'object' ? JSON.stringify(value) : String(value));
const csvField = (text) => (/[",\r\n]/.test(text) || chance(0.1) ? `"${text.replaceAll('"', '""')}"` : text);
const csv = (names, rows) => [names, ...rows.map((one) => names.map((name) => asText(one[name])))].map((line) => line.map(csvField).join(',')).join(pick(['\n', '\r\n']));
const form = (one) => Object.entries(one).map(([name, value]) => `${e(name)}=${e(asText(value)).replaceAll('%20', '+')}`).join('&');

/** A body as { body, type }: mostly JSON, of rows that mostly have the same keys. */
function bodyOf(of) {
    const keys = subset(Object.keys(TABLES[of].values)), names = chance(0.7) ? [...new Set([...TABLES[of].key, ...keys])] : keys;
    if (chance(0.05)) names.push('extra');
    const rows = [rowOf(of, names), ...some(2, () => rowOf(of, chance(0.95) ? names : subset(names)))];
    if (names.length > 0 && chance(0.2) && rows.every((one) => Object.keys(one).length === names.length)) return { type: 'text/csv', body: csv(names, rows) };
    if (chance(0.15)) return { type: 'application/x-www-form-urlencoded', body: form(rows[0]) };
    return { body: JSON.stringify(chance(0.5) ? rows[0] : chance(0.9) ? rows : []) };
}

function filterOf(of, method) {
    const { key, values } = TABLES[of];
    if (method === 'POST') return [];
    if (method === 'PUT' || chance(0.3)) return key.filter(() => chance(0.95)).map((name) => [name, `eq.${asText(valueOf(of, name))}`]);
    const name = pick(Object.keys(values));
    return [pick([[name, `eq.${asText(valueOf(of, name))}`], [name, 'not.is.null'], ['or', `(${name}.is.null,${name}.eq.${inTree(asText(valueOf(of, name)))})`]])];
}

function write() {
    const of = pick(['parents', 'parents', 'pairs', 'loose', 'items']), method = pick(['POST', 'POST', 'POST', 'PATCH', 'DELETE', 'PUT']), names = Object.keys(TABLES[of].values);
    const { type, body } = bodyOf(of);
    const list = filterOf(of, method);
    if (chance(0.4)) list.push(['select', pick([names[0], `${names[1]},${names[0]}`, `x:${names[1]}`, '*', `${names[0]}::text`])]);
    if (method !== 'DELETE' && !type && chance(0.15)) list.push(['columns', pick([names[0], names.slice(0, 2).join(','), 'nope'])]);
    if (method === 'POST' && chance(0.15)) list.push(['on_conflict', pick([names[0], TABLES[of].key.join(',') || 'a', 'nope'])]);
    const headers = {
        accept: pick(ACCEPT.slice(0, 6)), ...(type && method !== 'DELETE' && { 'content-type': type }),
        ...prefers(['return=representation', 'return=representation', 'return=minimal', 'return=headers-only', 'count=exact', 'resolution=merge-duplicates', 'resolution=ignore-duplicates', 'missing=default', 'handling=strict']),
    };
    const query = list.map(([key, value]) => `${e(key)}=${e(value)}`).join('&');
    return { method, path: `/${of}?${query}`, headers, body: method === 'DELETE' ? undefined : body, writes: of === 'parents' ? ['parents', 'children'] : [of], as: pick(['service', 'service', 'user', 'anon']) };
}

/** What may be embedded in what: [target, its relation, is it one row]. */
const RELATED = {
    ferries: [['home', 'harbours', true], ['harbours!goal', 'harbours', true], ['crew', 'crew', false], ['entries', 'entries', false], ['captain', 'crew', true], ['ferries_crew', 'ferries_crew', false]],
    harbours: [['ferries!ferry_home', 'ferries', false], ['ferries!goal', 'ferries', false], ['keepers', 'crew', false], ['near', 'harbours', true], ['harbours!near', 'harbours', false]],
    crew: [['ferries', 'ferries', false], ['licences', 'licences', true]],
    licences: [['crew', 'crew', true]],
    entries: [['ferries', 'ferries', true], ['named_ferries', 'named_ferries', true]],
    named_ferries: [['entries', 'entries', false], ['home', 'harbours', true]],
    ferries_crew: [['crew', 'crew', true], ['ferries', 'ferries', true]],
};
const KEYS = { entries: 'entry', licences: 'sailor', ferries_crew: 'sailor' };
const SHOWN = { entries: ['line', 'entry'], licences: ['number'], ferries_crew: ['ferry'], named_ferries: ['id', 'loud'] };
const keyOf = (relation) => KEYS[relation] ?? 'id';

/** One embed as text; what is said of it goes to the parameters. PostgREST sorts the keys of what is
 *  embedded, short ones first, so they are asked for in that order. */
function embed(from, path, depth, parameters) {
    const [target, relation, one] = pick(RELATED[from]);
    const alias = `embedded_${String.fromCharCode(97 + depth)}${path.length}`;
    const here = [...path, alias].join('.');
    const columns = pick([SHOWN[relation] ?? ['id', 'name'], [relation === 'crew' || relation === 'harbours' ? '*' : keyOf(relation)], [keyOf(relation)]]);
    const inner = depth > 0 && chance(0.5) ? [embed(relation, [...path, alias], depth - 1, parameters)] : [];
    if (chance(0.3)) parameters.push([`${here}.${keyOf(relation)}`, pick(['gt.1', 'lt.3', 'eq.2', 'not.eq.1', 'in.(1,2)'])]);
    if (chance(0.15)) parameters.push([`${here}.${pick(['or', 'not.and'])}`, `(${keyOf(relation)}.eq.1,${keyOf(relation)}.gt.2)`]);
    if (!one) parameters.push([`${here}.order`, keyOf(relation) + pick(['', '.desc'])]);
    if (!one && chance(0.3)) parameters.push([`${here}.limit`, pick(['1', '2', '0'])]);
    if (!one && chance(0.2)) parameters.push([`${here}.offset`, '1']);
    return `${alias}:${target}${pick(['', '', '!inner', '!left'])}(${[...columns, ...inner].join(',')})`;
}

function embedding() {
    const from = pick(['ferries', 'harbours', 'crew']);
    const parameters = [];
    const text = embed(from, [], 2, parameters);
    const alias = text.split(':')[0];
    if (chance(0.25)) parameters.push(pick([[alias, 'is.null'], [alias, 'not.is.null'], ['or', `(${alias}.is.null,id.eq.1)`]]));
    if (chance(0.3)) parameters.push(['limit', pick(['1', '2'])]);
    const query = [['select', `id,name,${text}`], ['order', 'id'], ...parameters].map(([key, value]) => `${e(key)}=${e(value)}`).join('&');
    return { method: chance(0.1) ? 'HEAD' : 'GET', path: `/${from}?${query}`, headers: { accept: pick(ACCEPT.slice(0, 4)), ...prefers(['count=exact']) }, as: 'service' };
}

export const chances = Array.from({ length: count }, () => ({ group: `seed ${seed}`, ...pick([read, read, call, write, write, embedding, embedding])() }));
