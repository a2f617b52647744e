// Compiles only if `postern types ts` says what the database of types.sql is.
import { createClient } from '@supabase/supabase-js';
import { Constants, type CompositeTypes, type Database, type Enums, type Json, type Tables, type TablesInsert, type TablesUpdate } from './database';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_ extends true>() => {};

is<Same<Enums<'mood'>, 'so so' | 'fine'>>();
is<Same<Enums<'Odd type'>, 'a"b' | 'c\\d'>>();
is<Same<CompositeTypes<'address'>['street'], string | null>>();
is<Same<Tables<'books'>['title'], string>>();
is<Same<Tables<'books'>['mood'], 'so so' | 'fine' | null>>();
is<Same<Tables<'books'>['moods'], ('so so' | 'fine')[]>>();
is<Same<Tables<'books'>['hidden'], 'x' | 'y' | null>>();
is<Same<Tables<'books'>['price'], number | null>>();
is<Same<Tables<'books'>['data'], Json | null>>();
is<Same<Tables<'books'>['raw'], string | null>>();
is<Same<Tables<'books'>['place'], unknown>>();
is<Same<Tables<'authors'>['lives'], CompositeTypes<'address'> | null>>();
is<Same<Tables<'books'>['shout'], string | null>>();
is<Same<Tables<'titles'>['title'], string | null>>();
is<Same<Tables<{ schema: 'other' }, 'things'>['label'], string>>();
is<Same<TablesInsert<{ schema: 'other' }, 'things'>['id'], number>>();
is<Same<(typeof Constants)['api']['Enums']['mood'], readonly ['so so', 'fine']>>();
is<Same<Database['api']['Functions']['nothing']['Returns'], undefined>>();

const insert: TablesInsert<'books'> = { author_id: 1, title: 'x' };
const update: TablesUpdate<'books'> = { mood: 'fine' };
// @ts-expect-error: title has no default
const short: TablesInsert<'books'> = { author_id: 1 };
// @ts-expect-error: it is generated
const generated: TablesUpdate<'books'> = { twice: 4 };
// @ts-expect-error: the identity is PostgreSQL's to give
const identity: TablesInsert<'authors'> = { id: 1, name: 'x' };
// @ts-expect-error: a count takes no rows
type NoInsert = Database['api']['Views']['counts']['Insert'];
// @ts-expect-error: two arguments without names cannot be given
type NotCallable = Database['api']['Functions']['unnamed'];

export async function ask(url: string) {
    const db = createClient<Database, 'api'>(url, 'none', { db: { schema: 'api' } });
    const books = await db.from('books').select('title, mood, authors(name), covers(path)').eq('mood', 'fine').throwOnError();
    is<Same<(typeof books.data)[number]['authors'], { name: string }>>();
    is<Same<(typeof books.data)[number]['covers'], { path: string | null } | null>>();
    const authors = await db.from('authors').select('name, books(title)').throwOnError();
    is<Same<(typeof authors.data)[number]['books'], { title: string }[]>>();
    const sum = await db.rpc('add', { a: 1 }).throwOnError();
    is<Same<typeof sum.data, number>>();
    const found = await db.rpc('find', { title: 'x' }).select('title').throwOnError();
    is<Same<typeof found.data, { title: string }[]>>();
    const pairs = await db.rpc('pairs').throwOnError();
    is<Same<(typeof pairs.data)[number], { a: number; b: string }>>();
    const loud = await db.from('books').select('title, shout').throwOnError();
    is<Same<(typeof loud.data)[number], { title: string; shout: string | null }>>();
    // @ts-expect-error: there is no such column
    await db.from('books').select('title').eq('nothing', 1);
    // @ts-expect-error: nor such a word
    await db.from('books').select('title').eq('mood', 'sad');
    // @ts-expect-error: nor such an argument
    await db.rpc('add', { c: 1 });
    return { books: books.data, sum: sum.data };
}

export const used = [insert, update, short, generated, identity];
