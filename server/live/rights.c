/* See rights.h. Two questions: which statement decides for the role, and what it says. */
#include "live/rights.h"

#include "base/embed.h"
#include "live/hub_inside.h"

struct asking {
    struct hub *hub;
    void (*done)(void *arg, unsigned rights);
    void *arg;
};

static void ask_policies(struct question *from, str statement);

static struct question *make(const struct asking *asking, const struct claims *claims, str topic)
{
    struct question *question = question_new(claims);
    struct asking *copy = arena_new(question->mem, struct asking);

    *copy = *asking;
    question->arg = copy;
    question->topic = arena_copy(question->mem, topic);
    question->nparams = 1;
    question->params = arena_array(question->mem, str, 1);
    return question;
}

static void on_statement(struct question *question, const struct found *found)
{
    const struct asking *asking = question->arg;

    if (found->why.at != NULL || found->nrows != 1 || found->cells[0].at == NULL)
        asking->done(asking->arg, 0);
    else
        ask_policies(question, found->cells[0]);
}

void rights_ask(struct hub *hub, const struct claims *claims, str topic,
                void (*done)(void *arg, unsigned rights), void *arg)
{
    const struct asking asking = {.hub = hub, .done = done, .arg = arg};
    struct question *question = make(&asking, claims, topic);

    question->sql = embed_find(STR("sql/introspect/rights.sql"));
    question->params[0] = arena_copy(question->mem, claims->role);
    question->done = on_statement;
    hub_ask(hub, question);
}

static void on_policies(struct question *question, const struct found *found)
{
    const struct asking *asking = question->arg;
    unsigned rights = 0;

    if (found->why.at == NULL && found->nrows == 1)
        for (int i = 0; i < found->ncolumns; i++)
            if (str_eq(found->cells[i], STR("t")))
                rights |= 1U << i;
    asking->done(asking->arg, rights & RIGHTS_ALL);
}

static void ask_policies(struct question *from, str statement)
{
    const struct asking *asking = from->arg;
    struct question *question = make(asking, from->claims, from->topic);

    question->sql = arena_copy(question->mem, statement);
    question->params[0] = question->topic;
    question->done = on_policies;
    hub_ask(asking->hub, question);
}
