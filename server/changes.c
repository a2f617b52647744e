/* See changes.h. Transactions that arrive in one turn of the loop leave together. */
#include "changes.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "live/pgoutput.h"
#include "notices.h"
#include "pg/replication.h"

struct changes {
    struct loop *loop;
    const struct changes_fns *fns;
    void *arg;
    struct replication *replication; /* one of these two is the source */
    struct notices *notices;
    struct pgoutput *decoder;
    struct change_list *list; /* of this turn; NULL: none */
    size_t room;
    uint64_t end; /* of what is in the list, in PostgreSQL's log */
    bool was_up, due, closing;
};

struct change_list *change_list_ref(struct change_list *list)
{
    atomic_fetch_add(&list->refs, 1);
    return list;
}

void change_list_unref(struct change_list **list)
{
    struct change_list *last = *list;

    *list = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) > 1)
        return;
    for (size_t i = 0; i < last->count; i++)
        change_unref(&last->changes[i]);
    free(last);
}

/* ---- from the stream ---- */

static void give(struct changes *changes)
{
    if (changes->list != NULL)
        changes->fns->list(changes->arg, changes->list);
    change_list_unref(&changes->list);
}

static void flush(void *arg)
{
    struct changes *changes = arg;

    changes->due = false;
    if (changes->closing) {
        free(changes);
        return;
    }
    give(changes);
    if (changes->replication != NULL)
        replication_confirm(changes->replication, changes->end);
}

static void flush_soon(struct changes *changes)
{
    if (!changes->due)
        loop_soon(changes->loop, flush, changes);
    changes->due = true;
}

static void make_room(struct changes *changes, size_t more)
{
    size_t count = changes->list == NULL ? 0 : changes->list->count;

    if (changes->list != NULL && count + more <= changes->room)
        return;
    changes->room = (count + more) * 2;
    struct change_list *list =
        realloc(changes->list, sizeof(*list) + changes->room * sizeof(struct change *));
    if (list == NULL)
        abort();
    if (changes->list == NULL) {
        list->refs = 1;
        list->count = 0;
    }
    changes->list = list;
}

static void on_commit(void *arg, const struct transaction *transaction)
{
    struct changes *changes = arg;

    if (transaction->end <= changes->end)
        return; /* sent again by a slot that had not heard how far we were */
    changes->end = transaction->end;
    if (transaction->cut) {
        log_line(LOG_WARN, "changes cut", "reason=\"a transaction has more than %d bytes\"",
                 PGOUTPUT_HELD_MAX);
        give(changes); /* what came before the gap */
        changes->fns->up(changes->arg, true, transaction->end);
    }
    make_room(changes, transaction->count);
    for (size_t i = 0; i < transaction->count; i++)
        changes->list->changes[changes->list->count++] = change_ref(transaction->changes[i]);
    flush_soon(changes);
}

static const struct pgoutput_fns decoder_fns = {.committed = on_commit};

static void on_up(void *arg, bool continued, uint64_t from)
{
    struct changes *changes = arg;

    give(changes);
    if (!continued)
        changes->end = 0;
    pgoutput_free(&changes->decoder);
    changes->decoder = pgoutput_new(&decoder_fns, changes);
    changes->fns->up(changes->arg, changes->was_up && !continued, from);
    changes->was_up = true;
}

static void on_down(void *arg, const char *why)
{
    struct changes *changes = arg;

    (void)why;
    changes->fns->down(changes->arg);
}

static const char *on_message(void *arg, str message)
{
    struct changes *changes = arg;
    return pgoutput_feed(changes->decoder, message);
}

static void on_idle(void *arg, uint64_t lsn)
{
    struct changes *changes = arg;

    if (changes->list == NULL)
        replication_confirm(changes->replication, lsn);
}

/* ---- from the triggers ---- */

/* They do not say where in the log they stand: they get numbers that grow from start to start. */
static void on_told_up(void *arg, bool gap)
{
    struct changes *changes = arg;

    give(changes); /* what came before the gap leaves before it */
    if (changes->end < (uint64_t)clock_wall_us())
        changes->end = (uint64_t)clock_wall_us();
    changes->fns->up(changes->arg, gap, changes->end);
}

static void on_told_down(void *arg)
{
    struct changes *changes = arg;
    changes->fns->down(changes->arg);
}

static void on_told(void *arg, const struct change *change)
{
    struct changes *changes = arg;

    make_room(changes, 1);
    ((struct change *)(uintptr_t)change)->position = (struct position){.lsn = ++changes->end};
    changes->list->changes[changes->list->count++] = change;
    flush_soon(changes);
}

/* ---- life ---- */

struct changes *changes_open(struct loop *loop, const struct config *config,
                             const struct changes_fns *fns, void *arg)
{
    static const struct replication_fns replication_fns = {
        .up = on_up, .down = on_down, .message = on_message, .idle = on_idle};
    static const struct notices_fns notices_fns = {
        .up = on_told_up, .down = on_told_down, .change = on_told};
    const struct replication_options options = {
        .url = config->replication_database_url.len > 0 ? config->replication_database_url
               : config->migration_database_url.len > 0 ? config->migration_database_url
                                                        : config->database_url,
        .publication = config->publication,
        .slot = config->replication_slot,
    };
    struct changes *changes;

    if (str_eq(config->changes, STR("off")))
        return NULL;
    changes = calloc(1, sizeof(*changes));
    if (changes == NULL)
        abort();
    *changes = (struct changes){.loop = loop, .fns = fns, .arg = arg};
    if (str_eq(config->changes, STR("notify")))
        changes->notices =
            notices_open(loop, options.url, options.publication, &notices_fns, changes);
    else
        changes->replication = replication_open(loop, &options, &replication_fns, changes);
    return changes;
}

void changes_close(struct changes **changes)
{
    struct changes *last = *changes;

    *changes = NULL;
    if (last == NULL)
        return;
    replication_close(&last->replication);
    notices_close(&last->notices);
    pgoutput_free(&last->decoder);
    change_list_unref(&last->list);
    last->closing = true;
    if (!last->due)
        free(last);
}
