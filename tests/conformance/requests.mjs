// A few hundred more requests of the kinds the frontend sends, mostly by combination.

const OBJECT = 'application/vnd.pgrst.object+json';
const e = encodeURIComponent;
const json = JSON.stringify;

const cases = [];
let group = '';
const add = (path, more = {}) => cases.push({ group, as: 'service', path, ...more });
const read = (path, headers = {}, as = 'service') => add(path, { headers, as });
const write = (method, path, body, writes, headers = {}, as = 'service') =>
    add(path, { method, headers, as, writes: [].concat(writes), body: body === undefined || typeof body === 'string' ? body : json(body) });
const call = (name, body, headers = {}, as = 'service', writes) =>
    add(`/rpc/${name}`, { method: 'POST', headers, as, body: typeof body === 'string' ? body : json(body), ...(writes && { writes }) });

group = 'operators';
const values = {
    id: ['3', '0', '-1'], name: ['item 3', 'ITEM 3', ''], qty: ['2'], price: ['2.50', '1e1'], ratio: ['0.5'], done: ['true', 'f'],
    day: ['2026-01-05'], at: ['2026-01-01T15:00:00Z', '2026-01-01 16:00+01'], uid: ['00000000-0000-4000-8000-000000000004'], feels: ['happy'],
};
for (const [column, list] of Object.entries(values))
    for (const value of list)
        for (const op of ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'not.eq', 'not.gte'])
            read(`/items?select=id&order=id&${column}=${op}.${e(value)}`);

group = 'patterns';
for (const op of ['like', 'ilike', 'not.like', 'not.ilike', 'match', 'imatch', 'not.imatch'])
    for (const pattern of ['item*', '*EM 1*', 'item _', '%251', '^item 1', 'x(y', 'a\\'])
        read(`/items?select=id,name&order=id&name=${op}.${pattern.includes('%') ? pattern : e(pattern)}`);
read('/items?select=id&qty=like.1*');

group = 'in and is';
for (const list of ['(1,2,3)', '(1)', '()', '(1,x)', '( 1,2)', '(1, 2)', '("1","2")'])
    for (const not of ['', 'not.']) read(`/items?select=id&order=id&id=${not}in.${e(list)}`);
for (const list of ['("item 1","item 2")', '(item 1,item 2)', '("a,b",item 3)', '("say \\"hi\\"",item 4)', '(null,item 5)', '({item 1},item 6)', '("item 7)'])
    read(`/items?select=name&order=id&name=in.${e(list)}`);
for (const column of ['done', 'price', 'data'])
    for (const word of ['null', 'true', 'false', 'unknown', 'NULL', 'True', 'nil', ''])
        for (const not of ['', 'not.']) if (column === 'done' || word.toLowerCase() === 'null') read(`/items?select=id&order=id&${column}=${not}is.${word}`);
for (const op of ['isdistinct', 'not.isdistinct']) read(`/items?select=id&order=id&price=${op}.2.50`);

group = 'other operators';
for (const filter of [
    'tags=cs.{t1}', 'tags=cd.{t1,all}', 'tags=ov.{t2,zz}', 'data=cs.{"n":3}', 'inside=cs.3', 'inside=ov.[3,9)', 'inside=sl.[9,12)', 'inside=sr.[1,3)',
    'inside=nxr.[5,7)', 'inside=nxl.[5,7)', 'inside=adj.[5,7)', 'tags=eq.{t1,all}', 'address=eq.10.0.0.3', 'span=gt.05:00:00', 'raw=eq.\\x05',
    'words=fts.cat', 'words=fts(english).cats', 'words=plfts.the cat', 'words=phfts(english).cat number', 'words=wfts.cat -number', 'words=not.fts.cat', 'words=fts(nope).x',
    'name=like(any).{item 1*,item 2}', 'name=like(all).{item*,*1}', 'id=eq(any).{1,2,99}', 'id=gt(all).{1,20}', 'id=neq(any).{1}', 'name=ilike(any).{ITEM 3,ITEM 4}',
    'data->>n=eq.3', 'data->n=eq.3', 'data->in->>x=eq.v4', 'data->list->>0=eq.5', 'data->list->0=gt.20', 'data->list->>-1=eq.3', 'doc->>n=eq.5', 'data->>nope=is.null', 'data->>n=in.(1,2)', 'data->in->>x=like.v1*',
]) read(`/items?select=id&order=id&${filter.split('=').map((part, i) => e(part) + (i ? '' : '')).join('=')}`);

