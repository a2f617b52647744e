/* See media.h. */
#include "rest/media.h"

#include <ctype.h>
#include <stdlib.h>

#include "rest/scan.h"

enum { EXPLAIN_MAX = 4096 };

/* What is built in, and what nulls=stripped makes of it. */
static const struct {
    str name;
    enum media media, stripped;
} table[] = {
    {STR_ROW("application/json"),                  MEDIA_JSON,    MEDIA_JSON           },
    {STR_ROW("*/*"),                               MEDIA_JSON,    MEDIA_JSON           },
    {STR_ROW("text/csv"),                          MEDIA_CSV,     MEDIA_CSV            },
    {STR_ROW("application/geo+json"),              MEDIA_GEOJSON, MEDIA_GEOJSON        },
    {STR_ROW("application/x-ndjson"),              MEDIA_NDJSON,  MEDIA_NDJSON         },
    {STR_ROW("application/vnd.pgrst.array+json"),  MEDIA_JSON,    MEDIA_ARRAY_STRIPPED },
    {STR_ROW("application/vnd.pgrst.array"),       MEDIA_JSON,    MEDIA_ARRAY_STRIPPED },
    {STR_ROW("application/vnd.pgrst.object+json"), MEDIA_OBJECT,  MEDIA_OBJECT_STRIPPED},
    {STR_ROW("application/vnd.pgrst.object"),      MEDIA_OBJECT,  MEDIA_OBJECT_STRIPPED},
};

enum { TABLE_LEN = sizeof(table) / sizeof(table[0]) };

static const struct {
    str name;
    enum explain_format format;
} explains[] = {
    {STR_ROW("application/vnd.pgrst.plan"),      EXPLAIN_TEXT},
    {STR_ROW("application/vnd.pgrst.plan+text"), EXPLAIN_TEXT},
    {STR_ROW("application/vnd.pgrst.plan+json"), EXPLAIN_JSON},
};

static const struct {
    str name;
    enum explain_option option;
} options[] = {
    {STR_ROW("analyze"),  EXPLAIN_ANALYZE },
    {STR_ROW("verbose"),  EXPLAIN_VERBOSE },
    {STR_ROW("settings"), EXPLAIN_SETTINGS},
    {STR_ROW("buffers"),  EXPLAIN_BUFFERS },
    {STR_ROW("wal"),      EXPLAIN_WAL     },
};

enum { OPTIONS_LEN = sizeof(options) / sizeof(options[0]) };

/* ---- one type ---- */

static str take_while(struct scan *scan, const char *others)
{
    size_t from = scan->at;

    while (!scan_at_end(scan)) {
        char c = scan_peek(scan);
        if (!isalnum((unsigned char)c) && (c == '\0' || strchr(others, c) == NULL))
            break;
        scan->at++;
    }
    return (str){scan->text.at + from, scan->at - from};
}

static str lower(arena *mem, str text)
{
    char *copy = h2o_mem_alloc_pool(mem, text.len + 1);

    for (size_t i = 0; i < text.len; i++) {
        bool upper = text.at[i] >= 'A' && text.at[i] <= 'Z';
        copy[i] = (char)(text.at[i] + (upper ? 'a' - 'A' : 0));
    }
    return (str){copy, text.len};
}

static unsigned read_options(str text)
{
    unsigned found = 0;
    str word;

    while (str_cut(&text, '|', &word))
        for (int i = 0; i < OPTIONS_LEN; i++)
            if (str_eq(word, options[i].name))
                found |= options[i].option;
    return found;
}

static void apply_parameter(str key, str value, struct accepted *type)
{
    if (str_ieq(key, STR("nulls")))
        type->stripped = str_eq(value, STR("stripped"));
    else if (str_ieq(key, STR("for")))
        type->explained = value;
    else if (str_ieq(key, STR("options")))
        type->explain.options = read_options(value);
}

