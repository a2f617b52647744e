/* The tree of what is read: which relation each embed means, and which of them each filter, order
 * and limit is for. Source: PostgREST "Resource embedding". */
#include "rest/plan.h"
#include "rest/relate.h"

enum { WARNING_MAX = 2048 };

static const struct fail *make_embeds(struct planner *planner, struct node *node,
                                      const struct item *items);
static const struct fail *find_targets(struct planner *planner);
static const struct fail *fill_embeds(struct planner *planner, struct node *node);
static str warn(const struct planner *planner);

const struct fail *plan_tree(struct planner *planner)
{
    struct plan *plan = planner->plan;
    const struct ask *ask = plan->ask;

    TRY(make_embeds(planner, &plan->root, ask->select));
    TRY(find_targets(planner));
    TRY(fill_embeds(planner, &plan->root));
    TRY(plan_outputs(planner, &plan->root, ask->select));
    TRY(plan_tests(planner, &plan->root, ask->where));
    TRY(plan_order(planner, &plan->root, ask->order));
    plan->warning = warn(planner);
    return NULL;
}

/* Another name for each, as the same relation may be embedded twice, or in itself. */
static str next_name(struct planner *planner)
{
    return arena_printf(planner->mem, "postern_%d", ++planner->nembeds);
}

static struct embed *make_embed(struct planner *planner, struct node *node, const struct item *item)
{
    struct embed *embed = arena_new(planner->mem, struct embed);

    embed->item = item;
    embed->above = node;
    embed->node.name = next_name(planner);
    embed->node.embed = embed;
    return embed;
}

/* As deep as the items are, which item.c limits. */
static const struct fail *make_embeds(struct planner *planner, struct node *node,
                                      const struct item *items)
{
    struct embed **last = &node->embeds;

    for (const struct item *item = items; item != NULL; item = item->next) {
        if (item->kind != ITEM_EMBED)
            continue;
        if (planner->nembeds == ITEM_EMBEDS_MAX)
            return fail_new(planner->mem, FAIL_BAD_QUERY,
                            "A request may embed at most %d relations", ITEM_EMBEDS_MAX);
        *last = make_embed(planner, node, item);
        TRY(make_embeds(planner, &(*last)->node, item->children));
        last = &(*last)->next;
    }
    return NULL;
}

struct embed *plan_find_embed(const struct node *node, str name)
{
    for (struct embed *embed = node->embeds; embed != NULL; embed = embed->next)
        if (str_eq(item_name(embed->item), name))
            return embed;
    return NULL;
}

/* By the name of its relation, although it has an alias. */
static struct embed *find_by_old_name(const struct node *node, str name)
{
    for (struct embed *embed = node->embeds; embed != NULL; embed = embed->next)
        if (str_eq(embed->item->field.name, name))
            return embed;
    return NULL;
}

/* Of filters: until PostgREST 16 the relation's own name did beside its alias, and may still do. */
static struct embed *find_target(const struct planner *planner, const struct node *node, str name)
{
    struct embed *embed = plan_find_embed(node, name);

    if (embed != NULL || !planner->config->legacy_target_names)
        return embed;
    embed = find_by_old_name(node, name);
    if (embed != NULL)
        embed->by_old_name = true;
    return embed;
}

struct fail *plan_not_embedded(arena *mem, str name)
{
    struct fail *fail =
        fail_new(mem, FAIL_NOT_EMBEDDED, "'%.*s' is not an embedded resource in this request",
                 STR_ARG(name));
    fail->hint = arena_printf(
        mem, "Verify that '%.*s' is included in the 'select' query parameter.", STR_ARG(name));
    return fail;
}

static const struct fail *refuse_target(arena *mem, const struct node *node, str name)
{
    const struct embed *embed = find_by_old_name(node, name);
    struct fail *fail = plan_not_embedded(mem, name);

    if (embed == NULL)
        return fail;
    fail->details = STR("Target names are not allowed in filters if they have an alias");
    fail->hint = arena_printf(mem, "Change '%.*s' to '%.*s' in filters, orders or limits.",
                              STR_ARG(name), STR_ARG(item_name(embed->item)));
    return fail;
}

static const struct fail *follow_path(struct planner *planner, const struct name_list *path,
                                      struct embed **target)
{
    const struct node *node = &planner->plan->root;

