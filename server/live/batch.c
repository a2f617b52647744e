/* Changes on their way to those who want them: found by table, judged by filter, by the table's own
 * policies (one question for all who are the same to them), then delivered in order. While one
 * batch is judged the next one grows. */
#include <stdlib.h>

#include "base/clock.h"
#include "live/batch_inside.h"
#include "live/fence.h"

enum { HITS_MAX = 50000 };

static void batch_try(struct batch *batch);

/* ---- filling ---- */

static struct batch *batch_new(struct hub *hub, struct list *all)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        abort();
    batch->hub = hub;
    batch->number = ++hub->last_batch;
    batch->mem = arena_open();
    list_append(all, &batch->node);
    return batch;
}

/* The one that still takes changes. */
static struct batch *open_batch(struct hub *hub)
{
    struct batch *last =
        list_empty(&hub->batches) ? NULL : LIST_ENTRY(hub->batches.prev, struct batch, node);

    return last == NULL || last->judging || last->count >= LIVE_BATCH_CHANGES_MAX
               ? batch_new(hub, &hub->batches)
               : last;
}

static void add(struct batch *batch, const struct change *change)
{
    if (batch->count == batch->room) {
        batch->room = batch->room == 0 ? 16 : batch->room * 2;
        batch->changes = realloc((void *)batch->changes, batch->room * sizeof(struct change *));
        if (batch->changes == NULL)
            abort();
    }
    batch->changes[batch->count++] = change_ref(change);
}

static bool is_watched(const struct hub *hub, const struct change *change)
{
    struct watched *watched = NULL;

    return change->op != CHANGE_TRUNCATE &&
           watch_next(hub, change->table->schema, change->table->name, &watched);
}

static void keep(struct hub *hub, const struct change *const *changes, size_t count)
{
    int64_t now_us = clock_us();

    for (size_t i = 0; i < count && hub->ring != NULL; i++)
        ring_put(hub->ring, changes[i], now_us);
    if (count > 0)
        hub->seen = changes[count - 1]->position;
}

void hub_changes(struct hub *hub, const struct change *const *changes, size_t count)
{
    keep(hub, changes, count);
    for (size_t i = 0; i < count; i++) {
        if (!is_watched(hub, changes[i]))
            continue;
        struct batch *batch = open_batch(hub);
        add(batch, changes[i]);
        batch->bytes += changes[i]->size;
        hub->batch_bytes += changes[i]->size;
    }
    if (hub->batch_bytes > LIVE_BATCH_BYTES_MAX)
        hub_lose(hub, LOSS_HERE);
    else
        batch_go_on(hub);
}

/* What they have had already is found by its position. */
void batch_replay(struct listener *listener, const struct change *const *changes, size_t count)
{
    struct hub *hub = listener->hub;
    struct batch *batch = batch_new(hub, &hub->replays);

    batch->only = listener;
    listener->held++;
    for (size_t i = 0; i < count; i++)
        add(batch, changes[i]);
    batch_try(batch);
}

/* ---- finding who wants it ---- */

static unsigned wanted_bit(enum change_op op)
{
    return op == CHANGE_INSERT ? WANTS_INSERT : op == CHANGE_UPDATE ? WANTS_UPDATE : WANTS_DELETE;
}

/* Facts of every table of the batch for every role that listens to it; false: some are asked. */
static bool know_all(struct batch *batch)
{
    struct hub *hub = batch->hub;
    bool all = true;

    for (size_t i = 0; i < batch->count; i++) {
        const struct live_table *table = batch->changes[i]->table;
        struct watched *watched = NULL;
        if (i > 0 && table == batch->changes[i - 1]->table)
            continue;
        while (watch_next(hub, table->schema, table->name, &watched))
            LIST_EACH (node, &watched->audiences)
                all &= known_find(hub, LIST_ENTRY(node, struct audience, node)->claims,
                                  table->schema, table->name)
                           ->state != KNOWN_ASKED;
    }
    return all;
}

static bool is_checked(const struct change *change, const struct facts *facts)
{
    bool row = change->op != CHANGE_DELETE || change->old_is_whole;
    return facts->depends != DEPENDS_NOTHING && row;
}