/* ;key=value or ;key="value". False where none of them stands: the rest means nothing. */
static bool take_parameter(struct scan *scan, str *key, str *value)
{
    if (!scan_take(scan, STR(";")))
        return false;
    *key = take_while(scan, "-");
    if (key->len == 0 || !scan_take(scan, STR("=")))
        return false;
    if (scan_peek(scan) == '"')
        return scan_quoted(scan, value);
    *value = take_while(scan, "|-");
    return value->len > 0;
}

struct accepted media_parse(arena *mem, str text)
{
    struct accepted type = {.text = text, .name = text, .explained = STR("application/json")};
    struct scan scan;
    str key, value;

    scan_init(&scan, mem, "media type", text);
    size_t main = take_while(&scan, ".*").len;
    if (main == 0 || !scan_take(&scan, STR("/")) || take_while(&scan, ".*+-").len == 0)
        return type;
    type.name = lower(mem, (str){text.at, scan.at});
    while (take_parameter(&scan, &key, &value))
        apply_parameter(key, value, &type);
    for (size_t i = 0; i < sizeof(explains) / sizeof(explains[0]); i++)
        if (str_eq(type.name, explains[i].name))
            type.explain.format = explains[i].format;
    return type;
}

/* ---- a whole header ---- */

struct weighed {
    struct accepted type;
    double weight;
    int specificity, position;
};

static int best_first(const void *a, const void *b)
{
    const struct weighed *left = a, *right = b;

    if (left->weight != right->weight)
        return left->weight < right->weight ? 1 : -1;
    if (left->specificity != right->specificity)
        return right->specificity - left->specificity;
    return left->position - right->position;
}

static str without_blanks(arena *mem, str text)
{
    char *copy = h2o_mem_alloc_pool(mem, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != ' ' && text.at[i] != '\t')
            copy[len++] = text.at[i];
    return (str){copy, len};
}

static double read_weight(arena *mem, str text)
{
    double weight = strtod(arena_cstr(mem, text), NULL);

    return weight >= 0 && weight <= 1 ? weight : 1; /* not a number is 1 too */
}

/* Parameters make a type more specific, stars less. What stands behind the weight is not read. */
static struct weighed weigh(arena *mem, str piece, int position)
{
    struct weighed result = {.weight = 1, .position = position};
    str text = without_blanks(mem, piece);
    const char *weight = memmem(text.at, text.len, ";q=", 3);

    if (weight != NULL) {
        size_t len = (size_t)(weight - text.at);
        result.weight = read_weight(mem, str_skip(text, len + 3));
        text.len = len;
    }
    for (size_t i = 0; i < text.len; i++)
        result.specificity += (text.at[i] == ';') - (text.at[i] == '*');
    result.type = media_parse(mem, text);
    return result;
}

/* What nearly everybody accepts, as media_parse reads it. */
#define USUAL(type)                                                                                \
    {                                                                                              \
        .text = STR_ROW(type), .name = STR_ROW(type), .explained = STR_ROW("application/json")     \
    }
static const struct accepted usual[] = {USUAL("*/*"), USUAL("application/json")};

struct accept media_read(arena *mem, str header)
{
    struct weighed all[ACCEPTED_MAX];
    str rest = header.len == 0 ? STR("*/*") : header, piece;
    int count = 0;

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (str_eq(rest, usual[i].text))
            return (struct accept){&usual[i], 1};
    while (count < ACCEPTED_MAX && str_cut(&rest, ',', &piece)) {
        all[count] = weigh(mem, piece, count);
        count += all[count].weight > 0;
    }
    if (count > 1)
        qsort(all, (size_t)count, sizeof(all[0]), best_first);
    struct accepted *list = arena_array(mem, struct accepted, (size_t)count);
    for (int i = 0; i < count; i++)
        list[i] = all[i].type;
    return (struct accept){list, count};
}

/* ---- names ---- */

enum media media_find(str name, bool stripped)
{
    for (int i = 0; i < TABLE_LEN; i++)
        if (str_eq(table[i].name, name))
            return stripped ? table[i].stripped : table[i].media;
    return MEDIAS;
}

