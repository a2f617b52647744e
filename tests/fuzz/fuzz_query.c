/* Any request below /rest/v1 is refused, or becomes SQL in which every placeholder has its
 * parameter, every word is the program's or the catalogue's, every name is quoted and, unless it
 * is an alias, one of the snapshot. Input: the first line as in the unit tests, headers, body. */
#include <ctype.h>
#include <stdlib.h>

#include "../unit/rest_texts.h"

static const char *const words[] = {
    "select",
    "coalesce",
    "json_agg",
    "t",
    "text",
    "count",
    "from",
    "where",
    "not",
    "and",
    "or",
    "is",
    "null",
    "true",
    "false",
    "unknown",
    "like",
    "ilike",
    "any",
    "all",
    "distinct",
    "order",
    "by",
    "desc",
    "nulls",
    "first",
    "last",
    "limit",
    "offset",
    "cast",
    "as",
    "to_json",
    "to_jsonb",
    "integer",
    "bigint",
    "to_tsvector",
    "regconfig",
    "to_tsquery",
    "plainto_tsquery",
    "phraseto_tsquery",
    "websearch_to_tsquery",
    "with",
    "insert",
    "into",
    "default",
    "values",
    "json_to_record",
    "json_to_recordset",
    "json_array_elements",
    "postern_written",
    "w",
    "jsonb_to_record",
    "jsonb_to_recordset",
    "jsonb_agg",
    "jsonb_build_object",
    "left",
    "join",
    "cross",
    "on",
    "exists",
    "group",
    "sum",
    "avg",
    "max",
    "min",
    "jsonb_array_elements",
    "jsonb",
    "json",
    "elem",
    "postern_whole",
    "rows",
    "on",
    "conflict",
    "do",
    "nothing",
    "update",
    "set",
    "excluded",
    "set_config",
    "current_setting",
    "nullif",
    "returning",
    "delete",
    "row_to_json",
    "case",
    "when",
    "then",
    "else",
    "end",
    "string_agg",
    "substring",
    "length",
    "json_strip_nulls",
    "pgrst_scalar",
    "materialized",
    "lateral",
    "variadic",
    "E",
    "character",
    "varying",
    "bpchar",
    "name",
    "smallint",
    "numeric",
    "real",
    "double",
    "precision",
    "money",
    "boolean",
    "date",
    "time",
    "without",
    "zone",
    "timestamp",
    "interval",
    "uuid",
    "xml",
    "bytea",
    "inet",
    "cidr",
    "oid",
    "regclass",
    "tsvector",
    "int4range",
    "int8range",
    "numrange",
    "daterange",
    "tsrange",
    "tstzrange",
    "explain",
    "format",
    "analyze",
    "verbose",
    "settings",
    "buffers",
    "wal",
    "json_build_object",
    "st_asgeojson",
};

static const char *const names[] = {
    "phases",     "people",     "name",       "finders",   "prime",      "person", "size",
    "label",      "twins",      "opening",    "public",    "primes",     "loose",  "id",
    "form",       "digits",     "data",       "tags",      "a\"\"b",     "a",      "b",
    "v",          "add",        "list",       "many",      "gone",       "whole",  "postern_body",
    "pgrst_call", "pgrst_args", "primes_png", "loose_any", "text/plain", "ext",    "rows_tsv",
};

static const char *const literals[] = {
    "",  "[]", "\\n",  "PGRST116 ",         "postern.new_rows",
    "0", "-1", "type", "FeatureCollection", "features",
};

#define HAS(list, text) has(list, sizeof(list) / sizeof((list)[0]), text)

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool has(const char *const *list, size_t count, str text)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_from(list[i]), text))
            return true;
    return false;
}

/* What stands between two quotes, a doubled quote counting as text. */
static str take_quoted(str *rest)
{
    char quote = rest->at[0];
    size_t end = 1;

    while (end < rest->len &&
           (rest->at[end] != quote || (end + 1 < rest->len && rest->at[end + 1] == quote)))
        end += rest->at[end] == quote ? 2 : 1;
    must(end < rest->len);
    str text = {rest->at + 1, end - 1};
    *rest = str_skip(*rest, end + 1);
    return text;
}

