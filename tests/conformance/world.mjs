// Requests of a grammar over the relations of world.sql: what is embedded, filtered, sorted and
// paged at every level, calls, writes, and texts with a slip of the finger in them.
import { chance, count, e, inTree, pick, seed, some } from './seed.mjs';

const ID = ['1', '2', '5', '7', '12', '99'];
const TEXTS = ['x 3', 'a,b 1', 'Ännchen 5', 'the "end" 7', 'writer 2', 'note 3', 'x*', '*1*', '%1%'];

/** Columns with the kind of their values; `key` sorts rows of one level. */
const TABLES = {
    writers: { key: ['id'], columns: { id: 'int', name: 'text', born: 'date', teacher_id: 'int', fame: 'num' }, one: ['teacher:writers!teacher_id'], many: ['books!writer_id', 'edited:books!books_editor_id_fkey', 'priced_books'] },
    books: { key: ['id'], columns: { id: 'int', title: 'text', writer_id: 'int', editor_id: 'int', price: 'num', tags: 'tags', data: 'json', spot: 'range', mood: 'enum', words: 'words', printed: 'time', shout: 'text' }, one: ['writers!writer_id', 'editor:writers!editor_id', 'w:writers!books_writer_id_fkey', 'blurbs', 'readers'], many: ['chapters', 'shelves', 'book_shelf', 'loans'] },
    chapters: { key: ['book_id', 'no'], columns: { book_id: 'int', no: 'int', title: 'text', pages: 'int' }, one: ['books', 'b:books'], many: ['notes', 'n:notes'] },
    notes: { key: ['id'], columns: { id: 'int', book_id: 'int', chapter_no: 'int', body: 'text' }, one: ['chapters'], many: [] },
    blurbs: { key: ['book_id'], columns: { book_id: 'int', body: 'text' }, one: ['books'], many: [] },
    shelves: { key: ['id'], columns: { id: 'int', name: 'text' }, one: [], many: ['books', 'book_shelf'] },
    book_shelf: { key: ['book_id', 'shelf_id'], columns: { book_id: 'int', shelf_id: 'int', place: 'int' }, one: ['books', 'shelves'], many: [] },
    loans: { key: ['id'], columns: { id: 'int', book_id: 'int', until: 'date' }, one: ['books'], many: [] },
    priced_books: { key: ['id'], columns: { id: 'int', title: 'text', writer_id: 'int', price: 'num' }, one: ['writers', 'writer_names'], many: ['chapters'] },
    writer_names: { key: ['writer'], columns: { writer: 'int', name: 'text', teacher_id: 'int' }, one: [], many: ['priced_books'] },
};
const TARGETS = { readers: 'writers' };
const target = (word) => { const name = word.replace(/^\w+:/, '').replace(/!.*/, ''); return TARGETS[name] ?? name; };
const shown = (word) => word.replace(/:.*/, '').replace(/!.*/, '');

const OPERATORS = {
    int: () => [pick(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'isdistinct']), pick(ID)],
    num: () => [pick(['eq', 'gt', 'lte', 'neq']), pick(['2.25', '9', '20', '-1'])],
    text: () => pick([() => [pick(['eq', 'neq', 'gt', 'lt', 'isdistinct']), pick(TEXTS)], () => [pick(['like', 'ilike']), pick(['*1*', 'X*', '%2', 'a,b*'])], () => [pick(['match', 'imatch']), pick(['^a', '[1-3]$', 'END'])], () => [pick(['like(any)', 'ilike(all)']), '{*1*,*a*}']])(),
    date: () => [pick(['gt', 'lte', 'eq']), pick(['1920-01-01', '2026-03-05', '1905-06-25'])],
    time: () => [pick(['gt', 'lte']), pick(['2026-01-05', '2026-01-10T00:00:00Z'])],
    enum: () => [pick(['eq', 'neq', 'gt']), pick(['sad', 'ok', 'happy'])],
    tags: () => [pick(['cs', 'cd', 'ov', 'eq', 'neq']), pick(['{all}', '{t1,all}', '{t0,t1,t2,all}', '{}'])],
    range: () => [pick(['cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj']), pick(['[3,5)', '(1,9]', '[10,30)'])],
    words: () => [pick(['fts', 'plfts', 'phfts', 'wfts', 'fts(english)', 'plfts(simple)', 'wfts(english)']), pick(['running', 'cat', 'number', '3'])],
    json: () => [pick(['eq', 'cs', 'neq']), pick(['{"n":3}', '{}'])],
};
const PATHS = { 'data->>n': 'text', 'data->n': 'num', 'data->deep->list->>0': 'text', 'data->deep->list->-1': 'num', 'tags->>0': 'text', 'data->deep->>list': 'text' };

