/* See asking.h. */
#include "asking.h"

#include "pg/db.h"
#include "worker.h"

struct asked {
    struct asking *asking;
    struct question *question;
    struct request req; /* nobody's: only what the pools look at */
    bool answered;
};

/* The pool may still look at the arena while it tells: it ends with the turn. */
static void forget(void *arg)
{
    struct asked *asked = arg;
    struct question *question = asked->question;
    arena *mem = question->mem;

    asked->asking->open--;
    claims_unref(&question->claims);
    arena_close(&mem);
}

static void tell(struct asked *asked, const struct found *found)
{
    if (asked->answered)
        return;
    asked->answered = true;
    asked->question->done(asked->question, found);
    loop_soon(asked->asking->worker->loop, forget, asked);
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    struct asked *asked = arg;
    struct found answer = {.nrows = rows_count(rows), .ncolumns = rows_columns(rows)};
    str *cells = arena_array(req->mem, str, (size_t)(answer.nrows * answer.ncolumns));

    for (int i = 0; i < answer.nrows * answer.ncolumns; i++)
        cells[i] = rows_text(rows, i / answer.ncolumns, i % answer.ncolumns);
    answer.cells = cells;
    tell(asked, &answer);
    return NULL;
}

static bool on_failure(void *arg, const struct fail *fail)
{
    bool away = fail->status == 503 || fail->status == 504;
    const struct found answer = {
        .why = fail->message, .code = str_from(fail->code), .passing = away};

    tell(arg, &answer);
    return true;
}

static void fail_soon(void *arg)
{
    const struct found answer = {.why = STR("The database is not reachable"), .passing = true};
    tell(arg, &answer);
}

void asking_ask(struct asking *asking, struct question *question)
{
    struct worker *worker = asking->worker;
    struct asked *asked = arena_new(question->mem, struct asked);
    struct guc *gucs = arena_array(question->mem, struct guc, 2);
    const struct statement statement = {
        .access = ACCESS_READ,
        .text = question->sql,
        .nparams = question->nparams,
        .params = question->params,
        .gucs = gucs,
        .ngucs = question->topic.at == NULL ? 1 : 2,
    };

    /* They are about a few rows: to compile them takes longer than to run them. */
    gucs[0] = (struct guc){.name = STR("jit"), .value = STR("off")};
    gucs[1] = (struct guc){.name = STR("realtime.topic"), .value = question->topic};
    *asked = (struct asked){.asking = asking, .question = question};
    asked->req = (struct request){
        .mem = question->mem,
        .id = STR("live"),
        .method = METHOD_GET,
        .method_name = STR("GET"),
        .path = STR("/realtime/v1/websocket"),
        .claims = question->claims,
        .schema = worker->schema,
        .worker = worker,
        .db = worker->db,
        .on_fail = on_failure,
        .on_fail_arg = asked,
    };
    asking->open++;
    if (db_run(&asked->req, &statement, on_rows, asked) != NULL)
        loop_soon(worker->loop, fail_soon, asked);
}
