/* See work.h. */
#include "pg/work.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "pg/pool_inside.h"

static size_t statement_size(const struct statement *statement)
{
    size_t size = sizeof(str) * (size_t)statement->nparams + statement->text.len +
                  statement->role.len + statement->search_path.len + statement->guard.len + 4;

    for (int i = 0; i < statement->nparams; i++)
        size += statement->params[i].len + 1;
    return size;
}

static str place(char **room, str text)
{
    str copy = {*room, text.len};

    if (text.at == NULL)
        return text;
    memcpy(*room, text.at, text.len);
    (*room)[text.len] = '\0';
    *room += text.len + 1;
    return copy;
}

/* One allocation holds the unit and everything it needs: it may outlive its request. */
struct work *work_new(struct pool *pool, const struct request *req,
                      const struct statement *statement)
{
    struct work *work = h2o_mem_alloc(sizeof(*work) + statement_size(statement));
    str *params = (str *)(work + 1);
    char *room = (char *)(params + statement->nparams);

    *work = (struct work){.pool = pool, .statement = *statement};
    work->statement.text = place(&room, statement->text);
    work->statement.role = place(&room, statement->role);
    work->statement.search_path = place(&room, statement->search_path);
    work->statement.guard = place(&room, statement->guard);
    for (int i = 0; i < statement->nparams; i++)
        params[i] = place(&room, statement->params[i]);
    work->statement.params = params;
    work->claims = claims_ref(req->claims);
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

void work_free(struct work *work)
{
    for (int i = 0; i < work->nportion; i++)
        PQclear(work->portion[i]);
    free(work->portion);
    PQclear(work->result);
    PQclear(work->error);
    claims_unref(&work->claims);
    free((char *)(uintptr_t)work->headers.at);
    free(work);
}

bool work_mates(const struct work *a, const struct work *b)
{
    return claims_same(a->claims, b->claims) && str_eq(work_role(a), work_role(b)) &&
           str_eq(a->statement.search_path, b->statement.search_path) && a->headers.at == NULL &&
           b->headers.at == NULL;
}

static bool same_value(str a, str b)
{
    if (a.at == NULL || b.at == NULL)
        return a.at == b.at; /* NULL is no empty text */
    return str_eq(a, b);
}

bool work_identical(const struct work *a, const struct work *b)
{
    const struct statement *x = &a->statement, *y = &b->statement;

    if (a->key != b->key || x->nparams != y->nparams || !str_eq(x->text, y->text) ||
        !str_eq(x->guard, y->guard) || !work_mates(a, b))
        return false;
    for (int i = 0; i < x->nparams; i++)
        if (!same_value(x->params[i], y->params[i]))
            return false;
    return true;
}