function column(table) {
    const paths = table === 'books' && chance(0.2) ? Object.entries(PATHS) : [];
    return pick(paths.length ? paths : Object.entries(TABLES[table].columns));
}

function expression(kind, nested) {
    const not = chance(0.15) ? 'not.' : '';
    if (chance(0.12)) return `${not}is.${pick(['null', 'NULL', 'Null'])}`;
    if (chance(0.15) && ['int', 'text', 'num', 'date'].includes(kind)) return `${not}in.(${[...some(3, () => OPERATORS[kind]()[1])].map(inTree).join(pick([',', ',', ' , ']))})`;
    if (chance(0.05) && kind === 'int') return `${not}${pick(['eq(any)', 'gt(all)', 'lte(any)'])}.{1,${pick(ID)}}`;
    const [operator, value] = OPERATORS[kind]();
    return `${not}${operator}.${nested && !value.startsWith('{') ? inTree(value) : value}`;
}

function tree(table, depth) {
    const leaf = () => { const [name, kind] = column(table); return `${name}.${expression(kind, true)}`; };
    const node = () => (depth > 0 && chance(0.3) ? `${chance(0.3) ? 'not.' : ''}${pick(['and', 'or'])}${tree(table, depth - 1)}` : leaf());
    return `(${[node(), ...some(2, node)].join(pick([',', ',', ', ']))})`;
}

/** None that fails: two things wrong in one request are found in an order of one's own. */
const CASTS = { int: ['numeric', 'float8', 'text', 'INT8'], num: ['text', 'float8', 'varchar'] };

/** The select list of a table and, into `params`, what is said of the levels in it. */
function list(table, depth, path, params) {
    const { columns, key, one, many } = TABLES[table];
    const items = [pick(['*', key.join(','), ...Object.keys(columns)])];
    for (const [name, kind] of some(3, () => column(table))) {
        const as = pick(['', '', 'a:', 'b c:']), cast = chance(0.1) ? `::${pick(CASTS[kind] ?? ['text', 'varchar'])}` : '';
        if (!items.some((item) => item.startsWith(as || `${name}`) || (as === '' && item === '*'))) items.push(as + name + cast);
    }
    const relations = depth > 0 ? some(2, () => pick([...one, ...many, ...one])).filter((x) => x !== undefined) : [];
    for (const word of new Set(relations)) {
        const single = one.includes(word), inside = [...path, shown(word)];
        if (items.some((item) => item.startsWith(`${shown(word)}!`) || item.startsWith(`${shown(word)}(`) || item.startsWith(`${shown(word)}:`))) continue;
        if (single && chance(0.1) && !word.includes(':')) {
            items.push(`...${word}(${pick(Object.keys(TABLES[target(word)].columns))})`);
            continue;
        }
        items.push(`${word}${chance(0.2) ? pick(['!inner', '!left', '!inner']) : ''}(${list(target(word), depth - 1, inside, params)})`);
        level(target(word), inside, params, single);
        if (path.length === 0 && single && chance(0.1)) params.push(['order', `${shown(word)}(${pick(Object.keys(TABLES[target(word)].columns))})${pick(['', '.desc', '.asc.nullslast', '.nullsfirst'])},${key.join(',')}`]);
        if (chance(0.08)) params.push([[...path, shown(word)].join('.'), pick(['is.null', 'not.is.null'])]);
    }
    return items.join(pick([',', ',', ', ']));
}

function level(table, path, params, single) {
    const at = (word) => [...path, word].join('.');
    if (!single) params.push([at('order'), [...some(1, () => term(table)), ...TABLES[table].key].join(',')]);
    for (const [name, kind] of some(1, () => column(table))) if (chance(0.5)) params.push([at(name), expression(kind, false)]);
    if (chance(0.1)) params.push([at(pick(['or', 'and', 'not.or'])), tree(table, 1)]);
    if (!single && chance(0.2)) params.push([at('limit'), pick(['0', '1', '2', '9'])]);
    if (!single && chance(0.1)) params.push([at('offset'), pick(['1', '3', '-1'])]);
}

const term = (table) => column(table)[0] + pick(['', '', '.asc', '.desc']) + pick(['', '', '.nullsfirst', '.nullslast']);