group = 'trees';
for (const tree of [
    'or=(id.eq.1,id.eq.2)', 'and=(id.gt.3,id.lt.6)', 'not.or=(id.gt.3,qty.eq.1)', 'not.and=(id.gt.3,qty.eq.1)', 'or=(id.eq.1,and(qty.eq.2,price.is.null))',
    'or=(name.eq."item 1",name.in.("item 2","item 3"))', 'or=(not.and(id.gt.2,id.lt.24),qty.not.eq.1)', 'or=(id.not.in.(1,2),name.like.item 1*)', 'or=(tags.cs.{t1,all},id.eq.2)',
    'or=(data->>n.eq.3,id.eq.4)', 'or=(id.eq.1)', 'or=()', 'or=(id.eq.1', 'or=(id.eq.1,)', 'or=(id.foo.1)', 'or=id.eq.1', 'and=(id.gt.1,or(id.eq.2,id.eq.3),not.or(id.eq.2))',
    'or=(name.eq.a.b,id.eq.1)', 'or=(name.ilike.*1,name.match.2$)', 'or=(done.is.true,done.is.null)',
]) {
    const at = tree.indexOf('=');
    read(`/items?select=id&order=id&${tree.slice(0, at)}=${e(tree.slice(at + 1))}`);
}
read('/items?select=id&order=id&or=(id.eq.1,id.eq.2)&and=(id.lt.2)&qty=gte.0');

group = 'select';
for (const select of [
    '*', '', 'id', 'id,name', 'name,id', 'id,id', '*,id', 'n:name', 'n:name,m:name', 'id::text', 'x:id::text', 'price::int', 'at::date', 'tags::text', 'data->n', 'data->>n', 'data->in->>x',
    'x:data->in', 'data->list->0', 'data->list->>1', 'data->list', 'doc->n', 'id,data->>n,data->n', 'data->>n::int', 'id::nope', 'nope', 'id,nope', 'nam', 'nope->x', 'id,', ',id', 'id name', 'id;name',
    'twice', 'words', 'raw', 'inside', 'span', 'uid', 'address', 'moment', 'feels', 'ratio', '"name"', '"nam', 'id,"name"', 'id.sum()', 'count()', 'c:count()', 'qty,id.count()', 'tags->0', 'id, name', ' id',
]) read(`/items?select=${e(select)}&order=id&limit=3`);
for (const select of ['"the id"', 'the id', '"a-b"', 'a-b', '"quo\\"te"', '"dot.ted"', 'Größe', '"Größe"', 'select', 'x y:the id', '"the id","select"'])
    read(`/${e('odd Name$')}?select=${e(select)}`);
for (const filter of ['the id=eq.1', '"the id"=eq.1', 'a-b=eq.one', '"quo\\"te"=eq.q1', '"dot.ted"=eq.11', 'dot.ted=eq.11', 'Größe=eq.ä', '"select"=eq.s1'])
    read(`/${e('odd Name$')}?select=*&${e(filter.split('=')[0])}=${e(filter.split('=')[1])}`);

group = 'order';
for (const column of ['id', 'name', 'price', 'done', 'data->>n', 'feels'])
    for (const direction of ['', '.asc', '.desc', '.nullsfirst', '.desc.nullslast', '.asc.nullsfirst'])
        read(`/items?select=id&order=${e(column)}${direction},id`);
for (const order of ['', 'nope', 'id.foo', 'id.desc.foo', 'id,', 'id.desc.asc', 'nam', 'id.nullsfirst.desc', 'id desc', 'data->n.desc,id', 'name(id)'])
    read(`/items?select=id&order=${e(order)}&limit=4`);

group = 'pages';
const counts = [{}, { prefer: 'count=exact' }];
for (const headers of counts) {
    for (const page of ['limit=5', 'limit=0', 'limit=5&offset=3', 'offset=20', 'offset=24', 'offset=25', 'offset=1000&limit=1', 'limit=1000', 'limit=-1', 'offset=-1', 'limit=x', 'limit=5&offset=x', 'limit=', 'limit=24', 'limit=9223372036854775807'])
        read(`/items?select=id&order=id&${page}`, headers);
    for (const range of ['0-4', '3-', '3-3', '5-2', '20-30', '24-30', '30-40', 'x', '-5', '0-', 'items=0-4', '0-4,6-7', '1-99999999999'])
        read('/items?select=id&order=id', { ...headers, range });
    read('/items?select=id&order=id&limit=5', { ...headers, range: '2-3' });
    read('/items?select=id&order=id&limit=5&offset=2', { ...headers, range: '4-9' });
    read('/items?select=id&order=id&limit=2', { ...headers, range: '10-20' });
    read('/empty_one', headers);
    read('/empty_one?limit=5', headers);
    read('/empty_one?offset=1', headers);
    for (const path of ['/items?select=id&limit=5', '/items', '/items?id=eq.99999', '/items?limit=5&offset=100', '/item_counts', '/nope'])
        add(path, { method: 'HEAD', headers });
}
add('/items', { method: 'HEAD', headers: { range: '0-4' } });
read('/items?select=id&limit=0&offset=1');
read('/items?select=id&limit=0', { range: '3-5' });
read('/items?select=id&limit=0', { range: '7-2' });
read('/items?select=id&offset=40', { prefer: 'count=exact', accept: 'text/csv' });
read('/items?select=id&offset=40', { prefer: 'count=exact', accept: OBJECT });

