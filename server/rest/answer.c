/* See answer.h. Source: PostgREST "Responses"; RFC 9110 14.4 (Content-Range). */
#include "rest/answer.h"

#include "base/json.h"
#include "base/url.h"
#include "rest/count.h"
#include "rest/long_query.h"
#include "rest/sql_parts.h"

/* A Content-Location longer than what clients take of a whole head is left out. */
enum { LOCATION_MAX = 4096, CONTENT_LOCATION_MAX = 8 << 10, CSV_MAX = 1 << 20 };

const struct fail *answer_not_one(arena *mem, int64_t count)
{
    struct fail *fail =
        fail_new(mem, FAIL_SINGULAR, "Cannot coerce the result to a single JSON object");
    fail->details = arena_printf(mem, "The result contains %lld rows", (long long)count);
    return fail;
}

/* "0-9/100", with "*" for no rows and for an unknown total (-1). */
static str content_range(arena *mem, int64_t first, int64_t last, int64_t total)
{
    enum { RANGE_MAX = 64 };
    struct buf range;

    buf_init(&range, mem, RANGE_MAX);
    if (first <= last && total != 0) {
        buf_put_int(&range, first);
        buf_putc(&range, '-');
        buf_put_int(&range, last);
    } else
        buf_putc(&range, '*');
    buf_putc(&range, '/');
    if (total < 0)
        buf_putc(&range, '*');
    else
        buf_put_int(&range, total);
    return buf_str(&range);
}

static int status_of_range(int64_t first, int64_t rows, int64_t total)
{
    if (total < 0)
        return 200;
    if (first > total)
        return 416;
    return rows < total ? 206 : 200;
}

static void put_applied(arena *mem, const struct plan *plan, unsigned kinds, struct reply *reply)
{
    str applied = prefer_applied(&plan->ask->prefer, mem, kinds | PREFER_COMMON);
    if (applied.at != NULL)
        reply_header(reply, STR("Preference-Applied"), applied);
}

static void put_type(const struct plan *plan, str type, struct reply *reply)
{
    reply_header(reply, STR("Content-Type"), type);
    if (plan->ask->several_schemas)
        reply_header(reply, STR("Content-Profile"), plan->ask->schema);
}

