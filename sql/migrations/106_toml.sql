-- Project files are read as TOML 1.1 has it: inline tables, strings over several lines, escapes, numbers in
-- other bases; a table that is said twice is refused. https://toml.io/en/v1.1.0

-- up

create function postern.toml_unescape(source text, lines boolean) returns text
    language sql immutable strict set search_path = '' as $$
    select coalesce(string_agg(case
        when part[1] ~ '^\\[uU][0-9A-Fa-f]' then chr(('x' || lpad(substr(part[1], 3), 8, '0'))::bit(32)::integer)
        when part[1] ~ '^\\x[0-9A-Fa-f]' then chr(('x' || lpad(substr(part[1], 3), 8, '0'))::bit(32)::integer)
        when part[1] ~ '^\\\s' then ''
        when part[1] ~ '^\\' then (jsonb_build_object('b', E'\b', 't', E'\t', 'n', E'\n', 'f', E'\f', 'r', E'\r', 'e', E'\x1b', '"', '"', E'\\', E'\\')
            ->> substr(part[1], 2))
        else part[1]
    end, '' order by place), '')
    from regexp_matches(source,
        case when lines then '\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[ \t]*\r?\n\s*|\\.|[^\\]+'
            else '\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\.|[^\\]+' end, 'g') with ordinality as parts (part, place)
$$;
comment on function postern.toml_unescape is 'What the escapes of a TOML string stand for; one that means nothing is left out.';

-- Each of these reads from the beginning of rest and leaves what follows there.
create function postern.toml_string(inout rest text, out value text)
    language plpgsql immutable set search_path = '' as $$
declare
    lines constant boolean := rest ~ '^("""|'''''')';
    literal constant boolean := rest ~ '^''';
    raw text;
begin
    raw := case
        when lines and literal then substring(rest from '^''''''(?:\r?\n)?((?:[^'']|''{1,2}(?!''))*''{0,2})''''''')
        when lines then substring(rest from '^"""(?:\r?\n)?((?:[^"\\]|\\.|"{1,2}(?!"))*"{0,2})"""')
        when literal then substring(rest from '^''([^''\n]*)''')
        else substring(rest from '^"((?:[^"\\\n]|\\[^\n])*)"')
    end;
    if raw is null then
        raise exception 'a string does not end' using errcode = 'PT400';
    elsif raw ~ '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' or (not lines and raw ~ '\r') then
        raise exception 'a string has a control character' using errcode = 'PT400';
    elsif not literal and raw ~ (case when lines then '^(?:[^\\]|\\[btnfre"\\]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U00[01][0-9A-Fa-f]{5}|\\[ \t]*\r?\n)*$'
        else '^(?:[^\\]|\\[btnfre"\\]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U00[01][0-9A-Fa-f]{5})*$' end) is false
    then
        raise exception 'a string has an escape that means nothing' using errcode = 'PT400';
    end if;
    value := case when literal then raw else postern.toml_unescape(raw, lines) end;
    rest := substr(rest, case
        when lines then length(substring(rest from '^...(?:\r?\n)?')) + length(raw) + 4
        else length(raw) + 3
    end);
end
$$;
comment on function postern.toml_string is 'A TOML string of any of the four kinds.';

create function postern.toml_key(inout rest text, out path text[])
    language plpgsql immutable set search_path = '' as $$
declare
    word text;