group = 'media types';
for (const accept of [
    'application/json', '*/*', 'text/html', 'text/html, application/json', 'text/html, */*;q=0.1', OBJECT, 'application/vnd.pgrst.object', `${OBJECT};nulls=stripped`, 'application/vnd.pgrst.array+json;nulls=stripped',
    'application/vnd.pgrst.array+json', `application/json;q=0.1, ${OBJECT}`, `application/json, ${OBJECT}`, 'image/png', 'text/csv', 'text/csv;q=0.1, application/json;q=0.5', 'application/json; charset=utf-8', '',
]) {
    read('/items?select=id,price&id=eq.6', { accept });
    read('/items?select=id,name&id=in.(1,2)&order=id', { accept });
    read('/items?select=id&id=eq.0', { accept });
}
read('/items?id=lt.4&order=id', { accept: 'text/csv' });
read('/items?select=name,x:id,data->>n,tags&id=lt.4&order=id', { accept: 'text/csv' });
read(`/${e('odd Name$')}?order=${e('the id')}`, { accept: 'text/csv' });

group = 'preferences';
for (const prefer of [
    'count=exact, count=planned', 'count=none', 'count=nope', 'handling=strict', 'handling=lenient', 'handling=strict, count=exact', 'handling=strict, foo=bar', 'handling=strict, foo=bar, baz', 'handling=lenient, foo=bar',
    'return=representation', 'return=minimal, count=exact', 'resolution=merge-duplicates', 'missing=default', 'count=exact,handling=lenient', ' count=exact ', 'COUNT=exact', 'foo', 'tx=rollback',
]) {
    read('/items?select=id&id=lt.3&order=id', { prefer });
    write('PATCH', '/parents?id=eq.1', { name: 'z' }, 'parents', { prefer });
    write('POST', '/parents', { id: 9, name: 'z' }, 'parents', { prefer });
    write('DELETE', '/children?id=eq.2', undefined, 'children', { prefer });
    call('add_them', { a: 1 }, { prefer });
}

group = 'schemas';
for (const schema of ['public', 'other', 'nope', '', 'OTHER', 'pg_catalog']) {
    read('/primes?select=id&limit=1', { 'accept-profile': schema });
    write('PATCH', '/primes?id=eq.0', { id: 1 }, 'parents', { 'content-profile': schema });
    call('add_them', { a: 1 }, { 'content-profile': schema });
}
read('/primes?select=*&order=id', { 'accept-profile': 'other' });
read('/primes?limit=1&select=id', { 'content-profile': 'other' });

group = 'roles';
for (const as of ['anon', 'user', 'other', 'service']) {
    for (const path of ['/items?select=id&limit=1', '/owned?select=*&order=id', '/secrets', '/partly', '/partly?select=id,open', '/partly?select=closed', '/item_days?select=n&limit=1', '/user_profiles?select=id', '/operators?select=username&order=username'])
        read(path, {}, as);
    add('/partly?select=id', { method: 'HEAD', as, headers: { prefer: 'count=exact' } });
    call('who', {}, {}, as);
    call('admin_only', {}, {}, as);
    write('POST', '/owned', { id: 10, owner: 'aaaaaaaa-0000-4000-8000-00000000000a', body: 'n' }, 'owned', {}, as);
    write('POST', '/owned?select=id', { id: 10, owner: 'bbbbbbbb-0000-4000-8000-00000000000b', body: 'n' }, 'owned', { prefer: 'return=representation' }, as);
    write('PATCH', '/owned?id=lt.3', { body: 'changed' }, 'owned', { prefer: 'count=exact' }, as);
    write('PATCH', '/owned?id=eq.2&select=id', { body: 'changed' }, 'owned', { prefer: 'return=representation', accept: OBJECT }, as);
    write('DELETE', '/owned?id=eq.1', undefined, 'owned', {}, as);
    write('POST', '/partly', { id: 5, open: 'x' }, 'partly', {}, as);
    write('POST', '/partly', { id: 5, open: 'x' }, 'partly', { prefer: 'return=representation' }, as);
    write('POST', '/partly?select=id', { id: 5, open: 'x' }, 'partly', { prefer: 'return=representation' }, as);
    write('POST', '/secrets', { id: 5 }, 'secrets', {}, as);
}

