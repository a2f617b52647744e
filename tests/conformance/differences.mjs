// Where Postern differs from PostgREST 12.0.2 on purpose, each with its reason. A difference that
// is not here is a failure, and so is an entry that no case meets.
//
// when: does this entry speak of the case? parts: what of the answer it explains.

const ALL = ['status', 'content-type', 'content-range', 'content-profile', 'content-location', 'preference-applied', 'allow', 'www-authenticate', 'body', 'code', 'message', 'details', 'hint'];
const has = (answer, text) => answer.body.includes(text);

const parsed = (text) => { try { return JSON.parse(text); } catch { return undefined; } };

/** The same values under the same names, in whatever order. */
function sameMembers(a, b) {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
    const names = Object.keys(a);
    return Array.isArray(a) === Array.isArray(b) && names.length === Object.keys(b).length && names.every((name) => name in b && sameMembers(a[name], b[name]));
}

const bare = ({ body }) => parsed(body)?.message ?? '';

/** Bytes of UTF-8 that were read as Latin-1 and encoded once more. */
const twice = (text) => Buffer.from(text ?? '', 'utf8').toString('utf8').replace(/(%[0-9A-F]{2})+/g, (run) => encodeURIComponent(Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1')).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`));

export const known = [
    {
        reason: 'the members of a row are in the order of select, in embedded rows too; 12.0.2 makes those jsonb, which sorts them, and puts embedded ones in an order of its own',
        when: ({ left, right }) => left.status === right.status && typeof parsed(left.body) === 'object' && parsed(left.body) !== null && sameMembers(parsed(left.body), parsed(right.body)),
        parts: ['body'],
    },
    {
        reason: 'an unknown column of an embedded relation: PostgreSQL names it with the alias of the SQL, which is ours',
        when: ({ left, right }) => has(left, '"42703"') && /column \w+_\d+\./.test(right.body) && bare(left).replace(/column \w+\./, '') === bare(right).replace(/column \w+\./, ''),
        parts: ['message', 'hint'],
    },
    {
        reason: 'a column that is computed from a row needs none of its other columns; 12.0.2 makes the row of those that are selected',
        when: ({ left }) => has(left, '"42846"') && /cannot cast type (record|jsonb) to books/.test(left.body),
        parts: ALL,
    },
    {
        reason: 'an index may be the last thing in parentheses; 12.0.2 takes it for a key there, and refuses a negative one',
        when: ({ one, left, right }) => /->>?-?\d+\)/.test(decodeURIComponent(one.path)) && (has(left, 'unexpected \')\' expecting digit') || left.status === right.status),
        parts: ALL,
    },
    {
        reason: 'a null filter on what is embedded in something embedded, as in PostgREST 13 and later; 12.0.2 takes it for a column',
        when: ({ one, left, right }) => /[?&]\w+\.(\w|\.)+=(not\.)?is\.null/.test(one.path) && has(left, '"42703"') && !has(right, '"42703"'),
        parts: ALL,
    },
    {
        reason: 'a function with one row, and that filtered away, has no row; 12.0.2 counts it all the same',
        when: ({ one, left, right }) => one.path.startsWith('/rpc/first_book') && left.body === right.body && /^\*\//.test(right.headers['content-range']),
        parts: ['status', 'content-range'],
    },
    {
        reason: 'a negative offset of an embedded relation is refused also where there are no rows to embed it in',
        when: ({ right }) => has(right, '"2201X"'),
        parts: ALL,
    },
    {
        reason: "what is said of a relation is of the one that is shown under that name; 12.0.2 takes the first of that relation, whatever its alias",
        when: ({ one }) => {
            const text = decodeURIComponent(one.path), select = text.replace(/&.*/, '');
            return [...select.matchAll(/\w:(\w+)[!(]/g)].some(([, name]) => new RegExp(`[,(=. ]${name}[!(]`).test(select) && new RegExp(`[&.]${name}[.=]|order=${name}\\(`).test(text));
        },
        parts: ALL,
    },
    {
        reason: 'limit=0 of a relation that is joined or must be there leaves no row, and the total says so; 12.0.2 counts without that limit',
        when: ({ one, left, right }) => /\.(limit=0|offset=)/.test(one.path) && /!inner|=not\.is\.null/.test(decodeURIComponent(one.path)) && left.headers['content-range'] !== right.headers['content-range'],
        parts: ALL,
    },
    {
        reason: 'two refusals at once: of what is said of relations that are not embedded, the first is refused',
        when: ({ left, right }) => has(left, '"PGRST108"') && has(right, '"PGRST108"'),
        parts: ['code', 'message', 'details', 'hint'],
    },
    {
        reason: 'an unknown table is 404 PGRST205 from the snapshot, with a suggestion, as in PostgREST 13 and later; 12.0.2 lets PostgreSQL fail with 42P01',
        when: ({ left, right }) => has(right, '"PGRST205"') && (has(left, '"42P01"') || left.body === '{}' || left.status === 404),
        parts: ['code', 'message', 'details', 'hint', 'body'],
    },
    {
        reason: 'a PUT to an unknown table is 404 as any other request; 12.0.2 finds fault with the filters first',
        when: ({ one, left, right }) => one.method === 'PUT' && has(left, '"PGRST105"') && has(right, '"PGRST205"'),
        parts: ['status', 'code', 'message'],
    },
    {
        reason: "a PUT whose body lacks the key is PGRST115; 12.0.2 lets PostgreSQL fail over a name of its own SQL",
        when: ({ one, left, right }) => one.method === 'PUT' && /column pgrst_body\.\w+/.test(left.body) && has(right, '"PGRST115"'),
        parts: ['code', 'message'],
    },
    {
        reason: 'a media type that is not available is 406, as in PostgREST 13 and later; 12.0.2 says 415',
        when: ({ left, right }) => left.status === 415 && right.status === 406 && has(right, '"PGRST107"'),
        parts: ['status'],
    },
    {
        reason: 'the name of a function is suggested when it is three quarters similar, as in PostgREST 13 and later; 12.0.2 is content with a third',
        when: ({ left, right }) => has(left, '"PGRST202"') && has(left, '"hint":"Perhaps you meant') && has(right, '"PGRST202"') && has(right, '"hint":null'),
        parts: ['hint'],
    },
    {
        reason: 'the argument of a query is read as its type, JSON too, as in PostgREST 13 and later; 12.0.2 makes a JSON string of it',
        when: ({ one }) => one.method === undefined && decodeURIComponent(one.path).startsWith('/rpc/typed?a=1&b=true&c={'),
        parts: ['body'],
    },
    {
        reason: 'two refusals at once: an argument that its type cannot read is found before what the role may not do, since it is a parameter of its own',
        when: ({ one, left, right }) => one.path.startsWith('/rpc/') && has(left, '"42501"') && has(right, '"22P02"'),
        parts: ['status', 'www-authenticate', 'code', 'message', 'details', 'hint'],
    },
    {
        reason: 'an empty Accept header accepts anything; 12.0.2 finds that nothing is available',
        when: ({ one, left }) => one.headers?.accept === '' && left.status === 415,
        parts: ALL,
    },
    {
        reason: 'PGRST106 names the schema and hints at the exposed ones, as in PostgREST 13 and later',
        when: ({ left, right }) => has(left, '"PGRST106"') && has(right, '"message":"Invalid schema: '),
        parts: ['message', 'hint'],
    },
    {
        reason: 'a cardinality violation (two rows for one key) is 500, as in PostgREST 13 and later; 12.0.2 says 400',
        when: ({ left, right }) => has(right, '"21000"') && left.status === 400 && right.status === 500,
        parts: ['status'],
    },
    {
        reason: 'a refused keyword behind is. is told of not_null, as in PostgREST 13 and later',
        when: ({ left, right }) => has(left, 'null or trilean value') && has(right, 'isVal: (null, not_null, true, false, unknown)'),
        parts: ['details'],
    },
    {
        reason: 'PGRST204 has the words of PostgREST 12.2 and later',
        when: ({ left, right }) => has(left, '"PGRST204"') && has(right, "column of '"),
        parts: ['message'],
    },
    {
        reason: 'PGRST116 has the words of PostgREST 13 and later',
        when: ({ left, right }) => has(left, '"PGRST116"') && has(right, 'Cannot coerce the result'),
        parts: ['message'],
    },
    {
        reason: 'Content-Location of 12.0.2 encodes the bytes of UTF-8 twice; ours once',
        when: ({ left, right }) => left.headers['content-location'] === twice(right.headers['content-location']),
        parts: ['content-location'],
    },
    {
        reason: 'HEAD runs a stable function as GET does, so its error shows; 12.0.2 lets PostgreSQL skip a result that nobody reads',
        when: ({ one, right }) => one.method === 'HEAD' && one.path === '/rpc/fails' && right.status === 400,
        parts: ALL,
    },
    {
        reason: "a function's rows may be filtered and ordered by columns that are not selected, as in PostgREST 13 and later",
        when: ({ one, left, right }) => one.path.startsWith('/rpc/') && (/column (record|items|books)\./.test(left.body) || has(left, '"42702"')) && !/column (record|items|books)\./.test(right.body),
        parts: ALL,
    },
    {
        reason: 'a filter on returned rows may name columns that are not returned, as in PostgREST 13 and later',
        when: ({ one, left, right }) => /[?&](not\.)?(or|and)=/.test(one.path) && /column (parents|children|items|pairs|loose)\.\w+ does not exist/.test(left.body) && !has(right, '"42703"'),
        parts: [...ALL, 'www-authenticate', 'rows left behind'],
    },
    {
        reason: 'an update filtered by or= returns the rows it changed, as in PostgREST 13 and later; 12.0.2 filters them once more by their new values',
        when: ({ one, left, right }) => one.method === 'PATCH' && /[?&](not\.)?(or|and)=/.test(one.path) && (left.status === 200 || (has(left, '"22P02"') && /^[[\]{},]*$/.test(one.body))) && [200, 406].includes(right.status),
        parts: ['status', 'content-type', 'content-range', 'content-profile', 'preference-applied', 'body', 'code', 'message', 'details'],
    },
    {
        reason: 'an unknown column of on_conflict= is found in the snapshot: no suggestion, as 12.0.2 gets one that names a part of its own statement',
        when: ({ one, left, right }) => /[?&]on_conflict=/.test(one.path) && has(left, '"42703"') && has(right, '"42703"'),
        parts: ['hint'],
    },
    {
        reason: 'order sorts the rows that a write returns, as in PostgREST 13 and later; 12.0.2 ignores it, unknown columns too',
        when: ({ one, left, right }) => one.method !== 'GET' && /[?&]order=/.test(one.path) && /return=representation/.test(one.headers?.prefer) && left.status < 300 && (has(right, '"42703"') || right.status === left.status),
        parts: [...ALL, 'rows left behind'],
    },
    {
        reason: 'the rows of a write as CSV have the columns in the order of select; 12.0.2 sorts the names only, by the alphabet',
        when: ({ one, left, right }) => one.method !== 'GET' && left.headers['content-type']?.startsWith('text/csv') && left.body.split('\n')[0] !== right.body.split('\n')[0],
        parts: ['body'],
    },
    {
        reason: "the body of a 416 is JSON and its Content-Type says so; 12.0.2 keeps the type of the rows that are not there",
        when: ({ left, right }) => left.status === 416 && right.status === 416 && right.headers['content-type'].startsWith('application/json'),
        parts: ['content-type'],
    },
    {
        reason: 'two refusals at once: that the rows are not one is found before what constraints find at the end of the statement',
        when: ({ left, right }) => has(left, '"23503"') && has(right, '"PGRST116"'),
        parts: ['status', 'code', 'message', 'details'],
    },
    {
        reason: 'OPTIONS of a function answers for its name; 12.0.2 looks for one without parameters',
        when: ({ one, left, right }) => one.method === 'OPTIONS' && one.path.startsWith('/rpc/') && has(left, '"PGRST202"') && right.status === 200,
        parts: ALL,
    },
    {
        reason: 'a total beside all rows is their number, as in PostgREST 13 and later; 12.0.2 counts again and forgets the pages of what is embedded',
        when: ({ one }) => one.headers?.prefer?.includes('count=exact') && /embedded_\w+\.(limit|offset)=/.test(one.path) && !/&limit=/.test(one.path),
        parts: ['status', 'content-range'],
    },
];
