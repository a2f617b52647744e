/* Reads a client's value for a parameter: URL text or JSON in, PostgreSQL's text out. */
#include <stdio.h>

#include "base/array_text.h"
#include "base/json.h"
#include "route/param.h"

enum { LIST_MAX = 1000, LIST_TEXT_MAX = 1 << 20, QUOTE_MAX = 64 };

static void put_bounds(struct buf *buf, const struct param *param)
{
    bool length = param->type != NULL && param->type->size == SIZE_LENGTH;
    const char *unit = param->list ? " values" : length ? " characters" : "";
    const char *of = param->list ? "with " : "of ";

    if (param->has_min && param->has_max && !param->list && !length)
        buf_printf(buf, " between %.15g and %.15g", param->min, param->max);
    else if (param->has_min && param->has_max)
        buf_printf(buf, " %s%.15g to %.15g%s", of, param->min, param->max, unit);
    else if (param->has_min)
        buf_printf(buf, " %sat least %.15g%s", of, param->min, unit);
    else if (param->has_max)
        buf_printf(buf, " %sat most %.15g%s", of, param->max, unit);
}

str param_must_be(arena *mem, const struct param *param)
{
    struct buf buf;

    buf_init(&buf, mem, LIST_TEXT_MAX);
    if (param->list)
        buf_put(&buf, STR("a list of "));
    if (param->nwords == 0)
        buf_put(&buf, str_from(param->type->must_be));
    for (int i = 0; i < param->nwords; i++) {
        buf_put(&buf, i == 0 ? STR("one of ") : STR(", "));
        buf_put(&buf, param->words[i]);
    }
    put_bounds(&buf, param);
    return buf_str(&buf);
}

/* Cuts at a character's border, so that the message stays UTF-8. */
static str shortened(str text)
{
    if (text.len <= QUOTE_MAX)
        return text;
    text.len = QUOTE_MAX;
    while (text.len > 0 && ((unsigned char)text.at[text.len] & 0xC0) == 0x80)
        text.len--;
    return text;
}

static const struct fail *refuse(arena *mem, const struct param *param, str raw)
{
    str must_be = param_must_be(mem, param), quote = shortened(raw);

    return fail_new(mem, FAIL_BAD_QUERY, "%.*s must be %.*s, not \"%.*s%s\"", STR_ARG(param->name),
                    STR_ARG(must_be), STR_ARG(quote), quote.len < raw.len ? "..." : "");
}

static bool within(const struct param *param, double measure)
{
    return (!param->has_min || measure >= param->min) && (!param->has_max || measure <= param->max);
}

static int word_find(const struct param *param, str text)
{
    for (int i = 0; i < param->nwords; i++)
        if (str_eq(param->words[i], text))
            return i;
    return -1;
}

/* One value, or one element of a list. */
static bool fits(const struct param *param, str text)
{
    if (param->nwords > 0 && word_find(param, text) < 0)
        return false;
    if (param->type == NULL)
        return true;
    return param->type->check(text) && (param->list || param->type->size == SIZE_NONE ||
                                        within(param, type_measure(param->type, text)));
}

static bool takes_any_json(const struct param *param)
{
    return param->type != NULL && param->type->json == JSON_INVALID;
}

/* JSON in a body: a string may hold any value, a number or a boolean its own type's. */
static bool from_json(arena *mem, const struct param *param, str raw, str *text)
{
    enum json_kind kind = json_kind_of(raw);

    *text = raw;
    if (takes_any_json(param))
        return true;
    if (kind == JSON_STRING)
        *text = json_unquote(mem, raw);
    return kind == JSON_STRING || (param->type != NULL && kind == param->type->json);
}

/* The elements of a list, one after the other. */
struct elements {
    enum param_source source;
    str rest;
    struct json_walk walk;
    bool broken;
};

static bool next_element(arena *mem, const struct param *param, struct elements *from, str *text)
{
    str key, raw;

    if (from->source == PARAM_FROM_URL)
        return str_cut(&from->rest, ',', text);
    if (!json_walk_next(&from->walk, &key, &raw))
        return false;
    from->broken = !from_json(mem, param, raw, text);
    return !from->broken;
}

static bool read_list(arena *mem, const struct param *param, enum param_source source, str raw,
                      str *out)
{
    struct elements from = {.source = source, .rest = raw};
    struct buf buf;
    str text;
    int count = 0;

    if (source == PARAM_FROM_BODY && json_walk_open(&from.walk, raw) != JSON_ARRAY)
        return false;
    buf_init(&buf, mem, LIST_TEXT_MAX);
    buf_putc(&buf, '{');
    while (next_element(mem, param, &from, &text)) {
        if (text.len == 0 && source == PARAM_FROM_URL)
            continue; /* "a,,b" and a comma at the end are two words and one */
        if (++count > LIST_MAX || !fits(param, text))
            return false;
        array_text_put(&buf, text);
    }
    buf_putc(&buf, '}');
    *out = buf_str(&buf);
    return !from.broken && !buf.full && within(param, count);
}

static bool read_one(arena *mem, const struct param *param, enum param_source source, str raw,
                     str *out)
{
    *out = raw;
    if (source == PARAM_FROM_BODY && !from_json(mem, param, raw, out))
        return false;
    return fits(param, *out);
}

const struct fail *param_read(arena *mem, const struct param *param, enum param_source source,
                              str raw, struct param_value *value)
{
    *value = (struct param_value){.given = true, .word = -1};
    bool null =
        source == PARAM_FROM_BODY && json_kind_of(raw) == JSON_NULL && !takes_any_json(param);
    if (null && param->optional)
        return NULL;
    if (null)
        return param_miss(mem, param, value);
    bool good = param->list ? read_list(mem, param, source, raw, &value->text)
                            : read_one(mem, param, source, raw, &value->text);
    if (!good && param->lenient)
        return param_miss(mem, param, value);
    if (!good)
        return refuse(mem, param, raw);
    value->word = word_find(param, value->text);
    return NULL;
}

const struct fail *param_miss(arena *mem, const struct param *param, struct param_value *value)
{
    if (param->fallback.at != NULL) {
        str fallback = param->fallback;
        *value = (struct param_value){.text = fallback, .word = word_find(param, fallback)};
        if (param->list)
            (void)read_list(mem, param, PARAM_FROM_URL, fallback, &value->text);
        return NULL;
    }
    *value = (struct param_value){.word = -1};
    if (param->optional)
        return NULL;
    return fail_new(mem, FAIL_BAD_QUERY, "%.*s is required: %.*s", STR_ARG(param->name),
                    STR_ARG(param_must_be(mem, param)));
}