group = 'insert';
const RETURNS = [{}, { prefer: 'return=minimal' }, { prefer: 'return=headers-only' }, { prefer: 'return=representation' }, { prefer: 'return=representation, count=exact' }];
for (const headers of RETURNS) {
    write('POST', '/parents', { id: 10, name: 'n' }, 'parents', headers);
    write('POST', '/parents', [{ id: 10, name: 'n' }, { id: 11, name: null }], 'parents', headers);
    write('POST', '/pairs', { a: 7, b: 'é &=', v: null }, 'pairs', headers);
    write('POST', '/loose', { a: 7 }, 'loose', headers);
    write('POST', '/items', { name: 'new' }, 'items', headers);
    write('POST', '/items?select=id,name', {}, 'items', headers);
    write('POST', '/parents', [], 'parents', headers);
}
for (const body of ['', '{', '"x"', '1', 'null', '[1]', '[{"id":20},{"id":21,"name":"x"}]', '[{"id":20,"name":"a"},{"name":"x","id":21}]', '{"id":20} x', '{"id":20,"nope":1}', '{"id":20,"id":21}', '[{}]', '[{},{}]', '{"id":"twenty"}', '{"id":1}', '{"id":2147483648}', '{"id":null}', '[[]]', '{"id":20,"name":{"a":1}}', '{"id":20,"name":[1,"b"]}', '{"id":20,"name":"\\u00e9\\n"}'])
    for (const headers of [{}, { prefer: 'return=representation' }]) write('POST', '/parents', body, 'parents', headers);
for (const path of ['/parents?columns=id', '/parents?columns=id,name', '/parents?columns=nope', '/parents?columns=', '/parents?columns="id"', '/parents?select=nope', '/parents?select=n:name'])
    write('POST', path, [{ id: 20, name: 'a', extra: 1 }, { id: 21 }], 'parents', { prefer: 'return=representation' });
const full = {
    name: 'full', qty: 3, price: 1.005, ratio: 1e300, tags: ['a', 'b "c"', null], data: { a: [1, { b: null }] }, doc: { ' z': 1, a: 2 }, feels: 'sad', done: false, day: '2026-02-28', at: '2026-02-28T10:00:00+02:00',
    moment: '2026-02-28 10:00', span: '1 day', uid: '00000000-0000-4000-8000-000000000999', address: '::1', inside: '[1,3)', words: 'a b', raw: '\\x00ff', short: 'eight ch',
};
write('POST', '/items', full, 'items', { prefer: 'return=representation' });
write('POST', '/items', full, 'items', { prefer: 'return=representation', accept: OBJECT });
for (const wrong of [{ short: 'too long it is' }, { qty: -1 }, { feels: 'nope' }, { twice: 4 }, { name: null }, { day: '2026-02-30' }, { price: 'x' }, { name: 'item 1' }, { tags: 'x' }, { tags: '{x,y}' }, { data: 'text' }, { data: null }, { uid: 'x' }, { id: 500 }])
    write('POST', '/items?select=id,name,short,qty,feels,day,price,tags,data', { name: 'w', ...wrong }, 'items', { prefer: 'return=representation' });
write('POST', '/children', { id: 9, parent_id: 77 }, 'children');
write('POST', '/item_names', { name: 'through a view' }, 'items', { prefer: 'return=representation' });
write('POST', '/item_counts', { qty: 1 }, 'items');
write('POST', '/item_days', { n: 1 }, 'items');
write('POST', '/nope', { n: 1 }, 'items');
write('POST', `/${e('odd Name$')}`, { 'the id': 9, 'a-b': 'x', 'quo"te': 'y', 'dot.ted': 4, Größe: 'ß', select: 'z' }, 'odd Name$', { prefer: 'return=representation' });
write('POST', `/${e('odd Name$')}`, { 'the id': 9 }, 'odd Name$', { prefer: 'return=headers-only' });
for (const type of ['application/json; charset=utf-8', 'text/plain', 'application/xml', 'application/x-www-form-urlencoded'])
    write('POST', '/parents', type.includes('form') ? 'id=30&name=a+b%26c' : '{"id":30}', 'parents', { 'content-type': type, prefer: 'return=representation' });
