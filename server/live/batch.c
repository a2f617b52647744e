/* Changes on their way to those who want them: found by table, judged by filter, by the table's own
 * policies (one question for all who are the same to them), then delivered in order. While one
 * batch is judged the next one grows. */
#include <stdlib.h>

#include "base/json.h"
#include "live/hub_inside.h"
#include "live/payload.h"

enum { HITS_MAX = 50000, ROWS_BYTES_MAX = 64 << 20, NOT_ASKED = -1, MADE_MAX = 16 };

/* One question about visibility: the same for all who share the identity that the policies read,
 * and the same filter if that is PostgreSQL's to judge. */
struct check {
    struct table_node node;
    struct batch *batch;
    struct check *next;
    struct known *known; /* a reference */
    const struct claims *claims;
    const struct binding *filtered; /* NULL: no filter to judge */
    struct buf rows;
    int count;
    const struct change *last; /* whose rows are the last ones */
    int last_row, last_old;
    bool *visible; /* by row */
    str why;       /* absent, or why it cannot be told */
};

/* One binding that wants one change, if it may. */
struct hit {
    struct binding *binding;
    struct known *known; /* a reference */
    struct check *check; /* NULL: nothing to ask */
    int row, old;        /* of the check, or NOT_ASKED */
    struct hit *next;    /* of the same channel */
};

struct batch {
    struct list node;
    struct hub *hub;
    arena *mem;
    const struct change **changes; /* references */
    size_t count, room, bytes;
    bool judging;
    size_t *ends; /* of the hits of each change */
    struct hit *hits;
    size_t nhits, hits_room;
    struct table checks;
    struct check *first_check;
    int waiting; /* for answers */
};

/* ---- filling ---- */

static struct batch *batch_new(struct hub *hub)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        abort();
    batch->hub = hub;
    batch->mem = arena_open();
    list_append(&hub->batches, &batch->node);
    return batch;
}

/* The one that still takes changes. */
static struct batch *open_batch(struct hub *hub)
{
    struct batch *last =
        list_empty(&hub->batches) ? NULL : LIST_ENTRY(hub->batches.prev, struct batch, node);

    return last == NULL || last->judging || last->count >= LIVE_BATCH_CHANGES_MAX ? batch_new(hub)
                                                                                  : last;
}

static void add(struct hub *hub, const struct change *change)
{
    struct batch *batch = open_batch(hub);

    if (batch->count == batch->room) {
        batch->room = batch->room == 0 ? 16 : batch->room * 2;
        batch->changes = realloc((void *)batch->changes, batch->room * sizeof(*batch->changes));
        if (batch->changes == NULL)
            abort();
    }
    batch->changes[batch->count++] = change_ref(change);
    batch->bytes += change->size;
    hub->batch_bytes += change->size;
}

static bool is_watched(const struct hub *hub, const struct change *change)
{
    struct watched *watched = NULL;

    return change->op != CHANGE_TRUNCATE &&
           watch_next(hub, change->table->schema, change->table->name, &watched);
}

void hub_changes(struct hub *hub, const struct change *const *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_watched(hub, changes[i]))
            add(hub, changes[i]);
    if (hub->batch_bytes > LIVE_BATCH_BYTES_MAX)
        hub_gap(hub);
    else
        batch_go_on(hub);
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
            LIST_EACH (node, &watched->bindings) {
                const struct channel *channel = LIST_ENTRY(node, struct binding, node)->channel;
                all &= known_find(hub, channel->claims, table->schema, table->name)->state !=
                       KNOWN_ASKED;
            }
    }
    return all;
}

/* The row that a filter looks at: of a deletion what is known of the old one. */
static const struct live_value *judged_row(const struct change *change)
{
    return change->op == CHANGE_DELETE ? change->old : change->row;
}

static bool is_checked(const struct change *change, const struct facts *facts)
{
    bool row = change->op != CHANGE_DELETE || change->old_is_whole;
    return facts->depends != DEPENDS_NOTHING && row;
}