begin
    loop
        rest := ltrim(rest, E' \t');
        if rest ~ '^("(?!"")|''(?!''''))' then
            select string.rest, string.value into rest, word from postern.toml_string(rest) as string;
        else
            word := substring(rest from '^[A-Za-z0-9_-]+');
            if word is null then
                raise exception 'not a key: %', left(split_part(rest, E'\n', 1), 80) using errcode = 'PT400';
            end if;
            rest := substr(rest, length(word) + 1);
        end if;
        path := path || word;
        if cardinality(path) > 8 then
            raise exception 'a key has more than eight parts' using errcode = 'PT400';
        end if;
        rest := ltrim(rest, E' \t');
        exit when rest !~ '^\.';
        rest := substr(rest, 2);
    end loop;
end
$$;
comment on function postern.toml_key is 'A TOML key, cut at its dots.';

create function postern.toml_number(word text) returns jsonb language plpgsql immutable set search_path = '' as $$
declare
    bare constant text := replace(word, '_', '');
    base constant integer := case left(bare, 2) when '0x' then 16 when '0o' then 8 when '0b' then 2 end;
    number numeric := 0;
begin
    if word ~ '^[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?$' then
        return to_jsonb(bare::numeric);
    elsif word ~ '^0(x[0-9A-Fa-f](_?[0-9A-Fa-f])*|o[0-7](_?[0-7])*|b[01](_?[01])*)$' then
        for place in 3..length(bare) loop
            number := number * base + strpos('0123456789abcdef', lower(substr(bare, place, 1))) - 1;
        end loop;
        return to_jsonb(number);
    end if;
    return null;
end
$$;
comment on function postern.toml_number is 'A TOML number; null when the word is none.';

create function postern.toml_skip(rest text) returns text language sql immutable set search_path = '' as $$
    select regexp_replace(rest, '^(?:[ \t\r\n]|#[^\n]*)+', '')
$$;
comment on function postern.toml_skip is 'What follows blanks, line ends and comments.';

-- Forward: values hold values.
create function postern.toml_next(inout rest text, in depth integer, out value jsonb)
    language plpgsql immutable set search_path = '' as $$ begin end $$;

create function postern.toml_array(inout rest text, in depth integer, out value jsonb)
    language plpgsql immutable set search_path = '' as $$
declare
    element jsonb;
begin
    value := '[]';
    rest := postern.toml_skip(substr(rest, 2));
    while rest !~ '^\]' loop
        select next.rest, next.value into rest, element from postern.toml_next(rest, depth) as next;
        value := value || jsonb_build_array(element);
        rest := postern.toml_skip(rest);
        if rest ~ '^,' then
            rest := postern.toml_skip(substr(rest, 2));
        elsif rest = '' then
            exit;
        elsif rest !~ '^\]' then
            raise exception 'an array goes on with neither a comma nor a bracket: %', left(split_part(rest, E'\n', 1), 80)
                using errcode = 'PT400';
        end if;
    end loop;
    if rest = '' then
        raise exception 'an array does not end' using errcode = 'PT400';
    end if;
    rest := substr(rest, 2);
end
$$;
comment on function postern.toml_array is 'A TOML array, over as many lines as it likes.';

create function postern.toml_table(inout rest text, in depth integer, out value jsonb)
    language plpgsql immutable set search_path = '' as $$
declare
    path text[];
    inner_value jsonb;
    closed text[] := '{}';
begin
    value := '{}';
    rest := postern.toml_skip(substr(rest, 2));
    while rest !~ '^\}' loop
        if rest = '' then
            raise exception 'braces do not end' using errcode = 'PT400';
        end if;
        select key.rest, key.path into rest, path from postern.toml_key(rest) as key;
        if rest !~ '^=' then
            raise exception 'a key in braces has no value: %', left(split_part(rest, E'\n', 1), 80) using errcode = 'PT400';
        elsif exists (select from generate_series(1, cardinality(path)) as n where to_jsonb(path[:n])::text = any (closed)) then
            raise exception 'key % is there twice', array_to_string(path, '.') using errcode = 'PT400';
        end if;
        select next.rest, next.value into rest, inner_value from postern.toml_next(ltrim(substr(rest, 2), E' \t'), depth) as next;
        value := postern.toml_set(value, path, inner_value);
        closed := closed || to_jsonb(path)::text;
        rest := postern.toml_skip(rest);
        if rest ~ '^,' then
            rest := postern.toml_skip(substr(rest, 2));
        elsif rest !~ '^(\}|$)' then
            raise exception 'braces go on without a comma: %', left(split_part(rest, E'\n', 1), 80) using errcode = 'PT400';
        end if;
    end loop;
    rest := substr(rest, 2);
end
$$;
comment on function postern.toml_table is 'A TOML inline table.';

create or replace function postern.toml_next(inout rest text, in depth integer, out value jsonb)
    language plpgsql immutable set search_path = '' as $$
declare
    word text;
begin
    if depth > 20 then
        raise exception 'values are nested more than twenty deep' using errcode = 'PT400';
    elsif rest ~ '^["'']' then
        select string.rest, to_jsonb(string.value) into rest, value from postern.toml_string(rest) as string;
        return;
    elsif rest ~ '^\[' then
        select next.rest, next.value into rest, value from postern.toml_array(rest, depth + 1) as next;
        return;
    elsif rest ~ '^\{' then
        select next.rest, next.value into rest, value from postern.toml_table(rest, depth + 1) as next;
        return;
    end if;
    word := coalesce(
        substring(rest from '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?(?![^\s,\]}#])'),
        substring(rest from '^[^\s,\]}#]+'),
        '');
    value := case
        when word in ('true', 'false') then word::jsonb
        when word ~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+)?)?|[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)$' then
            case when postern.toml_is_time(word) then to_jsonb(word) end
        else postern.toml_number(word)
    end;
    if value is null then
        raise exception 'not a value: %', left(word, 80) using errcode = 'PT400';
    end if;
    rest := substr(rest, length(word) + 1);
end
$$;
comment on function postern.toml_next is 'One value of TOML as JSON. Dates and times are text; infinity and what is no number have no JSON.';

create function postern.toml_is_time(word text) returns boolean language plpgsql immutable set search_path = '' as $$
begin
    if word ~ ':' then
        perform make_time(part[1]::integer, part[2]::integer, 0)
        from regexp_match(word, '([0-9]{2}):([0-9]{2})') as part;
    end if;
    if word ~ '^[0-9]{4}-' then
        perform make_date(part[1]::integer, part[2]::integer, part[3]::integer)
        from regexp_match(word, '^([0-9]{4})-([0-9]{2})-([0-9]{2})') as part;
    end if;
    return word !~ '(:6[1-9]|:[7-9])';
exception
    when datetime_field_overflow then
        return false;
end
$$;
comment on function postern.toml_is_time is 'Is there such a day and such a time?';

-- Where a key leads, with the places in lists of tables: what may be said once is remembered by it.
create function postern.toml_place(document jsonb, path text[]) returns text
    language plpgsql immutable set search_path = '' as $$
declare
    place text[] := '{}';
    at jsonb := document;
    key text;
begin
    foreach key in array path loop
        if jsonb_typeof(at) = 'array' then
            place := place || (jsonb_array_length(at) - 1)::text;
            at := at -> -1;
        end if;
        place := place || key;
        at := at -> key;
    end loop;
    return to_jsonb(place)::text;
end
$$;
comment on function postern.toml_place is 'The path of a key with the numbers of the list elements it goes through.';

create function postern.toml_at(document jsonb, path text[]) returns jsonb language sql immutable set search_path = '' as $$
    select document #> array(select jsonb_array_elements_text(postern.toml_place(document, path)::jsonb))
$$;
comment on function postern.toml_at is 'What a key leads to.';

create or replace function postern.toml_append(document jsonb, path text[]) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    key text := path[1];
    inner_value jsonb := document -> key;
begin
    if cardinality(path) = 1 then
        if coalesce(jsonb_typeof(inner_value), 'array') <> 'array' then
            raise exception 'key % is no list of tables', key using errcode = 'PT400';
        end if;
        return document || jsonb_build_object(key, coalesce(inner_value, '[]') || '[{}]');
    elsif jsonb_typeof(inner_value) = 'array' then
        return jsonb_set(document, array[key, '-1'], postern.toml_append(inner_value -> -1, path[2:]));
    end if;
    return document || jsonb_build_object(key, postern.toml_append(coalesce(inner_value, '{}'), path[2:]));
end
$$;

create or replace function postern.from_toml(toml text) returns jsonb language plpgsql immutable set search_path = '' as $$
declare
    document jsonb := '{}';
    above text[] := '{}';  -- the table that keys are in
    path text[];
    value jsonb;
    rest text := ltrim(toml, U&'\FEFF');
    begun text;
    said text[] := '{}';   -- tables by their header
    dotted text[] := '{}'; -- tables by a key with dots
    closed text[] := '{}'; -- values
begin
    loop
        rest := postern.toml_skip(rest);
        begun := rest;
        exit when rest = '';
        if rest ~ '^\[' then
            select key.rest, key.path into rest, path
            from postern.toml_key(substr(rest, case when rest ~ '^\[\[' then 3 else 2 end)) as key;
            above := path;
            if exists (select from generate_series(1, cardinality(path)) as n where postern.toml_place(document, path[:n]) = any (closed)) then
                raise exception 'key % is no %', array_to_string(path, '.'), case when begun ~ '^\[\[' then 'list of tables' else 'table' end
                    using errcode = 'PT400';
            end if;
            if begun ~ '^\[\[' then
                if rest !~ '^\]\]' or postern.toml_place(document, path) = any (said || dotted) then
                    raise exception 'key % is no list of tables', array_to_string(path, '.') using errcode = 'PT400';
                end if;
                document := postern.toml_append(document, path);
                rest := substr(rest, 3);
            else
                if rest !~ '^\]' then
                    raise exception 'a table''s name does not end: %', left(split_part(begun, E'\n', 1), 80) using errcode = 'PT400';
                elsif postern.toml_place(document, path) = any (said || dotted) or jsonb_typeof(postern.toml_at(document, path)) = 'array' then
                    raise exception 'table % is there twice', array_to_string(path, '.') using errcode = 'PT400';
                end if;
                said := said || postern.toml_place(document, path);
                document := postern.toml_touch(document, path);
                rest := substr(rest, 2);
            end if;
        else
            select key.rest, key.path into rest, path from postern.toml_key(rest) as key;
            if rest !~ '^=' then
                raise exception 'not a key and a value: %', left(split_part(begun, E'\n', 1), 80) using errcode = 'PT400';
            end if;
            select next.rest, next.value into rest, value from postern.toml_next(ltrim(substr(rest, 2), E' \t'), 0) as next;
            for n in 1..cardinality(path) - 1 loop
                if postern.toml_place(document, above || path[:n]) = any (closed || said)
                    or jsonb_typeof(postern.toml_at(document, above || path[:n])) = 'array'
                then
                    raise exception 'key % is no table of this one', array_to_string(path[:n], '.') using errcode = 'PT400';
                end if;
                dotted := dotted || postern.toml_place(document, above || path[:n]);
            end loop;
            document := postern.toml_set(document, above || path, value);
            closed := closed || postern.toml_place(document, above || path);
        end if;
        if rest !~ '^[ \t]*(#[^\n]*)?(\r?\n|$)' then
            raise exception 'something follows on the line: %', left(split_part(ltrim(rest, E' \t'), E'\n', 1), 80) using errcode = 'PT400';
        end if;
    end loop;
    return document;
exception
    when others then
        raise exception 'TOML parse error: line %: %',
            length(left(toml, length(toml) - length(begun))) - length(replace(left(toml, length(toml) - length(begun)), E'\n', '')) + 1, sqlerrm
            using errcode = 'PT400';
end
$$;

create function postern.toml_touch(document jsonb, path text[]) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    key text := path[1];
    inner_value jsonb := document -> key;
begin
    if path = '{}' then
        return document;
    elsif jsonb_typeof(inner_value) = 'array' then
        return jsonb_set(document, array[key, '-1'], postern.toml_touch(inner_value -> -1, path[2:]));
    end if;
    return document || jsonb_build_object(key, postern.toml_touch(coalesce(inner_value, '{}'), path[2:]));
end
$$;
comment on function postern.toml_touch is 'A document that has the table, empty when nothing is in it.';

drop function postern.toml_value(text);
drop function postern.toml_path(text);
drop function postern.toml_open(text);

revoke execute on function postern.toml_unescape, postern.toml_string, postern.toml_key, postern.toml_number,
    postern.toml_skip, postern.toml_next, postern.toml_array, postern.toml_table, postern.toml_is_time,
    postern.toml_place, postern.toml_at, postern.toml_touch from public;
grant execute on function postern.toml_unescape, postern.toml_string, postern.toml_key, postern.toml_number,
    postern.toml_skip, postern.toml_next, postern.toml_array, postern.toml_table, postern.toml_is_time,
    postern.toml_place, postern.toml_at, postern.toml_touch to postern_api;

-- down

create function postern.toml_value(source text) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    number text := replace(source, '_', '');
    quoted text;
begin
    if source ~ '^\[.*\]$' then
        -- Comments go and literal strings become JSON strings; then commas before a bracket go.
        select string_agg(case
                when part[1] ~ '^''' then to_jsonb(substr(part[1], 2, length(part[1]) - 2))::text
                when part[1] ~ '^"' then part[1]
                when part[1] ~ '^#' then ''
                else replace(part[1], '_', '')
            end, '' order by place)
        into quoted
        from regexp_matches(source, '("(?:[^"\\]|\\.)*"|''[^'']*''|#[^\n]*|[^"''#]+)', 'g') with ordinality as parts (part, place);
        select string_agg(case
                when part[1] ~ '^"' then part[1]
                else regexp_replace(part[1], ',\s*\]', ']', 'g')
            end, '' order by place)
        into quoted
        from regexp_matches(quoted, '("(?:[^"\\]|\\.)*"|[^"]+)', 'g') with ordinality as parts (part, place);
        return quoted::jsonb;
    elsif source ~ '^''[^'']*''$' then
        return to_jsonb(substr(source, 2, length(source) - 2));
    elsif source ~ '^"' or source in ('true', 'false') then
        return source::jsonb;
    elsif number ~ '^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$' then
        return to_jsonb(number::numeric);
    elsif source ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$' then
        return to_jsonb(source);
    end if;
    raise exception 'not a value: %', left(source, 80) using errcode = 'PT400';
