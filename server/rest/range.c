/* See range.h. */
#include "rest/range.h"

#include "rest/query.h"

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.len > 0;
}

/* As PostgreSQL says it. */
static const struct fail *refuse_number(arena *mem, str number)
{
    struct fail *fail =
        fail_new(mem, FAIL_SQL, "value \"%.*s\" is out of range for type bigint", STR_ARG(number));
    fail->code = "22003"; /* numeric_value_out_of_range */
    return fail;
}

enum found { FOUND_NONE, FOUND_TEXT, FOUND_NUMBER };

/* The last limit or offset that is an integer. */
static const struct fail *find_number(arena *mem, const struct query *query, str key,
                                      int64_t *number, enum found *found)
{
    *found = FOUND_NONE;
    for (int i = 0; i < query->count; i++) {
        str value = str_trim(query->pairs[i].value);
        if (!str_eq(query->pairs[i].key, key) || value.at == NULL)
            continue;
        if (str_int(value, number))
            *found = FOUND_NUMBER;
        else if (is_digits(value))
            return refuse_number(mem, value);
        else if (*found == FOUND_NONE)
            *found = FOUND_TEXT;
    }
    return NULL;
}

/* "0-9" or "5-" of a Range header; anything else is no range. */
static bool read_header(str header, struct range *range)
{
    str first;

    if (!str_cut(&header, '-', &first) || header.at == NULL || first.len == 0 ||
        first.at[0] == '+' || !str_int(first, &range->first))
        return false;
    if (header.len == 0)
        return true;
    if (header.at[0] == '-' || header.at[0] == '+' || !str_int(header, &range->last))
        return false;
    if (range->last == INT64_MAX)
        range->last--; /* so that the number of rows is an int64_t too */
    return true;
}

static const struct fail *refuse_range(arena *mem, const char *why)
{
    struct fail *fail = fail_new(mem, FAIL_RANGE, "Requested range not satisfiable");
    fail->details = arena_printf(mem, "%s", why);
    return fail;
}

static struct range intersect(struct range a, struct range b)
{
    struct range both = {a.first > b.first ? a.first : b.first, a.last, false};
    if (a.last == RANGE_OPEN || (b.last != RANGE_OPEN && b.last < a.last))
        both.last = b.last;
    both.none = both.last != RANGE_OPEN && both.last < both.first;
    return both;
}

static struct range limit_and_offset(int64_t limit, bool limited, int64_t offset)
{
    struct range range = {offset < 0 ? 0 : offset, RANGE_OPEN, false};

    if (limited && __builtin_add_overflow(range.first, limit - 1, &range.last))
        range.last = INT64_MAX;
    return range;
}

static const struct fail *refuse_negative(arena *mem, const char *code, const char *word)
{
    struct fail *fail = fail_new(mem, FAIL_SQL, "%s must not be negative", word);
    fail->code = code; /* invalid_row_count_in_limit_clause, ..._in_result_offset_clause */
    return fail;
}

/* What is ignored or refused of the target's own is PostgreSQL's to refuse here, as in PostgREST.
 */
const struct fail *range_of_level(arena *mem, const struct level *level, struct range *range)
{
    bool limited = level->limited || (level->limit_is_text && level->skips);

    if (level->offset < 0)
        return refuse_negative(mem, "2201X", "OFFSET");
    if (limited && level->limit < 0)
        return refuse_negative(mem, "2201W", "LIMIT");
    *range = limit_and_offset(level->limit, limited, level->offset);
    range->none = limited && level->limit == 0;
    return NULL;
}

bool range_cap(struct range *range, int64_t max_rows)
{
    int64_t last = 0;

    if (max_rows <= 0 || range->none)
        return false;
    if (!__builtin_add_overflow(range->first, max_rows - 1, &last) &&
        (range->last == RANGE_OPEN || range->last > last))
        range->last = last;
    return true;
}

const struct fail *range_read(const struct request *req, const struct query *query,
                              struct range *range)
{
    struct range header = {0, RANGE_OPEN, false};
    int64_t limit = 0, offset = 0;
    enum found limits, skips;

    TRY(find_number(req->mem, query, STR("limit"), &limit, &limits));
    TRY(find_number(req->mem, query, STR("offset"), &offset, &skips));
    /* One that is no integer is ignored; but beside an offset it is no row, as in PostgREST. */
    bool limited = limits == FOUND_NUMBER || (limits == FOUND_TEXT && skips != FOUND_NONE);
    if (limited && limit < 0)
        return refuse_range(req->mem, "Limit should be greater than or equal to zero.");
    if (limited && limit == 0 && offset <= 0) {
        *range = (struct range){.first = 0, .last = RANGE_OPEN, .none = true};
        return NULL;
    }
    if (req->method == METHOD_GET && !read_header(request_header(req, STR("range")), &header))
        header = (struct range){0, RANGE_OPEN, false};
    if (header.last != RANGE_OPEN && header.last < header.first)
        return refuse_range(req->mem, "The lower boundary must be lower than or equal to the "
                                      "upper boundary in the Range header.");
    *range = intersect(header, limit_and_offset(limit, limited, offset));
    if (range->none)
        return refuse_range(req->mem, "Limit should be greater than or equal to zero.");
    return NULL;
}