static bool same_identity(const struct check *check, const struct check *wanted)
{
    const struct known *known = wanted->known;
    const struct claims *claims = wanted->claims;

    if (check->known != known || check->filtered != wanted->filtered || check->how != wanted->how)
        return false;
    switch (known->facts->depends) {
    case DEPENDS_NOTHING:
    case DEPENDS_ROLE:
        return true;
    case DEPENDS_SUBJECT:
        return str_eq(check->claims->subject, claims->subject);
    case DEPENDS_CLAIMS:
        return claims_same(check->claims, claims);
    }
    return false;
}

static uint64_t hash_identity(const struct check *wanted)
{
    const struct known *known = wanted->known;
    const struct claims *claims = wanted->claims;
    uint64_t hash = (uintptr_t)known ^ (uintptr_t)wanted->filtered << 1;

    if (known->facts->depends == DEPENDS_SUBJECT)
        return str_hash(claims->subject, hash);
    return known->facts->depends == DEPENDS_CLAIMS ? hash ^ claims->hash : hash;
}

static struct check *check_get(struct batch *batch, const struct check *wanted)
{
    uint64_t hash = hash_identity(wanted);
    struct table_node *node = NULL;

    while (table_next(&batch->checks, hash, &node))
        if (same_identity(LIST_ENTRY(node, struct check, node), wanted))
            return LIST_ENTRY(node, struct check, node);
    struct check *check = arena_new(batch->mem, struct check);
    *check = *wanted;
    check->batch = batch;
    check->sheet = joint_sheet(batch, wanted);
    check->next = batch->first_check;
    claims_ref(check->claims);
    check->known->refs++;
    batch->first_check = check;
    table_put(&batch->checks, &check->node, hash);
    if (check->sheet != NULL) {
        check->of_sheet = check->sheet->first;
        check->sheet->first = check;
        return check;
    }
    buf_init(&check->rows, batch->mem, ROWS_BYTES_MAX);
    buf_putc(&check->rows, '{');
    return check;
}

/* Many bindings are asked about together for row after row: each finds its check at once. A check
 * of a sheet is the same for all rows as long as nothing is learned anew about the table. */
static struct check *check_for(struct batch *batch, struct binding *binding,
                               const struct check *wanted)
{
    struct check *check = binding->check;

    if (binding->judged == batch->number && check->known == wanted->known &&
        check->how == wanted->how && check->filtered == wanted->filtered)
        return check;
    check = check_get(batch, wanted);
    if (check->sheet != NULL) {
        binding->judged = batch->number;
        binding->check = check;
    }
    return check;
}

/* A row stands in a check once, however many want it. */
static struct asked ask_row(struct check *check, const struct change *change,
                            const struct live_value *row)
{
    if (check->sheet != NULL)
        return (struct asked){.check = check, .row = joint_row(check->sheet, change, row)};
    if (check->last != row) {
        check->last = row;
        facts_put_row(&check->rows, check->known->facts, change->table, row);
        check->count++;
    }
    return (struct asked){.check = check, .row = check->count - 1};
}

static struct hit *add_hit(struct batch *batch)
{
    if (batch->nhits == batch->hits_room) {
        batch->hits_room = batch->hits_room == 0 ? 64 : batch->hits_room * 2;
        batch->hits = realloc(batch->hits, batch->hits_room * sizeof(*batch->hits));
        if (batch->hits == NULL)
            abort();
    }
    return &batch->hits[batch->nhits++];
}

static enum verdict judge_filter(const struct binding *binding, const struct facts *facts,
                                 const struct change *change)
{
    const struct live_value *row = change_judged(change);

    if (binding->filters == NULL)
        return FILTER_YES;
    return row == NULL ? FILTER_NO : filter_judge(binding->filters, facts, change->table, row);
}

/* What must be asked about the change before the binding may hear it. */
static void ask_about(struct batch *batch, const struct change *change, struct hit *hit,
                      enum verdict verdict)
{
    const struct live_value *row = change_judged(change);
    bool policy = is_checked(change, hit->known->facts);
    struct check wanted = {.known = hit->known, .claims = hit->binding->listener->claims};