for (const headers of [{ accept: OBJECT }, { accept: OBJECT, prefer: 'return=representation' }]) {
    write('POST', '/parents', { id: 40 }, 'parents', headers);
    write('POST', '/parents', [{ id: 40 }, { id: 41 }], 'parents', headers);
    write('POST', '/parents', [], 'parents', headers);
}
for (const missing of ['missing=default', 'missing=null']) {
    write('POST', '/items?columns=name,qty,feels&select=name,qty,feels', [{ name: 'a' }, { name: 'b', qty: 4 }, { name: 'c', feels: null }], 'items', { prefer: `${missing}, return=representation` });
    write('POST', '/items?columns=name,qty&select=name,qty', { name: 'a' }, 'items', { prefer: `${missing}, return=representation` });
}
for (const body of ['{}', '[{}]', '[{},{}]', '[{"a":1},{}]']) write('POST', '/loose', body, 'loose', { prefer: 'return=representation, count=exact' });
for (const body of ['a,b\n1,x', 'a,b\r\n1,x\r\n2,y\r\n', 'b,a\n"x ""q"", z",5\n"l\nm",\n', 'a,b\nNULL,null', 'a,b\n"NULL",\n', 'a,b\n\n1,x\n\n', 'a,nope\n1,2', 'a,b\n1,2\n3', 'a\n1\n', 'a,b\n', 'a\nx', 'a,b\né,ü'])
    for (const accept of ['application/json', 'text/csv']) write('POST', '/loose', body, 'loose', { 'content-type': 'text/csv', accept, prefer: 'return=representation' });

group = 'upsert';
for (const resolution of ['merge-duplicates', 'ignore-duplicates'])
    for (const back of ['', ', return=minimal', ', return=representation', ', return=headers-only', ', return=representation, count=exact'])
        for (const [path, body, table] of [
            ['/parents', { id: 1, name: 'merged' }, 'parents'], ['/parents', { id: 60, name: 'new' }, 'parents'], ['/parents', [{ id: 1, name: 'm' }, { id: 61, name: 'n' }], 'parents'], ['/parents', [], 'parents'],
            ['/pairs', { a: 1, b: 'x', v: 'merged' }, 'pairs'], ['/items?on_conflict=name&select=id,name,qty', { name: 'item 1', qty: 4 }, 'items'], ['/loose', { a: 1 }, 'loose'], ['/loose', [], 'loose'],
        ]) write('POST', path, body, table, { prefer: `resolution=${resolution}${back}` });
for (const path of ['/items?on_conflict=nope', '/items?on_conflict=qty', '/items?on_conflict=', '/pairs?on_conflict=a,b', '/parents?on_conflict=id&columns=id'])
    write('POST', path, path.startsWith('/pairs') ? { a: 1, b: 'x', v: 'm' } : { id: 1, name: 'item 1' }, ['items', 'pairs', 'parents'], { prefer: 'resolution=merge-duplicates, return=representation' });
write('POST', '/parents', [{ id: 1, name: 'a' }, { id: 1, name: 'b' }], 'parents', { prefer: 'resolution=merge-duplicates' });
write('POST', '/parents', { id: 1 }, 'parents', { prefer: 'resolution=merge-duplicates', accept: OBJECT });

group = 'update';
for (const headers of [...RETURNS, { accept: OBJECT }, { accept: OBJECT, prefer: 'return=representation' }, { prefer: 'count=exact' }])
    for (const filter of ['id=eq.1', 'id=in.(1,2)', 'id=eq.999', 'name=like.p*&id=gt.1']) write('PATCH', `/parents?${filter}`, { name: 'changed' }, 'parents', headers);
for (const body of ['', '{}', '[]', '[{}]', '"x"', '{"nope":1}', '{"id":2}', '[{"name":"a"}]', '[{"name":"a"},{"name":"b","id":1}]', '{"name":null}', '{"id":"x"}', '{'])
    for (const headers of [{}, { prefer: 'return=representation' }]) write('PATCH', '/parents?id=eq.1', body, 'parents', headers);
write('PATCH', '/parents?nope=eq.1', { name: 'x' }, 'parents');
write('PATCH', '/parents?id=eq.x', { name: 'x' }, 'parents');
write('PATCH', '/parents?id=eq.1&select=nope', { name: 'x' }, 'parents', { prefer: 'return=representation' });
write('PATCH', '/parents?id=eq.1&select=n:name,id::text', { name: 'x' }, 'parents', { prefer: 'return=representation' });
write('PATCH', '/parents?columns=name&id=eq.1', { name: 'x', id: 77 }, 'parents', { prefer: 'return=representation' });
write('PATCH', '/parents?or=(id.eq.1,id.eq.2)', { name: 'x' }, 'parents', { prefer: 'return=representation' });
write('PATCH', '/parents', { name: 'all' }, 'parents', { prefer: 'count=exact' });
write('PATCH', '/items?id=eq.1&select=twice,qty', { qty: 9 }, 'items', { prefer: 'return=representation' });
write('PATCH', '/items?id=eq.1', { twice: 9 }, 'items');
write('PATCH', '/item_names?id=eq.1', { name: 'by view' }, 'items', { prefer: 'return=representation' });
write('PATCH', '/item_counts?qty=eq.1', { qty: 2 }, 'items');
write('PATCH', '/nope?id=eq.1', { qty: 2 }, 'items');
write('PATCH', '/items?data->>n=eq.3&select=id', { qty: 8 }, 'items', { prefer: 'return=representation' });
write('PATCH', `/${e('odd Name$')}?${e('the id')}=eq.1`, { 'a-b': 'new' }, 'odd Name$', { prefer: 'return=representation' });