/** One slip of the finger, most of which are refused in the parser's words. */
function slip(text) {
    const at = Math.floor(text.length * Math.min(0.999, Number(`0.${pick([1, 3, 5, 7, 9])}${pick([1, 4, 8])}`)));
    return pick([text.slice(0, at) + text.slice(at + 1), text.slice(0, at) + pick(['.', ',', '(', ')', ':', '-', '>', '!', '"', ' ', 'é', '*', '{', '\\']) + text.slice(at), text.slice(0, at)]);
}

function query(table, { depth = 2, slips = 0.08 } = {}) {
    const params = [];
    const select = list(table, depth, [], params);
    for (const [name, kind] of some(2, () => column(table))) params.push([name, expression(kind, false)]);
    if (chance(0.25)) params.push([pick(['or', 'and', 'not.or', 'not.and']), tree(table, 2)]);
    if (!params.some(([key]) => key === 'order')) params.push(['order', [...some(2, () => term(table)), ...TABLES[table].key].join(',')]);
    if (chance(0.3)) params.push(['limit', pick(['0', '1', '4', '30'])]);
    if (chance(0.2)) params.push(['offset', pick(['0', '2', '40'])]);
    const all = [['select', select], ...params];
    if (chance(slips)) { const one = pick(all); one[1] = slip(one[1]); }
    return all.map(([key, value]) => `${e(key)}=${e(value)}`).join('&');
}

const AS = ['service', 'user', 'other', 'anon'];
const ACCEPT = ['application/json', 'application/json', 'application/json', 'application/vnd.pgrst.object+json', 'application/vnd.pgrst.array+json;nulls=stripped', '*/*'];
const prefer = (list) => { const chosen = some(2, () => pick(list)); return chosen.length ? { prefer: chosen.join(', ') } : {}; };

function read() {
    const headers = { accept: pick(ACCEPT), ...prefer(['count=exact', 'count=exact', 'handling=strict', 'handling=lenient']) };
    if (chance(0.1)) headers.range = pick(['0-2', '1-', '9-3', '30-40']);
    return { method: 'GET', path: `/${pick(['books', 'books', ...Object.keys(TABLES)])}?`, headers };
}

const reads = () => { const one = read(); return { ...one, path: one.path + query(one.path.slice(1, -1)) }; };

function call() {
    const [path, table] = pick([['/rpc/cheap_books', 'books'], ['/rpc/first_book', 'books']]);
    const args = path.endsWith('cheap_books') ? pick(['', 'most=9&', 'most=x&']) : '';
    return { path: `${path}?${args}${query(table, { depth: 1 })}`, headers: { accept: pick(ACCEPT), ...prefer(['count=exact']) } };
}

const ROWS = { chapters: { book_id: ['3', 14, 15, 99], no: [1, 7, 8, 'x'], title: ['new', null], pages: [1, 2] }, notes: { id: [3, 50, 51], book_id: [1, null, 77], chapter_no: [1, null], body: ['b', null] }, blurbs: { book_id: [1, 2, 4], body: ['new'] }, book_shelf: { book_id: [1, 2, 3], shelf_id: [1, 2], place: [0] } };
const row = (table) => Object.fromEntries(Object.entries(ROWS[table]).filter(() => chance(0.85)).map(([name, values]) => [name, pick(values)]));

function write() {
    const table = pick(Object.keys(ROWS)), { key, one } = TABLES[table];
    const method = pick(['POST', 'POST', 'PATCH', 'DELETE']);
    const inside = one.length && chance(0.5) ? `,${pick(one)}(${pick(Object.keys(TABLES[target(one[0])].columns))})` : '';
    const body = method === 'DELETE' ? undefined : JSON.stringify(chance(0.3) && method === 'POST' ? [row(table), row(table)] : row(table));
    const headers = { accept: pick(ACCEPT.slice(0, 4)), ...prefer(['return=representation', 'return=representation', 'return=minimal', 'count=exact', 'resolution=merge-duplicates', 'resolution=ignore-duplicates']) };
    // of several rows that come back nobody says the order
    const several = !headers.prefer?.includes('representation');
    const filter = method === 'POST' ? [] : several ? [`${key[0]}=${pick(['eq.1', 'in.(1,3)', 'lt.3'])}`] : key.map((name) => `${name}=eq.${pick(['1', '2', '3'])}`);
    return { method, path: `/${table}?${[`select=${key.join(',')}${inside}`, ...filter].join('&')}`, headers, body, writes: [table, ...(table === 'chapters' ? ['notes'] : [])] };
}

export const worldly = Array.from({ length: 3 * count }, () => ({ group: `world ${seed}`, as: pick(AS), ...pick([reads, reads, reads, reads, call, write])() }));
