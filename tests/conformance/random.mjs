// Requests put together by chance from a seed: CONFORMANCE_SEED and CONFORMANCE_RANDOM (how many)
// change them. What fails is printed with its request, so it can become a case of requests.mjs.

const seed = Number(process.env.CONFORMANCE_SEED ?? 20260101);
const count = Number(process.env.CONFORMANCE_RANDOM ?? 400);

/** Mulberry32: the same numbers from the same seed. */
let state = seed;
function random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const some = (most, make) => Array.from({ length: Math.floor(random() * (most + 1)) }, make);
const chance = (part) => random() < part;
const e = encodeURIComponent;

const COLUMNS = {
    id: ['1', '5', '24', '-3', '999'], name: ['item 1', 'item 22', 'x', 'ITEM 3', 'a"b', 'a,b', '(x)', 'é', 'a\\b', '*em*'], qty: ['0', '2', '4'], price: ['1.25', '5', '-0.0'],
    done: ['true', 'false'], day: ['2026-01-05'], feels: ['sad', 'ok'], 'data->>n': ['3', '7'], 'data->in->>x': ['v4'], 'data->n': ['3'], uid: ['00000000-0000-4000-8000-000000000003'], short: ['s5'],
};
const TEXT = ['name', 'short', 'data->>n', 'data->in->>x'];
const column = () => pick(Object.keys(COLUMNS));

function inTree(value) {
    return /[,()"\\ ]/.test(value) || value === '' ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
}

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

const row = () => Object.fromEntries(some(4, () => pick([['id', pick([1, 2, 9, 'x', null])], ['name', pick(['n', null, 7, 'é"', ['a'], { b: 1 }])], ['extra', 1]])).filter(([key]) => key !== 'extra' || chance(0.1)));

function write() {
    const method = pick(['POST', 'POST', 'PATCH', 'DELETE', 'PUT']);
    const filter = method === 'POST' ? '' : pick(['id=eq.1', 'id=in.(1,2)', 'id=gt.0', 'name=eq.p2', 'id=eq.77', 'or=(id.eq.1,name.eq.p2)']);
    const select = chance(0.4) ? pick(['select=id', 'select=name,id', 'select=x:name', 'select=*', 'select=id::text']) : '';
    const headers = {
        accept: pick(ACCEPT.slice(0, 6)),
        ...prefers(['return=representation', 'return=representation', 'return=minimal', 'return=headers-only', 'count=exact', 'resolution=merge-duplicates', 'resolution=ignore-duplicates', 'missing=default', 'handling=strict']),
    };
    const rows = chance(0.3) ? some(3, row) : row();
    const body = method === 'DELETE' ? undefined : JSON.stringify(rows);
    return { method, path: `/parents?${[filter, select].filter(Boolean).join('&')}`, headers, body, writes: ['parents', 'children'], as: pick(['service', 'service', 'user', 'anon']) };
}

export const chances = Array.from({ length: count }, () => ({ group: `seed ${seed}`, ...pick([read, read, call, write, write])() }));