    for (int i = 0; i < path->count; i++) {
        *target = find_target(planner, node, path->names[i]);
        if (*target == NULL)
            return refuse_target(planner->mem, node, path->names[i]);
        node = &(*target)->node;
    }
    return NULL;
}

static const struct fail *find_targets(struct planner *planner)
{
    size_t count = 0;

    for (const struct level *level = planner->plan->ask->levels; level != NULL; level = level->next)
        count++;
    planner->targets = arena_array(planner->mem, struct embed *, count);
    struct embed **target = planner->targets;
    for (const struct level *level = planner->plan->ask->levels; level != NULL; level = level->next)
        TRY(follow_path(planner, &level->path, target++));
    return NULL;
}

static const struct fail *find_range(struct planner *planner, const struct level *level,
                                     struct node *node)
{
    if (plan_writes(planner->plan))
        return NULL;
    TRY(range_of_level(planner->mem, level, &node->range));
    node->paged = node->range.none || node->range.first > 0 || node->range.last != RANGE_OPEN;
    return NULL;
}

/* What is said of the embed: it may be said by its name and by its alias. */
static const struct fail *fill_levels(struct planner *planner, struct embed *embed)
{
    struct embed **target = planner->targets;
    const struct term *order = NULL;

    for (const struct level *level = planner->plan->ask->levels; level != NULL;
         level = level->next) {
        if (*target++ != embed)
            continue;
        TRY(plan_tests(planner, &embed->node, level->where));
        if (level->limited || level->skips)
            TRY(find_range(planner, level, &embed->node));
        order = order != NULL ? order : level->order;
    }
    return plan_order(planner, &embed->node, order);
}

/* The rows of an array are capped as those of the target are. */
static void cap_rows(const struct planner *planner, struct embed *embed)
{
    if (!embed->relationship->to_one && !plan_writes(planner->plan) &&
        range_cap(&embed->node.range, planner->config->db_max_rows))
        embed->node.paged = true;
}

/* The rows of a call are those of the relation they come from, else of nothing that is related. */
static const struct fail *find_relationship(struct planner *planner, struct embed *embed)
{
    const struct node *above = embed->above;
    struct relate wanted = {
        .schema = planner->plan->ask->schema,
        .origin = above->relation != NULL ? above->relation->name : above->routine->name,
        .target = embed->item->field.name,
        .hint = embed->item->hint,
    };

    return relate_find(planner->mem, planner->schema, &wanted, &embed->relationship);
}

static const struct fail *fill_embed(struct planner *planner, struct embed *embed)
{
    const struct item *item = embed->item;

    embed->node.range = (struct range){.last = RANGE_OPEN};
    TRY(find_relationship(planner, embed));
    embed->node.relation = embed->relationship->to;
    TRY(fill_embeds(planner, &embed->node));
    TRY(plan_outputs(planner, &embed->node, item->children));
    TRY(fill_levels(planner, embed));
    cap_rows(planner, embed);
    return NULL;
}

static const struct fail *fill_embeds(struct planner *planner, struct node *node)
{
    for (struct embed *embed = node->embeds; embed != NULL; embed = embed->next)
        TRY(fill_embed(planner, embed));
    return NULL;
}

static void put_old_names(struct buf *out, const struct node *node)
{
    for (const struct embed *embed = node->embeds; embed != NULL; embed = embed->next) {
        if (embed->by_old_name)
            buf_printf(out, "%s`%.*s` to `%.*s`", out->len > 0 ? ", " : "",
                       STR_ARG(embed->item->field.name), STR_ARG(item_name(embed->item)));
        put_old_names(out, &embed->node);
    }
}

/* A name may be quoted, and then hold any byte; a header may not. */
static bool fits_header(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ' || text.at[i] > '~' || text.at[i] == '"')
            return false;
    return true;
}

/* Which names a client should no longer use; absent when it uses none. */
static str warn(const struct planner *planner)
{
    struct buf names;

    buf_init(&names, planner->mem, WARNING_MAX);
    put_old_names(&names, &planner->plan->root);
    if (names.len == 0 || names.full || !fits_header(buf_str(&names)))
        return (str){NULL, 0};
    return arena_printf(planner->mem,
                        "299 Postern \"Embedded resource was referenced by relation name even "
                        "though it has an alias. This is deprecated and will stop working in a "
                        "future release. Update %.*s in query string filters, orders or limits.\"",
                        STR_ARG(buf_str(&names)));
}