group = 'select without rows';
for (const [method, path, body] of [['POST', '/parents?', { id: 80 }], ['PATCH', '/parents?id=eq.1&', { name: 'x' }], ['DELETE', '/children?id=eq.1&', undefined], ['PUT', '/parents?id=eq.1&', { id: 1 }]])
    for (const query of ['select=nope', 'select=id,name', 'select=id,nothing(x)', 'select=id.sum()', 'select=id::nope', 'order=nope', 'order=id.desc', 'select=id,'])
        for (const prefer of ['return=minimal', 'return=headers-only', 'return=representation']) write(method, path + query, body, ['parents', 'children'], { prefer });

group = 'put';
for (const headers of [...RETURNS, { accept: OBJECT }, { accept: OBJECT, prefer: 'return=representation' }, { prefer: 'resolution=merge-duplicates, missing=default, count=exact, handling=lenient' }])
    for (const id of [1, 70]) write('PUT', `/parents?id=eq.${id}`, { id, name: 'put' }, 'parents', headers);
write('PUT', '/pairs?a=eq.1&b=eq.x', { a: 1, b: 'x', v: 'put' }, 'pairs', { prefer: 'return=representation' });
write('PUT', '/pairs?b=eq.n&a=eq.9', [{ a: 9, b: 'n', v: 'put' }], 'pairs', { prefer: 'return=representation' });
for (const query of ['', '?id=eq.2', '?id=gt.1', '?id=not.eq.1', '?id=eq.1&name=eq.p1', '?name=eq.p1', '?id=eq.1&limit=1', '?id=eq.1&offset=1', '?id=eq.1&and=(id.eq.1)', '?id=eq.1&id=eq.1', '?id=eq.x', '?id=in.(1)', '?id=eq.1&order=id', '?id=eq.1&select=name'])
    write('PUT', `/parents${query}`, { id: 1, name: 'put' }, 'parents', { prefer: 'return=representation' });
for (const body of ['', '{}', '[]', '{"name":"x"}', '[{"id":1,"name":"a"},{"id":2,"name":"b"}]', '[{"id":1,"name":"a"},{"id":1,"name":"b"}]', '{"id":1,"nope":2}', '{"id":null}', '{"id":"1","name":3}'])
    write('PUT', '/parents?id=eq.1', body, 'parents', { prefer: 'return=representation' });
write('PUT', '/loose?a=eq.1', { a: 1 }, 'loose');
write('PUT', '/nope?a=eq.1', { a: 1 }, 'loose');
write('PUT', '/parents?id=eq.1', { id: 1, name: 'put' }, 'parents', {}, 'anon');

group = 'delete';
for (const headers of [...RETURNS, { accept: OBJECT }, { accept: OBJECT, prefer: 'return=representation' }, { prefer: 'count=exact' }])
    for (const filter of ['id=eq.1', 'id=in.(1,2)', 'id=eq.999']) write('DELETE', `/children?${filter}`, undefined, 'children', headers);
write('DELETE', '/parents?id=eq.1', undefined, 'parents');
write('DELETE', '/children', undefined, 'children', { prefer: 'count=exact' });
write('DELETE', '/children?nope=eq.1', undefined, 'children');
write('DELETE', '/children?select=n:name&id=eq.1', undefined, 'children', { prefer: 'return=representation' });
write('DELETE', '/item_names?id=eq.24&select=name', undefined, 'items', { prefer: 'return=representation' });
write('DELETE', '/nope?id=eq.24', undefined, 'items');
write('DELETE', '/children?id=eq.1', '{"ignored":true}', 'children');
write('DELETE', '/parents?id=in.(1,2)', undefined, 'parents', { accept: OBJECT });
write('DELETE', '/children?or=(id.eq.1,name.eq.c2)&select=id', undefined, 'children', { prefer: 'return=representation' });
write('PATCH', '/parents?or=(id.eq.1,name.eq.p2)', { name: 'x' }, 'parents', { prefer: 'return=representation' });
write('PATCH', '/parents?id=eq.1&select=name,id', { name: 'x' }, 'parents', { prefer: 'return=representation', accept: 'text/csv' });
write('PATCH', '/parents?or=(id.eq.1,name.eq.p2)&select=id', { name: 'x' }, 'parents', { prefer: 'return=representation' });

