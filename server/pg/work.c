/* See work.h. */
#include "pg/work.h"

#include <stdlib.h>

#include "base/clock.h"
#include "pg/pool_inside.h"

static size_t texts_size(const struct bound *bound)
{
    size_t size = bound->text.len + 1;

    for (int i = 0; i < bound->nparams; i++)
        size += bound->params[i].len + 1;
    return size;
}

static size_t params_size(const struct statement *statement)
{
    size_t count = (size_t)statement->nparams;

    for (int i = 0; i < AFTERS; i++)
        count += (size_t)statement->after[i].nparams;
    return sizeof(str) * count + sizeof(struct guc) * (size_t)statement->ngucs;
}

static size_t statement_size(const struct statement *statement)
{
    const struct bound main = {statement->text, statement->nparams, statement->params};
    size_t size = params_size(statement) + texts_size(&main) + statement->role.len +
                  statement->search_path.len + statement->guard.len + statement->before.len + 4;

    for (int i = 0; i < AFTERS; i++)
        size += texts_size(&statement->after[i]);
    for (int i = 0; i < statement->ngucs; i++)
        size += statement->gucs[i].name.len + statement->gucs[i].value.len + 2;
    return size;
}

/* What is left of the one allocation: arrays first, for they must be aligned, then bytes. */
struct room {
    char *arrays, *bytes;
};

static void *take(struct room *room, size_t size)
{
    void *array = room->arrays;

    room->arrays += size;
    return array;
}

static str place(struct room *room, str text)
{
    str copy = {room->bytes, text.len};

    if (text.at == NULL)
        return text;
    memcpy(room->bytes, text.at, text.len);
    room->bytes[text.len] = '\0';
    room->bytes += text.len + 1;
    return copy;
}

static const str *place_params(struct room *room, const str *params, int count)
{
    str *copies = take(room, sizeof(*copies) * (size_t)count);

    for (int i = 0; i < count; i++)
        copies[i] = place(room, params[i]);
    return copies;
}

static const struct guc *place_gucs(struct room *room, const struct statement *statement)
{
    struct guc *copies = take(room, sizeof(*copies) * (size_t)statement->ngucs);

    for (int i = 0; i < statement->ngucs; i++)
        copies[i] = (struct guc){place(room, statement->gucs[i].name),
                                 place(room, statement->gucs[i].value)};
    return copies;
}

static void place_statement(struct room *room, struct statement *statement)
{
    statement->params = place_params(room, statement->params, statement->nparams);
    statement->gucs = place_gucs(room, statement);
    statement->text = place(room, statement->text);
    statement->role = place(room, statement->role);
    statement->search_path = place(room, statement->search_path);
    statement->guard = place(room, statement->guard);
    statement->before = place(room, statement->before);
    for (int i = 0; i < AFTERS; i++) {
        struct bound *after = &statement->after[i];
        after->text = place(room, after->text);
        after->params = place_params(room, after->params, after->nparams);
    }
}

/* One allocation holds the unit and everything it needs: it may outlive its request. */
struct work *work_new(struct pool *pool, const struct request *req,
                      const struct statement *statement)
{
    struct work *work = h2o_mem_alloc(sizeof(*work) + statement_size(statement));
    struct room room = {(char *)(work + 1), (char *)(work + 1) + params_size(statement)};

    *work = (struct work){.pool = pool, .statement = *statement};
    place_statement(&room, &work->statement);
    work->claims = claims_ref(req->claims);
    work->alone = work_is_solitary(statement);
    work->queued_us = clock_us();
    list_init(&work->node);
    list_init(&work->waiters);
    return work;
}

void work_wait(struct work *work, struct waiter *waiter)
{
    waiter->work = work;
    list_append(&work->waiters, &waiter->node);
}

void work_forget_results(struct work *work)
{
    PQclear(work->result);
    PQclear(work->error);
    work->result = work->error = NULL;
    for (int i = 0; i < AFTERS; i++) {
        PQclear(work->behind[i]);
        work->behind[i] = NULL;
    }
}

void work_free(struct work *work)
{
    for (int i = 0; i < work->nportion; i++)
        PQclear(work->portion[i]);
    free(work->portion);
    work_forget_results(work);
    claims_unref(&work->claims);
    free(work);
}

bool work_is_solitary(const struct statement *statement)
{
    return statement->before.at != NULL || statement->after[AFTER_RESPONSE].text.at != NULL ||
           statement->isolation != ISOLATION_DEFAULT || statement->ending != ENDING_COMMIT;
}

static bool same_gucs(const struct statement *a, const struct statement *b)
{
    if (a->ngucs != b->ngucs)
        return false;
    for (int i = 0; i < a->ngucs; i++)
        if (!str_eq(a->gucs[i].name, b->gucs[i].name) ||
            !str_eq(a->gucs[i].value, b->gucs[i].value))
            return false;
    return true;
}

bool work_mates(const struct work *a, const struct work *b)
{
    return !a->alone && !b->alone && claims_same(a->claims, b->claims) &&
           str_eq(work_role(a), work_role(b)) &&
           str_eq(a->statement.search_path, b->statement.search_path) &&
           same_gucs(&a->statement, &b->statement);
}

static bool same_value(str a, str b)
{
    if (a.at == NULL || b.at == NULL)
        return a.at == b.at; /* NULL is no empty text */
    return str_eq(a, b);
}

static bool same_bound(const struct bound *a, const struct bound *b)
{
    if (a->nparams != b->nparams || !str_eq(a->text, b->text))
        return false;
    for (int i = 0; i < a->nparams; i++)
        if (!same_value(a->params[i], b->params[i]))
            return false;
    return true;
}

bool work_identical(const struct work *a, const struct work *b)
{
    const struct statement *x = &a->statement, *y = &b->statement;
    const struct bound mine = {x->text, x->nparams, x->params};
    const struct bound other = {y->text, y->nparams, y->params};

    return a->key == b->key && x->format == y->format && same_bound(&mine, &other) &&
           same_bound(&x->after[AFTER_COUNT], &y->after[AFTER_COUNT]) &&
           str_eq(x->guard, y->guard) && work_mates(a, b);
}