    if (policy && change->op == CHANGE_UPDATE && change->old_is_whole)
        hit->old = ask_row(check_for(batch, hit->binding, &wanted), change, change->old);
    if (!policy && verdict != FILTER_ASK)
        return;
    wanted.filtered = verdict == FILTER_ASK ? hit->binding : NULL;
    wanted.how = change_lacks_values(change, row) ? CHECK_LOOKUP : policy ? CHECK_ROW : CHECK_EXTRA;
    hit->row = ask_row(check_for(batch, hit->binding, &wanted), change, row);
}

/* Is the change one that the binding's listener has not had? */
static bool is_due(const struct batch *batch, const struct change *change,
                   const struct binding *binding)
{
    const struct listener *listener = binding->listener;
    struct position position = change->position;

    if (position_order(position, binding->want) <= 0)
        return false;
    if (batch->only == NULL)
        return !listener->catching && position_order(position, listener->after) > 0;
    return listener == batch->only && (position_order(position, binding->have_from) <= 0 ||
                                       position_order(position, binding->have_to) > 0);
}

/* A batch, and the change whose hearers are being found. */
struct finding {
    struct batch *batch;
    const struct change *change;
    struct known *known; /* for the role of the last one */
};

static struct known *known_for(struct finding *finding, const struct claims *claims)
{
    const struct live_table *table = finding->change->table;

    if (finding->known == NULL || !str_eq(finding->known->role, claims->role))
        finding->known = known_find(finding->batch->hub, claims, table->schema, table->name);
    return finding->known;
}

static void consider(void *arg, struct binding *binding)
{
    struct finding *finding = arg;
    struct batch *batch = finding->batch;
    const struct change *change = finding->change;
    enum verdict verdict = FILTER_YES;

    if (!is_due(batch, change, binding) || (binding->wants & wanted_bit(change->op)) == 0)
        return;
    struct known *known = known_for(finding, binding->listener->claims);
    if (known->state == KNOWN_NOTHING ||
        !fence_lets(batch->hub->tenant_column, binding->listener->claims, change))
        return;
    if (known->state == KNOWN_GOOD)
        verdict =
            facts_sees(known->facts) ? judge_filter(binding, known->facts, change) : FILTER_NO;
    if (verdict == FILTER_NO)
        return;
    struct hit *hit = add_hit(batch);
    *hit = (struct hit){.binding = binding, .known = known};
    known->refs++;
    binding->listener->held++;
    if (known->state == KNOWN_GOOD)
        ask_about(batch, change, hit, verdict);
}

/* What is too much for one batch goes to the next. */
static void split(struct batch *batch, size_t from)
{
    struct batch *rest = batch_new(batch->hub, &batch->hub->batches);

    list_remove(&rest->node);
    list_append(batch->node.next, &rest->node); /* before the next one: right behind this */
    for (size_t i = from; i < batch->count; i++) {
        struct batch *to = rest;
        if (to->count == to->room) {
            to->room = to->room == 0 ? 16 : to->room * 2;
            to->changes = realloc((void *)to->changes, to->room * sizeof(struct change *));
            if (to->changes == NULL)
                abort();
        }
        to->changes[to->count++] = batch->changes[i];
        to->bytes += batch->changes[i]->size;
        batch->bytes -= batch->changes[i]->size;
    }
    batch->count = from;
}

static void find_hits(struct batch *batch)
{
    batch->ends = arena_array(batch->mem, size_t, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct change *change = batch->changes[i];
        struct watched *watched = NULL;
        while (watch_next(batch->hub, change->table->schema, change->table->name, &watched))
            index_look(batch->hub, watched, change, consider,
                       &(struct finding){.batch = batch, .change = change});
        batch->ends[i] = batch->nhits;
        if (batch->nhits > HITS_MAX && i + 1 < batch->count && batch->only == NULL)
            split(batch, i + 1);
    }
}

/* ---- asking ---- */

static void deliver(struct batch *batch);