group = 'calls';
const functions = ['nothing', 'always_null', 'null_item', 'all_items', 'no_items', 'two_out', 'one_out', 'a_record', 'some_json', 'some_jsonb', 'a_list', 'a_mood', 'a_bool', 'a_time', 'who', 'fails', 'overloaded', 'get_stats'];
for (const name of functions) {
    call(name, {});
    call(name, {}, { accept: OBJECT });
    call(name, '', { prefer: 'count=exact' });
    read(`/rpc/${name}`);
    add(`/rpc/${name}`, { method: 'HEAD' });
}
for (const [name, body] of [
    ['add_them', { a: 1 }], ['add_them', { a: 1, b: 5 }], ['add_them', { a: '7' }], ['add_them', { a: 'x' }], ['add_them', { a: null }], ['add_them', { b: 1 }], ['add_them', { a: 1, c: 2 }], ['add_them', {}], ['add_them', []], ['add_them', [{ a: 1 }, { a: 2 }]],
    ['add_them', [1]], ['add_them', '{'], ['add_them', '"x"'], ['add_them', { a: 1.5 }], ['add_them', { a: 99999999999 }], ['say', { word: 'hé' }], ['say', {}], ['nothing_much', { a: 1 }], ['one_item', { wanted: 3 }], ['one_item', { wanted: 0 }], ['letters', { n: 3 }], ['letters', { n: 0 }],
    ['lone_column', { n: 2 }], ['numbers', { n: 3 }], ['numbers', { n: 0 }], ['in_and_out', { a: 1, b: 2 }], ['many', { v: [1, 2, 3] }], ['many', { v: [] }], ['array_in', { v: ['a', 'b'] }], ['array_in', { v: '{c,d}' }], ['take_json', { any: [1] }], ['take_json', [1, 2]],
    ['typed', { a: 1 }], ['typed', { a: 1, b: true, c: { x: [1] }, d: '2026-01-01', e: 'sad', f: 1.5 }], ['typed', { a: '9', c: 'str', f: '2.50' }], ['typed', { a: 1, e: 'nope' }], ['overloaded', { a: 1 }], ['overloaded', { a: 1, b: 2 }], ['overloaded', { b: 2 }], ['twofold', { a: 1 }],
    ['Odd%20name', { 'A arg': 4 }], ['fails_with', { code: '22012' }], ['fails_with', { code: '42501' }], ['fails_with', { code: '23505' }], ['fails_with', { code: 'PT418' }], ['fails_with', { code: '57014' }], ['divide', { a: 1, b: 0 }], ['nope', {}], ['nope', { a: 1 }], ['add_then', { a: 1 }], ['touch', {}],
]) call(name, body);
call('take_text', 'plain words', { 'content-type': 'text/plain' });
call('add_them', 'a=4&b=5', { 'content-type': 'application/x-www-form-urlencoded' });
call('add_them', '{"a":1}', { 'content-type': 'application/xml' });
call('say', { word: 'x' }, { accept: 'image/png' });
for (const query of [
    'add_them?a=1', 'add_them?a=1&b=4', 'add_them?a=x', 'add_them', 'add_them?a=1&c=1', 'say?word=abc', 'letters?n=3', 'letters?n=5&at=gt.2', 'letters?n=5&letter=eq.b', 'many?v=1&v=2', 'many?v=1', 'array_in?v={a,b}', 'array_in?v=a&v=b', 'numbers?n=3', 'one_item?wanted=3', 'adds_parent?name=x', 'stable_but_writes',
    'typed?a=1&b=true&c={"x":1}&d=2026-01-01', 'overloaded?a=1', 'twofold?a=1', 'nothing', 'nope?a=1', 'add_them?a=eq.1', 'in_and_out?a=1&b=2',
]) read(`/rpc/${query.replace(/[{}"]/g, e)}`);
for (const query of ['select=id', 'select=id,name&limit=2', 'id=lt.4&select=id', 'id=lt.4&select=id,name&order=id.desc', 'limit=2&offset=1&select=id', 'offset=100&select=id', 'select=nope', 'select=id&order=id.desc&limit=3', 'or=(id.eq.1,id.eq.2)&select=id'])
    for (const headers of [{}, { prefer: 'count=exact' }]) {
        call(`all_items?${query}`, {}, headers);
        read(`/rpc/all_items?${query}`, headers);
    }