end
$$;
comment on function postern.toml_value is 'One value of TOML as JSON.';

create function postern.toml_path(source text) returns text[] language plpgsql immutable set search_path = '' as $$
declare
    key constant text := '(?:[A-Za-z0-9_-]+|"[^"\\]*"|''[^'']*'')';
begin
    if source !~ ('^\s*' || key || '(?:\s*\.\s*' || key || '){0,7}\s*$') then
        raise exception 'not a key: %', left(source, 80) using errcode = 'PT400';
    end if;
    return array(
        select trim(both '"''' from part[1])
        from regexp_matches(source, key, 'g') with ordinality as parts (part, place)
        order by place
    );
end
$$;
comment on function postern.toml_path is 'A dotted key of TOML, cut at the dots.';

create function postern.toml_open(source text) returns boolean language sql immutable set search_path = '' as $$
    select length(replace(bare, '[', '')) < length(replace(bare, ']', ''))
    from regexp_replace(source, '"(?:[^"\\]|\\.)*"|''[^'']*''|#[^\n]*', '', 'g') as bare
$$;
comment on function postern.toml_open is 'Are there more brackets open than closed?';

create or replace function postern.toml_append(document jsonb, path text[]) returns jsonb
    language plpgsql immutable set search_path = '' as $$
declare
    key text := path[1];
    list jsonb := coalesce(document -> key, '[]');