str media_name(enum media media)
{
    static const str names[MEDIAS] = {
        [MEDIA_JSON] = STR_ROW("application/json"),
        [MEDIA_OBJECT] = STR_ROW("application/vnd.pgrst.object+json"),
        [MEDIA_ARRAY_STRIPPED] = STR_ROW("application/vnd.pgrst.array+json;nulls=stripped"),
        [MEDIA_OBJECT_STRIPPED] = STR_ROW("application/vnd.pgrst.object+json;nulls=stripped"),
        [MEDIA_CSV] = STR_ROW("text/csv"),
        [MEDIA_GEOJSON] = STR_ROW("application/geo+json"),
        [MEDIA_NDJSON] = STR_ROW("application/x-ndjson"),
        [MEDIA_HANDLED] = STR_ROW("application/octet-stream"),
    };
    return names[media];
}

/* Types of text say their charset; what a domain of the database is named after says none. */
str media_content_type(arena *mem, str name)
{
    static const struct {
        str name, type;
    } types[] = {
#define WITH_CHARSET(name) {STR_ROW(name), STR_ROW(name "; charset=utf-8")}
        WITH_CHARSET("application/json"),
        WITH_CHARSET("application/geo+json"),
        WITH_CHARSET("application/openapi+json"),
        WITH_CHARSET("text/csv"),
        WITH_CHARSET("text/plain"),
        WITH_CHARSET("text/xml"),
#undef WITH_CHARSET
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_eq(name, types[i].name))
            return types[i].type;
    return str_starts(name, STR("application/vnd.pgrst."))
               ? arena_printf(mem, "%.*s; charset=utf-8", STR_ARG(name))
               : name;
}

/* ---- explain ---- */

str media_explain_name(arena *mem, struct explain explain, str name)
{
    struct buf out;

    buf_init(&out, mem, EXPLAIN_MAX);
    buf_printf(&out, "application/vnd.pgrst.plan+%s; for=\"%.*s\"",
               explain.format == EXPLAIN_JSON ? "json" : "text", STR_ARG(name));
    for (int i = 0, count = 0; i < OPTIONS_LEN; i++) {
        if ((explain.options & options[i].option) == 0)
            continue;
        buf_put(&out, count++ == 0 ? STR("; options=") : STR("|"));
        buf_put(&out, options[i].name);
    }
    return buf_str(&out);
}

str media_explain_sql(arena *mem, struct explain explain)
{
    struct buf out;

    buf_init(&out, mem, EXPLAIN_MAX);
    buf_put(&out, explain.format == EXPLAIN_JSON ? STR("explain (format json")
                                                 : STR("explain (format text"));
    for (int i = 0; i < OPTIONS_LEN; i++) {
        if ((explain.options & options[i].option) == 0)
            continue;
        buf_put(&out, STR(", "));
        buf_put(&out, options[i].name);
    }
    buf_put(&out, STR(") "));
    return buf_str(&out);
}

/* ---- what a request brings ---- */

str media_essence(str type)
{
    str essence = type;
    str rest = type;
    if (type.at != NULL)
        str_cut(&rest, ';', &essence);
    return str_trim(essence);
}

enum content media_content(str content_type)
{
    static const struct {
        str name;
        enum content content;
    } contents[] = {
        {STR_ROW("application/json"),                  CONTENT_JSON },
        {STR_ROW("application/x-www-form-urlencoded"), CONTENT_FORM },
        {STR_ROW("text/csv"),                          CONTENT_CSV  },
        {STR_ROW("text/plain"),                        CONTENT_TEXT },
        {STR_ROW("text/xml"),                          CONTENT_XML  },
        {STR_ROW("application/octet-stream"),          CONTENT_BYTES},
    };
    str essence = media_essence(content_type);

    if (essence.len == 0)
        return CONTENT_JSON;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
        if (str_ieq(essence, contents[i].name))
            return contents[i].content;
    return CONTENT_OTHER;
}
