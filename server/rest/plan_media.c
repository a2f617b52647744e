/* Which of the accepted media types the answer has. What the database handles itself goes before
 * what is built in; PostgREST's own types cannot be overridden.
 * Source: RFC 9110 12.5.1; PostgREST "Media type handlers". */
#include "rest/plan.h"

enum { MESSAGE_MAX = 4096 };

/* Whom a handler must be for. */
struct subject {
    const struct schema *schema;
    str in, target; /* the relation, or what the function's rows are, or the function */
    bool all;       /* no select: the rows are whole */
};

static const struct fail *refuse(arena *mem, const struct accept *accept);
static bool choose(arena *mem, const struct subject *subject, const struct accepted *type,
                   struct plan *plan);

static struct subject make_subject(const struct schema *schema, const struct plan *plan)
{
    const struct item *select = plan->ask->select;
    struct subject subject = {
        .schema = schema,
        .in = plan->ask->schema,
        .target = plan->ask->name,
        .all = select->kind == ITEM_ALL && select->next == NULL,
    };

    if (plan->routine != NULL && plan->routine->relation.len > 0)
        subject.target = plan->routine->relation;
    return subject;
}

static bool choose_explain(arena *mem, const struct subject *subject, const struct accepted *type,
                           struct plan *plan)
{
    struct accepted inner = media_parse(mem, type->explained);

    if (inner.explain.format != EXPLAIN_NONE || !choose(mem, subject, &inner, plan))
        return false;
    str name = plan->handler != NULL ? plan->handler->type : media_name(plan->media);
    plan->explain = type->explain;
    plan->content_type = media_content_type(mem, media_explain_name(mem, plan->explain, name));
    return true;
}

const struct fail *plan_media(arena *mem, const struct schema *schema, const struct config *config,
                              struct plan *plan)
{
    const struct accept *accept = &plan->ask->accept;
    struct subject subject = make_subject(schema, plan);

    for (int i = 0; i < accept->count; i++) {
        const struct accepted *type = &accept->list[i];
        bool explains = type->explain.format != EXPLAIN_NONE;
        if (explains && !config->db_plan_enabled)
            continue;
        if (explains ? choose_explain(mem, &subject, type, plan)
                     : choose(mem, &subject, type, plan))
            return NULL;
    }
    return refuse(mem, accept);
}

static void take_built_in(arena *mem, enum media media, struct plan *plan)
{
    plan->media = media;
    plan->content_type = media_content_type(mem, media_name(media));
}

static bool take_handler(arena *mem, const struct handler *handler, struct plan *plan)
{
    if (handler == NULL)
        return false;
    bool any = str_eq(handler->type, STR("*/*"));
    plan->media = MEDIA_HANDLED;
    plan->handler = handler;
    plan->content_type = media_content_type(mem, any ? media_name(MEDIA_HANDLED) : handler->type);
    return true;
}

/* A handler for one relation takes its rows whole. */
static bool choose_handler(arena *mem, const struct subject *subject, str name, struct plan *plan)
{
    const str nothing = {NULL, 0};

    if (subject->all) {
        const struct handler *handler =
            schema_handler(subject->schema, subject->in, subject->target, STR("*/*"));
        if (handler == NULL)
            handler = schema_handler(subject->schema, subject->in, subject->target, name);
        if (take_handler(mem, handler, plan))
            return true;
    }
    return take_handler(mem, schema_handler(subject->schema, nothing, nothing, name), plan);
}

/* "text/" of "text/" "*" */
static bool choose_range(arena *mem, str name, struct plan *plan)
{
    static const enum media order[] = {MEDIA_JSON, MEDIA_CSV};

    if (!str_ends(name, STR("/*")))
        return false;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (!str_starts(media_name(order[i]), (str){name.at, name.len - 1}))
            continue;
        take_built_in(mem, order[i], plan);
        return true;
    }
    return false;
}

/* Rows that leave while the statement runs cannot be taken back: not those of a write, nor those
 * that must be counted first. Nothing at all is no line. */
static bool may_stream(const struct plan *plan)
{
    bool nothing = plan->routine != NULL && plan->routine->result == RESULT_VOID;
    return plan->access == ACCESS_READ && plan->ask->prefer.max_affected < 0 && !nothing;
}

static bool choose(arena *mem, const struct subject *subject, const struct accepted *type,
                   struct plan *plan)
{
    enum media built_in = media_find(type->name, type->stripped);
    bool own = media_is_object(built_in) || media_is_stripped(built_in);
    str name = built_in == MEDIA_JSON && !str_eq(type->name, STR("*/*")) ? media_name(built_in)
                                                                         : type->name;

    if (!own && choose_handler(mem, subject, name, plan))
        return true;
    if (built_in == MEDIA_NDJSON && !may_stream(plan))
        return false;
    if (built_in == MEDIAS)
        return choose_range(mem, type->name, plan);
    take_built_in(mem, built_in, plan);
    return true;
}

static str name_of(arena *mem, const struct accepted *type)
{
    if (type->explain.format == EXPLAIN_NONE)
        return type->text;
    struct accepted inner = media_parse(mem, type->explained);
    enum media media = media_find(inner.name, inner.stripped);
    return media_explain_name(mem, type->explain, media == MEDIAS ? inner.text : media_name(media));
}

static const struct fail *refuse(arena *mem, const struct accept *accept)
{
    struct buf names;

    buf_init(&names, mem, MESSAGE_MAX);
    for (int i = 0; i < accept->count; i++) {
        buf_put(&names, i > 0 ? STR(", ") : STR(""));
        buf_put(&names, name_of(mem, &accept->list[i]));
    }
    return fail_new(mem, FAIL_MEDIA_TYPE, "None of these media types are available: %.*s",
                    STR_ARG(buf_str(&names)));
}