static str trim_white(str text)
{
    while (text.len > 0 && strchr(" \n\r\t", text.at[0]) != NULL)
        text = str_skip(text, 1);
    while (text.len > 0 && strchr(" \n\r\t", text.at[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* The one element of a JSON array, without copying it. */
static str only_element(str array)
{
    if (array.len < 2)
        return array;
    str element = trim_white((str){array.at + 1, array.len - 2});
    return element.len == 0 ? STR("null") : element;
}

static void put_csv_name(struct buf *out, str name)
{
    if (out->len > 0)
        buf_putc(out, ',');
    buf_put(out, name);
}

static void put_csv_names(struct buf *out, const struct column *columns, int count)
{
    for (int i = 0; i < count; i++)
        put_csv_name(out, columns[i].name);
}

/* What * stands for. */
static void put_all_csv_names(struct buf *out, const struct plan *plan)
{
    const struct routine *routine = plan->routine;

    if (routine == NULL)
        put_csv_names(out, plan->relation->columns, plan->relation->ncolumns);
    else if (routine->result == RESULT_COMPOSITE)
        put_csv_names(out, routine->columns, routine->ncolumns);
    else
        put_csv_name(out, STR(SCALAR_NAME));
}

/* A line of names before the rows; without rows there is none, as PostgREST reads the names off
 * the first row. */
static str csv_body(arena *mem, const struct plan *plan, const struct page *page)
{
    struct buf out;

    buf_init(&out, mem, CSV_MAX + page->body.len);
    for (const struct output *at = plan->root.outputs; at != NULL && page->rows > 0;
         at = at->next) {
        if (at->kind != OUTPUT_ALL)
            put_csv_name(&out, plan_output_name(at));
        else
            put_all_csv_names(&out, plan);
    }
    buf_putc(&out, '\n');
    buf_put(&out, page->body);
    return buf_str(&out);
}

static bool is_json(const struct plan *plan)
{
    return plan->media == MEDIA_JSON || media_is_stripped(plan->media);
}

static str body_of(arena *mem, const struct plan *plan, const struct page *page)
{
    bool single = plan->routine != NULL && !plan->routine->set;

    if (plan->rows == ROWS_BODY && plan->media == MEDIA_CSV)
        return csv_body(mem, plan, page);
    if (plan->rows == ROWS_BODY && (media_is_object(plan->media) || (is_json(plan) && single)))
        return only_element(page->body);
    return page->body;
}

/* Beyond the end: the usual headers around the error's body. */
static void put_out_of_range(arena *mem, const struct plan *plan, int64_t total,
                             struct reply *reply)
{
    struct fail *fail = fail_new(mem, FAIL_RANGE, "Requested range not satisfiable");
    fail->details =
        arena_printf(mem, "An offset of %lld was requested, but there are only %lld rows.",
                     (long long)plan->root.range.first, (long long)total);
    reply->body = plan->minimal_errors ? fail_json_minimal(mem, fail) : fail_json(mem, fail);
}

/* A row as /name?key=eq.value&...; absent when that is too long for a header. */
static str row_location(arena *mem, const struct plan *plan, str key_json);

static struct reply *answer_rows(arena *mem, const struct plan *plan, const struct page *page)
{
    int64_t first = plan->root.range.first, total = count_total(plan, page);
    int status = status_of_range(first, page->rows, total);
    struct reply *reply = reply_new(mem, status, (str){NULL, 0});

    reply_header(reply, STR("Content-Range"),
                 content_range(mem, first, first + page->rows - 1, total));
    if (plan->ask->kind == ASK_READ && plan->ask->canonical_query.len <= CONTENT_LOCATION_MAX) {
        str mark = plan->ask->canonical_query.len > 0 ? STR("?") : STR("");
        reply_header(reply, STR("Content-Location"),
                     arena_printf(mem, "/%.*s%.*s%.*s", STR_ARG(plan->ask->name), STR_ARG(mark),
                                  STR_ARG(plan->ask->canonical_query)));
    }
    put_applied(mem, plan, plan->routine != NULL ? 1U << PREFER_MAX_AFFECTED : 0, reply);
    if (plan->routine != NULL && plan->routine->result == RESULT_VOID) {
        reply->status = 204;
        return reply;
    }
    put_type(plan, status == 416 ? TYPE_JSON : plan->content_type, reply);
    if (status == 416)
        put_out_of_range(mem, plan, total, reply);
    else
        reply->body = body_of(mem, plan, page);
    return reply;
}

/* What Content-Range says of a write. */
enum written_range { RANGE_NONE, RANGE_TOTAL, RANGE_ROWS };

/* What differs between the kinds of writes. */
static const struct written {
    int status, status_with_rows;
    enum written_range range;
    unsigned applied;
} writes[] = {
    [ASK_INSERT] = {201, 201, RANGE_TOTAL,
                    1U << PREFER_RESOLUTION | 1U << PREFER_MISSING | 1U << PREFER_RETURN  },
    [ASK_PUT] = {204, 200, RANGE_NONE,  1U << PREFER_RETURN                            },
    [ASK_UPDATE] = {204, 200, RANGE_ROWS,
                    1U << PREFER_MISSING | 1U << PREFER_RETURN | 1U << PREFER_MAX_AFFECTED},
    [ASK_DELETE] = {204, 200, RANGE_TOTAL, 1U << PREFER_RETURN | 1U << PREFER_MAX_AFFECTED},
};

/* An upsert tells new rows from known ones, also where no key can be in the way; a PUT only when
 * it shows the row. */
static int status_of_write(const struct plan *plan, const struct page *page, bool rows)
{
    const struct written *write = &writes[plan->ask->kind];
    bool merges = prefer_is(&plan->ask->prefer, PREFER_RESOLUTION, CHOICE_MERGE_DUPLICATES) &&
                  plan->ask->kind == ASK_INSERT;
    int64_t new_rows = plan->conflict == CONFLICT_MERGES ? page->new_rows : page->rows;

    if (!merges && (plan->ask->kind != ASK_PUT || !rows))
        return rows ? write->status_with_rows : write->status;
    return new_rows > 0 ? 201 : 200;
}

static void put_range_of_write(arena *mem, const struct plan *plan, const struct page *page,
                               struct reply *reply)
{
    enum written_range range = writes[plan->ask->kind].range;
    bool names_rows = range == RANGE_ROWS && page->rows > 0;

    if (range == RANGE_NONE)
        return;
    reply_header(reply, STR("Content-Range"),
                 content_range(mem, 0, names_rows ? page->rows - 1 : -1, count_total(plan, page)));
}

static struct reply *answer_write(arena *mem, const struct plan *plan, const struct page *page)
{
    bool rows = plan->rows == ROWS_BODY;
    unsigned applied = writes[plan->ask->kind].applied;
    struct reply *reply = reply_new(mem, status_of_write(plan, page, rows), (str){NULL, 0});

    if (plan->conflict == CONFLICT_FAILS)
        applied &= ~(1U << PREFER_RESOLUTION);
    str location = page->key.at != NULL && page->rows == 1 ? row_location(mem, plan, page->key)
                                                           : (str){NULL, 0};
    if (location.at != NULL)
        reply_header(reply, STR("Location"), location);
    put_range_of_write(mem, plan, page, reply);
    put_applied(mem, plan, applied, reply);
    if (rows) {
        put_type(plan, plan->content_type, reply);
        reply->body = body_of(mem, plan, page);
    }
    return reply;
}

static struct reply *answer_explained(arena *mem, const struct plan *plan, const struct page *page)
{
    struct reply *reply = reply_new(mem, 200, (str){NULL, 0});

    put_type(plan, plan->content_type, reply);
    reply->body = page->body;
    return reply;
}

const struct fail *answer_make(arena *mem, const struct plan *plan, const struct page *page,
                               struct reply **reply)
{
    bool reads = plan->ask->kind == ASK_READ || plan->ask->kind == ASK_CALL;

    if (plan->explain.format != EXPLAIN_NONE) {
        *reply = answer_explained(mem, plan, page);
        return NULL;
    }
    if (plan->one_row && page->rows != 1)
        return answer_not_one(mem, page->rows);
    if (plan->transaction.max_affected >= 0 && page->rows > plan->transaction.max_affected)
        return transaction_too_many(mem, page->rows);
    *reply = reads ? answer_rows(mem, plan, page) : answer_write(mem, plan, page);
    reply_header(*reply, STR("Vary"), ANSWER_VARIES);
    if (plan->warning.at != NULL)
        reply_header(*reply, STR("Warning"), plan->warning);
    return answer_asked(mem, page, *reply);
}

static str row_location(arena *mem, const struct plan *plan, str key_json)
{
    struct json_walk walk;
    struct buf out;
    str key, value;

    buf_init(&out, mem, LOCATION_MAX);
    buf_putc(&out, '/');
    buf_put(&out, plan->ask->name);
    json_walk_open(&walk, key_json);
    for (bool first = true; json_walk_next(&walk, &key, &value); first = false) {
        buf_putc(&out, first ? '?' : '&');
        url_put(&out, json_unquote(mem, key));
        buf_putc(&out, '=');
        if (json_kind_of(value) == JSON_NULL) {
            buf_put(&out, STR("is.null"));
            continue;
        }
        buf_put(&out, STR("eq."));
        url_put(&out, json_kind_of(value) == JSON_STRING ? json_unquote(mem, value) : value);
    }
    return out.full ? (str){NULL, 0} : buf_str(&out);
}

struct reply *answer_stream(arena *mem, const struct plan *plan)
{
    struct reply *head = reply_new(mem, 200, (str){NULL, 0});

    str applied = prefer_applied(&plan->ask->prefer, mem, PREFER_COMMON & ~(1U << PREFER_COUNT));

    put_type(plan, plan->content_type, head);
    if (applied.at != NULL)
        reply_header(head, STR("Preference-Applied"), applied);
    reply_header(head, STR("Vary"), ANSWER_VARIES);
    return head;
}

static str methods_of_relation(arena *mem, const struct relation *relation)
{
    bool upsertable =
        relation->insertable && relation->updatable && relation_primary_key(relation) != NULL;

    return arena_printf(mem, "OPTIONS,GET,HEAD%s%s%s%s", relation->insertable ? ",POST" : "",
                        upsertable ? ",PUT" : "", relation->updatable ? ",PATCH" : "",
                        relation->deletable ? ",DELETE" : "");
}

struct reply *answer_options(arena *mem, const struct plan *plan)
{
    struct reply *reply = reply_new(mem, 200, (str){NULL, 0});
    str methods = plan->relation != NULL       ? methods_of_relation(mem, plan->relation)
                  : plan->routine->is_volatile ? STR("OPTIONS,POST")
                                               : STR("OPTIONS,GET,HEAD,POST");

    reply_header(reply, STR("Allow"), methods);
    if (plan->relation != NULL || !plan->routine->is_volatile)
        reply_header(reply, STR("Accept-Query"), ACCEPT_QUERY);
    reply_header(reply, STR("Vary"), ANSWER_VARIES);
    return reply;
}