static void on_answer(struct question *question, const struct found *found)
{
    struct check *check = question->arg;
    struct batch *batch = check->batch;
    int64_t ordinal;

    check->trouble = found->passing ? TROUBLE_PASSING : TROUBLE_LASTING;
    check->why = found->why.at == NULL ? found->why : arena_copy(batch->mem, found->why);
    for (int i = 0; i < found->nrows; i++)
        if (str_int(found->cells[(size_t)i * (size_t)found->ncolumns], &ordinal) && ordinal >= 1 &&
            ordinal <= check->count)
            check->visible[ordinal - 1] = true;
    batch_answered(batch);
}

void batch_answered(struct batch *batch)
{
    if (--batch->waiting == 0)
        deliver(batch);
}

void batch_ask_check(struct batch *batch, struct check *check)
{
    struct question *question = question_new(check->claims);
    struct filter_sql filter = {.nparams = 1};

    check->visible = arena_array(batch->mem, bool, (size_t)check->count);
    filter_sql(question->mem, check->filtered == NULL ? NULL : check->filtered->filters,
               check->known->facts, 1, &filter);
    question->sql =
        facts_check_sql(question->mem, check->known->facts, check->how, buf_str(&filter.text));
    question->params = filter.params;
    question->params[0] = buf_str(&check->rows);
    question->nparams = filter.nparams;
    question->done = on_answer;
    question->arg = check;
    batch->waiting++;
    hub_ask(batch->hub, question);
}

static void judge(struct batch *batch)
{
    batch->judging = true;
    find_hits(batch);
    batch->waiting = 1; /* ourselves: answers may come at once */
    for (struct check *check = batch->first_check; check != NULL; check = check->next)
        if (check->sheet == NULL) {
            buf_putc(&check->rows, '}');
            batch_ask_check(batch, check);
        }
    joint_ask(batch);
    batch_answered(batch);
}

/* ---- the end ---- */

static void batch_free(struct batch *batch)
{
    batch->hub->batch_bytes -= batch->bytes;
    if (batch->only != NULL && batch->judging)
        listener_portion_ended(batch->only, batch->changes[batch->count - 1]->position);
    for (size_t h = 0; h < batch->nhits; h++) {
        known_unref(&batch->hits[h].known);
        batch->hits[h].binding->listener->stalled = false;
        listener_release(batch->hits[h].binding->listener);
    }
    for (struct check *check = batch->first_check; check != NULL; check = check->next) {
        known_unref(&check->known);
        claims_unref(&check->claims);
    }
    for (size_t i = 0; i < batch->count; i++)
        change_unref(&batch->changes[i]);
    if (batch->only != NULL)
        listener_release(batch->only);
    table_free(&batch->checks);
    list_remove(&batch->node);
    free((void *)batch->changes);
    free(batch->hits);
    arena_close(&batch->mem);
    free(batch);
}

static void deliver(struct batch *batch)
{
    struct hub *hub = batch->hub;

    for (size_t i = 0; i < batch->count; i++)
        deliver_change(batch, i);
    batch_free(batch);
    hub_go_on(hub);
}

/* ---- in order ---- */

static void batch_try(struct batch *batch)
{
    if (!batch->judging && know_all(batch))
        judge(batch);
}

void batch_go_on(struct hub *hub)
{
    if (!list_empty(&hub->batches))
        batch_try(LIST_ENTRY(hub->batches.next, struct batch, node));
    LIST_EACH (node, &hub->replays)
        batch_try(LIST_ENTRY(node, struct batch, node));
}

struct position batch_begin(const struct hub *hub)
{
    LIST_EACH (node, &hub->batches) {
        const struct batch *batch = LIST_ENTRY(node, struct batch, node);
        if (!batch->judging)
            return position_before(batch->changes[0]->position);
    }
    return hub->seen;
}

static void clear(struct list *batches)
{
    LIST_EACH (node, batches)
        if (!LIST_ENTRY(node, struct batch, node)->judging)
            batch_free(LIST_ENTRY(node, struct batch, node));
}

/* Those that are judged end when their answers come; who catches up asks again. */
void batch_clear(struct hub *hub)
{
    clear(&hub->batches);
    clear(&hub->replays);
}
