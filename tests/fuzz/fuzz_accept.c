/* Any Accept header is 406, or chooses a type whose Content-Type can stand in a header. With
 * anything else allowed at a lower weight nothing is refused; and what is chosen does not change
 * when the header is sent twice. */
#include <stdlib.h>

#include "../unit/rest_texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static str join(arena *mem, str first, str second)
{
    struct buf all;

    buf_init(&all, mem, SIZE_MAX);
    buf_put(&all, first);
    buf_putc(&all, ',');
    buf_put(&all, second);
    return buf_str(&all);
}

static struct plan *choose(arena *mem, const struct schema *schema, const char *path, str accept)
{
    const struct config config = {.db_schemas = STR("public"), .db_plan_enabled = true};
    enum ask_target target;
    struct ask *ask;
    struct plan *plan;
    struct request *req = rest_request(mem, path, &target);

    if (ask_parse(req, &config, target, &ask) != NULL)
        return NULL;
    ask->accept = media_read(mem, accept);
    const struct fail *fail = plan_make(mem, schema, &config, ask, &plan);
    must(fail == NULL || fail->kind == FAIL_MEDIA_TYPE);
    return fail == NULL ? plan : NULL;
}

static void check_choice(arena *mem, const struct schema *schema, const char *path, str accept)
{
    struct plan *plan = choose(mem, schema, path, accept);
    struct plan *again = choose(mem, schema, path, join(mem, accept, accept));
    struct statement statement;

    if (plan == NULL)
        return;
    must(plan->content_type.len > 0);
    for (size_t i = 0; i < plan->content_type.len; i++)
        must(plan->content_type.at[i] >= ' ' && plan->content_type.at[i] <= '~');
    must((plan->media == MEDIA_HANDLED) == (plan->handler != NULL));
    must(plan_sql(mem, plan, &statement) == NULL);
    must(str_starts(statement.text, STR("explain ")) == (plan->explain.format != EXPLAIN_NONE));
    must(accept.len == 0 || again == NULL || str_eq(again->content_type, plan->content_type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"GET /primes", "GET /primes?select=id", "GET /loose",
                                        "GET /rpc/add?a=1", "GET /rpc/list"};
    static const struct schema *schema; /* loaded once: inputs do not change it */
    str why = {NULL, 0};
    arena *mem = arena_open();
    str accept = {(const char *)data, size};

    if (schema == NULL)
        schema = rest_schema(mem, &why);
    must(schema != NULL);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        check_choice(mem, schema, paths[i], accept);
    struct accept all = media_read(mem, accept);
    must(all.count <= ACCEPTED_MAX);
    if (all.count < ACCEPTED_MAX)
        must(choose(mem, schema, paths[0], join(mem, accept, STR("*/*;q=0.001"))) != NULL);
    arena_close(&mem);
    return 0;
}