begin
    if cardinality(path) > 1 then
        return document || jsonb_build_object(key, postern.toml_append(coalesce(document -> key, '{}'), path[2:]));
    elsif jsonb_typeof(list) <> 'array' then
        raise exception 'key % is no list of tables', key using errcode = 'PT400';
    end if;
    return document || jsonb_build_object(key, list || '[{}]');
end
$$;
create or replace function postern.from_toml(toml text) returns jsonb language plpgsql immutable set search_path = '' as $$
declare
    comment_end constant text := '\s*(#.*)?$';
    document jsonb := '{}';
    above text[] := '{}';
    line text;
    rest text := '';
    number bigint;
    found text[];
begin
    for line, number in
        select * from regexp_split_to_table(toml, '\r?\n') with ordinality
    loop
        rest := ltrim(rest || case rest when '' then '' else E'\n' end || line);
        if rest ~ ('^\[\[[^]]*\]\]' || comment_end) then
            above := postern.toml_path(substring(rest from '^\[\[([^]]*)\]\]'));
            document := postern.toml_append(document, above);
        elsif rest ~ ('^\[[^]]*\]' || comment_end) then
            above := postern.toml_path(substring(rest from '^\[([^]]*)\]'));
        elsif rest !~ '^(#.*)?$' then
            found := regexp_match(rest, '^((?:[A-Za-z0-9_.\s-]|"[^"\\]*"|''[^'']*'')+?)\s*=\s*(.*)$');
            if found is null then
                raise exception 'not a key and a value: %', left(rest, 80) using errcode = 'PT400';
            end if;
            -- An array goes on until its brackets close, outside of strings and comments.
            if found[2] ~ '^\[' and postern.toml_open(found[2]) then
                continue;
            end if;
            found[2] := coalesce(
                substring(found[2] from '^(\[.*\])' || comment_end),
                substring(found[2] from '^("(?:[^"\\]|\\.)*"|''[^'']*''|[^"''#\[]*[^"''#\[\s])' || comment_end),
                found[2]);
            document := postern.toml_set(document, above || postern.toml_path(found[1]), postern.toml_value(found[2]));
        end if;
        rest := '';
    end loop;
    if rest <> '' then
        raise exception 'an array does not end' using errcode = 'PT400';
    end if;
    return document;
exception
    when others then
        raise exception 'TOML parse error: line %: %', number, sqlerrm using errcode = 'PT400';
end
$$;
revoke execute on function postern.toml_value, postern.toml_path, postern.toml_open from public;
grant execute on function postern.toml_value, postern.toml_path, postern.toml_open to postern_api;
drop function postern.toml_touch(jsonb, text[]);
drop function postern.toml_at(jsonb, text[]);
drop function postern.toml_place(jsonb, text[]);
drop function postern.toml_next(text, integer);
drop function postern.toml_table(text, integer);
drop function postern.toml_array(text, integer);
drop function postern.toml_is_time(text);
drop function postern.toml_skip(text);
drop function postern.toml_number(text);
drop function postern.toml_key(text);
drop function postern.toml_string(text);
drop function postern.toml_unescape(text, boolean);