call('letters?select=letter&order=at.desc', { n: 4 });
call('letters?limit=2', { n: 4 }, { prefer: 'count=exact' });
call('numbers?limit=2', { n: 4 }, { prefer: 'count=exact' });
call('one_item?select=id,name', { wanted: 3 });
call('one_item?select=id', { wanted: 3 }, { accept: OBJECT });
call('all_items?id=eq.3&select=id', {}, { accept: OBJECT });
call('letters', { n: 3 }, { accept: 'text/csv' });
call('adds_parent', { name: 'new' }, {}, 'service', ['parents']);
call('adds_parents', { n: 2 }, {}, 'service', ['parents']);
call('adds_parents', { n: 2 }, { accept: OBJECT }, 'service', ['parents']);
call('adds_parents', { n: 1 }, { accept: OBJECT }, 'service', ['parents']);
call('adds_parents?select=id&limit=1', { n: 3 }, { prefer: 'count=exact' }, 'service', ['parents']);
call('stable_but_writes', {}, {}, 'service', ['parents']);
call('adds_parent', { name: 'new' }, {}, 'anon', ['parents']);

group = 'methods and paths';
for (const path of ['/items', '/item_names', '/item_counts', '/item_days', '/loose', '/nope', '/rpc/add_them', '/rpc/say', '/rpc/get_stats', '/rpc/nope']) add(path, { method: 'OPTIONS' });
for (const method of ['PUT', 'PATCH', 'DELETE']) add('/rpc/add_them', { method, body: '{}' });
for (const path of ['/nope', '/item', '/itemz', '/Items', '/odd%20Name%24', '/primes%20', '/zzzzzz']) read(path);
for (const query of ['nope=eq.1', 'nam=eq.1', 'id=1', 'id=foo.1', 'id=eq', 'id=', 'id=not.1', 'id=eq.1&foo', 'items.id=eq.1', 'parents.name=eq.x', 'parents.order=id', 'select=id,parents(name)', 'select=id,children(*)', 'id=eq.1&id=eq.1', 'id=eq.1%20', 'id=eq.%2B1', 'name=eq.item+3', 'name=eq.item%203', 'id=eq.99999999999999999999', 'day=eq.x', 'uid=eq.x', 'feels=eq.x', 'done=eq.x', 'price=eq.x', 'data=eq.x', 'tags=cs.x', 'id=not.not.eq.1', 'id=eq.1;qty=eq.1', '=x', 'select=id&select=name'])
    read(`/items?limit=2&order=id&${query}`);
read('/children?select=id,nothing(name)');
read('/books?select=id&shelves.order=id&editor.id=gt.7'); // two refusals, of which one is found first

group = 'relationships';
for (const [from, targets] of Object.entries({
    ferries: ['harbours(name)', 'harbours!ferry_home(name)', 'harbours!goal(name)', 'ferry_home(name)', 'home(name)', 'h:goal(name)', 'crew(name)', 'crew!ferries_crew(name)',
        'ferries_crew(sailor)', 'entries(line)', 'ports!ferry_goal(title)', 'ports(title)', 'captain(name)', 'captain(licences(number))', 'harbour(name)', 'logs(line)', 'nothing(id)', 'short_name'],
    harbours: ['ferries!ferry_home(name)', 'ferries!home(name)', 'ferries(name)', 'harbours(name)', 'near(name)', 'keepers(name)', 'named_ferries(loud)', 'ports(title)', 'crew(name)', 'harbours!near(name)'],
    crew: ['ferries(name)', 'licences(number)', 'licences(number,crew(name))', 'ferries!ferries_crew(name,home(name))', 'licence(number)'],
    licences: ['crew(name)', 'sailor(name)', 'crew!licences_sailor_fkey(name)', 'crew!nope(name)'],
    entries: ['ferries(name)', 'named_ferries(loud)', 'ferry(name)', 'ferries!ferry(name,crew(name))'],
    named_ferries: ['harbours(name)', 'ports(title)', 'crew(name)', 'entries(line)', 'home(name)', 'captain(name)'],
    ports: ['ferries!ferry_goal(name)', 'named_ferries(loud)', 'ports(title)'],
}))
    for (const target of targets) read(`/${from}?select=*,${target}&order=${{ entries: 'entry', ports: 'port', licences: 'sailor' }[from] ?? 'id'}`);
for (const query of ['short_name=eq.Al', 'order=short_name.desc', 'select=s:short_name,name&short_name=neq.Br', 'nope_name=eq.1']) read(`/ferries?${query}`);

export const requests = cases;