static str take_while(str *rest, int (*is)(int))
{
    size_t end = 0;
    while (end < rest->len && is((unsigned char)rest->at[end]))
        end++;
    str text = {rest->at, end};
    *rest = str_skip(*rest, end);
    return text;
}

static int is_word(int byte)
{
    return isalnum(byte) || byte == '_';
}

static int take_placeholder(str *rest)
{
    int64_t number = 0;

    *rest = str_skip(*rest, 1);
    must(str_int(take_while(rest, isdigit), &number));
    return (int)number;
}

/* postern_1 and postern_1_by: what the program calls embedded relations and junctions. */
static bool is_given_name(str text)
{
    str digits = str_starts(text, STR("postern_")) ? str_skip(text, 8) : STR("");
    int64_t number;

    if (str_ends(digits, STR("_by")))
        digits.len -= 3;
    return str_int(digits, &number);
}

static bool stands_before(const struct statement *statement, const char *at, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(at - statement->text.at) >= len && memcmp(at - len, text, len) == 0;
}

/* A client chooses aliases, which are quoted too. The columns of an embedded relation are known by
 * theirs: "postern_1"."alias". */
static void check_quoted(const struct statement *statement, bool embedded, str *rest)
{
    bool alias = stands_before(statement, rest->at, " as ") || embedded;
    char quote = rest->at[0];
    str text = take_quoted(rest);

    must(quote == '"' ? alias || is_given_name(text) || HAS(names, text)
                      : HAS(literals, text) || HAS(names, text));
}

static void check_text(const struct statement *statement)
{
    static const char marks[] = " .,()*=<>~@|&:[]+-";
    str rest = statement->text;
    int highest = 0;
    bool embedded = false; /* it comes behind the name of an embedded relation */

    while (rest.len > 0) {
        char byte = rest.at[0];
        if (byte == '"' || byte == '\'') {
            str name = {rest.at + 1, 0};
            check_quoted(statement, embedded, &rest);
            name.len = (size_t)(rest.at - name.at) - 1;
            embedded = is_given_name(name) && str_starts(rest, STR(".\""));
            rest = str_skip(rest, embedded ? 1 : 0);
        } else if (byte == '$') {
            int number = take_placeholder(&rest);
            highest = number > highest ? number : highest;
        } else if (is_word((unsigned char)byte)) {
            str word = take_while(&rest, is_word);
            must(isdigit((unsigned char)byte) ? word.len <= 3 : HAS(words, word));
        } else {
            must(byte != '\0' && strchr(marks, byte) != NULL);
            rest = str_skip(rest, 1);
        }
    }
    must(highest == statement->nparams);
}

static void check_request(arena *mem, const struct schema *schema, const char *text)
{
    const struct config config = {.db_schemas = STR("public"),
                                  .db_extra_search_path = STR("public"),
                                  .db_aggregates_enabled = true,
                                  .legacy_target_names = true,
                                  .db_plan_enabled = true};
    enum ask_target target;
    struct ask *ask;
    struct plan *plan;
    struct statement statement;
    struct request *req = rest_request(mem, text, &target);

    if (ask_parse(req, &config, target, &ask) != NULL ||
        plan_make(mem, schema, &config, ask, &plan) != NULL || ask->kind == ASK_OPTIONS ||
        plan_sql(mem, plan, &statement) != NULL)
        return;
    check_text(&statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema *schema; /* loaded once: inputs do not change it */
    str why = {NULL, 0};
    arena *mem = arena_open();

    if (schema == NULL)
        schema = rest_schema(mem, &why);
    must(schema != NULL);
    check_request(mem, schema, arena_cstr(mem, (str){(const char *)data, size}));
    arena_close(&mem);
    return 0;
}
