/* Filters whose values PostgreSQL must read (dates, patterns, ranges): it is asked before the
 * binding is active, so that one it does not understand is refused with its own words. */
#include "base/clock.h"
#include "live/hub_inside.h"

enum { ASK_AGAIN_US = 1000000 };

struct proof {
    struct hub *hub;
    struct binding *binding;
    arena *mem; /* of the binding */
};

/* Classes of SQLSTATE that speak of the value or the operator; others are trouble that passes. */
static bool is_final(str code)
{
    return str_starts(code, STR("22")) || str_starts(code, STR("42"));
}

static void on_answer(struct question *question, const struct found *found)
{
    const struct proof *proof = question->arg;
    struct binding *binding = proof->binding;
    struct hub *hub = proof->hub;

    binding->proof = PROOF_GOOD;
    if (found->why.at != NULL && is_final(found->code))
        binding->wrong = watch_say_exception(
            proof->mem, binding,
            arena_printf(proof->mem, "%.*s %.*s", STR_ARG(found->code), STR_ARG(found->why)));
    else if (found->why.at != NULL)
        binding->proof = PROOF_NONE;
    listener_release(binding->listener);
    hub_go_on(hub);
}

static void ask(struct hub *hub, arena *mem, struct binding *binding, const struct facts *facts)
{
    struct question *question = question_new(binding->listener->claims);
    struct proof *proof = arena_new(question->mem, struct proof);
    struct filter_sql sql = {.nparams = 0};

    *proof = (struct proof){.hub = hub, .binding = binding, .mem = mem};
    question->sql = filter_proof_sql(question->mem, binding->filters, facts, &sql);
    question->params = sql.params;
    question->nparams = sql.nparams;
    question->done = on_answer;
    question->arg = proof;
    binding->proof = PROOF_ASKED;
    binding->proof_us = clock_us();
    binding->listener->held++;
    hub_ask(hub, question);
}

bool watch_proven(struct hub *hub, arena *mem, struct binding *binding, const struct facts *facts)
{
    if (binding->wrong.at != NULL || binding->proof == PROOF_GOOD ||
        filter_is_plain(binding->filters, facts))
        return true;
    if (binding->proof == PROOF_NONE && clock_us() - binding->proof_us > ASK_AGAIN_US)
        ask(hub, mem, binding, facts);
    return false;
}