static bool same_identity(const struct check *check, const struct known *known,
                          const struct claims *claims, const struct binding *filtered)
{
    if (check->known != known || check->filtered != filtered)
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

static uint64_t hash_identity(const struct known *known, const struct claims *claims,
                              const struct binding *filtered)
{
    uint64_t hash = (uintptr_t)known ^ (uintptr_t)filtered << 1;

    if (known->facts->depends == DEPENDS_SUBJECT)
        return str_hash(claims->subject, hash);
    return known->facts->depends == DEPENDS_CLAIMS ? hash ^ claims->hash : hash;
}

static struct check *check_of(struct batch *batch, struct known *known, const struct claims *claims,
                              const struct binding *filtered)
{
    uint64_t hash = hash_identity(known, claims, filtered);
    struct table_node *node = NULL;

    while (table_next(&batch->checks, hash, &node))
        if (same_identity(LIST_ENTRY(node, struct check, node), known, claims, filtered))
            return LIST_ENTRY(node, struct check, node);
    struct check *check = arena_new(batch->mem, struct check);
    *check = (struct check){.batch = batch,
                            .next = batch->first_check,
                            .known = known,
                            .claims = claims_ref(claims),
                            .filtered = filtered};
    known->refs++;
    batch->first_check = check;
    buf_init(&check->rows, batch->mem, ROWS_BYTES_MAX);
    buf_putc(&check->rows, '{');
    table_put(&batch->checks, &check->node, hash);
    return check;
}

static int add_row(struct check *check, const struct change *change, const struct live_value *row)
{
    facts_put_row(&check->rows, check->known->facts, change->table, row);
    return check->count++;
}

/* The rows of one change stand in a check once, however many want it. */
static void add_rows(struct check *check, const struct change *change)
{
    if (check->last == change)
        return;
    check->last = change;
    check->last_row = add_row(check, change, judged_row(change));
    check->last_old = change->op == CHANGE_UPDATE && change->old_is_whole
                          ? add_row(check, change, change->old)
                          : NOT_ASKED;
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

static void consider(struct batch *batch, const struct change *change, struct binding *binding)
{
    struct channel *channel = binding->channel;
    struct known *known =
        known_find(batch->hub, channel->claims, change->table->schema, change->table->name);
    const struct live_value *row = judged_row(change);
    enum verdict verdict = FILTER_YES;
    struct check *check = NULL;

    if ((binding->wants & wanted_bit(change->op)) == 0 || known->state != KNOWN_GOOD)
        return;
    if (binding->filters != NULL)
        verdict = row == NULL ? FILTER_NO
                              : filter_judge(binding->filters, known->facts, change->table, row);
    if (verdict == FILTER_NO)
        return;
    if (is_checked(change, known->facts) || verdict == FILTER_ASK) {
        check = check_of(batch, known, channel->claims, verdict == FILTER_ASK ? binding : NULL);
        add_rows(check, change);
    }
    *add_hit(batch) = (struct hit){.binding = binding,
                                   .known = known,
                                   .check = check,
                                   .row = check != NULL ? check->last_row : NOT_ASKED,
                                   .old = check != NULL ? check->last_old : NOT_ASKED};
    known->refs++;
    channel->held++;
}

/* What is too much for one batch goes to the next. */
static void split(struct batch *batch, size_t from)
{
    struct batch *rest = batch_new(batch->hub);

    list_remove(&rest->node);
    list_append(batch->node.next, &rest->node); /* before the next one: right behind this */
    for (size_t i = from; i < batch->count; i++) {
        struct batch *to = rest;
        if (to->count == to->room) {
            to->room = to->room == 0 ? 16 : to->room * 2;
            to->changes = realloc((void *)to->changes, to->room * sizeof(*to->changes));
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
            LIST_EACH (node, &watched->bindings)
                consider(batch, change, LIST_ENTRY(node, struct binding, node));
        batch->ends[i] = batch->nhits;
        if (batch->nhits > HITS_MAX && i + 1 < batch->count)
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

    check->why = found->why.at == NULL ? found->why : arena_copy(batch->mem, found->why);
    for (int i = 0; i < found->nrows; i++)
        if (str_int(found->cells[i * found->ncolumns], &ordinal) && ordinal >= 1 &&
            ordinal <= check->count)
            check->visible[ordinal - 1] = true;
    if (--batch->waiting == 0)
        deliver(batch);
}

static void ask(struct batch *batch, struct check *check)
{
    struct question *question = question_new(check->claims);
    struct filter_sql filter = {.nparams = 1};

    buf_putc(&check->rows, '}');
    check->visible = arena_array(batch->mem, bool, (size_t)check->count);
    filter_sql(question->mem, check->filtered == NULL ? NULL : check->filtered->filters,
               check->known->facts, 1, &filter);
    question->sql = facts_check_sql(question->mem, check->known->facts, buf_str(&filter.text));
    question->params = filter.params;
    question->params[0] = buf_str(&check->rows);
    question->nparams = filter.nparams;
    question->done = on_answer;
    question->arg = check;
    hub_ask(batch->hub, question);
}

static void judge(struct batch *batch)
{
    batch->judging = true;
    find_hits(batch);
    batch->waiting = 1; /* ourselves: answers may come at once */
    for (struct check *check = batch->first_check; check != NULL; check = check->next) {
        batch->waiting++;
        ask(batch, check);
    }
    if (--batch->waiting == 0)
        deliver(batch);
}

/* ---- delivering ---- */

/* What was made for one change already: many channels want the same. */
struct made {
    struct list node;
    const struct known *known;
    const struct binding *select;
    bool old_whole;
    str data;
};

struct delivery {
    struct batch *batch;
    const struct change *change;
    arena *mem;
    struct list made;
    struct {
        enum vsn vsn;
        str topic, ids;
        const struct made *data;
        struct message *message;
    } frames[MADE_MAX];
    int nframes;
};

static bool is_visible(const struct hit *hit)
{
    return hit->check == NULL || hit->check->visible[hit->row];
}

static bool shows_old(const struct change *change, const struct hit *hit)
{
    if (change->op == CHANGE_DELETE)
        return true; /* judged by its own row, or its key is all there is */
    return hit->check == NULL || (hit->old != NOT_ASKED && hit->check->visible[hit->old]);
}

static const struct made *data_for(struct delivery *delivery, const struct hit *hit)
{
    const struct binding *select = hit->binding->select == NULL ? NULL : hit->binding;
    bool old_whole = shows_old(delivery->change, hit);

    LIST_EACH (node, &delivery->made) {
        const struct made *made = LIST_ENTRY(node, struct made, node);
        if (made->known == hit->known && made->select == select && made->old_whole == old_whole)
            return made;
    }
    const struct payload_options options = {.select = hit->binding->select,
                                            .nselect = hit->binding->nselect,
                                            .old_whole = old_whole,
                                            .max = LIVE_CHANGE_MAX};
    struct made *made = arena_new(delivery->mem, struct made);
    *made = (struct made){.known = hit->known, .select = select, .old_whole = old_whole};
    made->data = payload_make(delivery->mem, delivery->change, hit->known->facts, &options);
    list_append(&delivery->made, &made->node);
    return made;
}

static str ids_of(arena *mem, const struct hit *first)
{
    struct buf ids;

    buf_init(&ids, mem, SIZE_MAX);
    for (const struct hit *hit = first; hit != NULL; hit = hit->next)
        buf_printf(&ids, "%s%lld", ids.len > 0 ? "," : "", (long long)hit->binding->id);
    return buf_str(&ids);
}

static struct message *frame_for(struct delivery *delivery, const struct channel *channel)
{
    enum vsn vsn = channel->session->vsn;
    const struct made *data = data_for(delivery, channel->first_hit);
    str ids = ids_of(delivery->mem, channel->first_hit);

    for (int i = 0; i < delivery->nframes; i++)
        if (delivery->frames[i].vsn == vsn && delivery->frames[i].data == data &&
            str_eq(delivery->frames[i].ids, ids) &&
            str_eq(delivery->frames[i].topic, channel->full))
            return message_ref(delivery->frames[i].message);
    struct buf payload;
    buf_init(&payload, delivery->mem, SIZE_MAX);
    buf_printf(&payload, "{\"ids\":[%.*s],\"data\":", STR_ARG(ids));
    buf_put(&payload, data->data);
    buf_putc(&payload, '}');
    const struct out out = {
        .topic = channel->full, .event = STR("postgres_changes"), .payload = buf_str(&payload)};
    struct message *message = frame_write(delivery->mem, vsn, &out);
    if (delivery->nframes < MADE_MAX) {
        int i = delivery->nframes++;
        delivery->frames[i].vsn = vsn;
        delivery->frames[i].topic = channel->full;
        delivery->frames[i].ids = ids;
        delivery->frames[i].data = data;
        delivery->frames[i].message = message_ref(message);
    }
    return message;
}

static void send_to(struct delivery *delivery, struct channel *channel)
{
    struct hub *hub = delivery->batch->hub;

    if (channel->state == CHANNEL_JOINED) {
        struct message *message = frame_for(delivery, channel);
        hub->fns->send(hub->arg, channel->session->peer, message);
        message_unref(&message);
    }
    channel->first_hit = NULL;
}

/* One frame a channel, with the ids of all its bindings that want the change. */
static void deliver_change(struct batch *batch, size_t i)
{
    struct delivery delivery = {.batch = batch, .change = batch->changes[i], .mem = arena_open()};
    size_t from = i == 0 ? 0 : batch->ends[i - 1];

    list_init(&delivery.made);
    for (size_t h = from; h < batch->ends[i]; h++) {
        struct hit *hit = &batch->hits[h];
        struct channel *channel = hit->binding->channel;
        if (!is_visible(hit) || channel->state != CHANNEL_JOINED)
            continue;
        if (channel->first_hit == NULL)
            channel->last_hit = &channel->first_hit;
        *channel->last_hit = hit;
        channel->last_hit = &hit->next;
    }
    for (size_t h = from; h < batch->ends[i]; h++)
        if (batch->hits[h].binding->channel->first_hit != NULL)
            send_to(&delivery, batch->hits[h].binding->channel);
    for (int f = 0; f < delivery.nframes; f++)
        message_unref(&delivery.frames[f].message);
    arena_close(&delivery.mem);
}

/* Who could not be judged hears why, and joins again; the others lose nothing. */
static void fail_unjudged(struct batch *batch)
{
    for (size_t h = 0; h < batch->nhits; h++) {
        struct channel *channel = batch->hits[h].binding->channel;
        const struct check *check = batch->hits[h].check;
        if (check != NULL && check->why.at != NULL && channel->state == CHANNEL_JOINED)
            channel_fail(channel, check->why);
    }
}

static void batch_free(struct batch *batch)
{
    batch->hub->batch_bytes -= batch->bytes;
    for (size_t h = 0; h < batch->nhits; h++) {
        known_unref(&batch->hits[h].known);
        channel_release(batch->hits[h].binding->channel);
    }
    for (struct check *check = batch->first_check; check != NULL; check = check->next) {
        known_unref(&check->known);
        claims_unref(&check->claims);
    }
    for (size_t i = 0; i < batch->count; i++)
        change_unref(&batch->changes[i]);
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
    fail_unjudged(batch);
    batch_free(batch);
    hub_go_on(hub);
}

/* ---- in order ---- */

void batch_go_on(struct hub *hub)
{
    if (list_empty(&hub->batches))
        return;
    struct batch *first = LIST_ENTRY(hub->batches.next, struct batch, node);
    if (!first->judging && know_all(first))
        judge(first);
}

/* Those that are judged end when their answers come. */
void batch_clear(struct hub *hub)
{
    LIST_EACH (node, &hub->batches)
        if (!LIST_ENTRY(node, struct batch, node)->judging)
            batch_free(LIST_ENTRY(node, struct batch, node));
}
