/* See roster.h. SCAN goes on where it was, so that Redis never works on it for long. */
#include "roster.h"

#include <stdlib.h>

#include "base/log.h"

enum { TRY_EVERY_MS = 200, CURSOR_MAX = 24 };

struct roster {
    struct loop *loop;
    struct fleet *fleet;
    struct kv *kv;
    struct timer *timer; /* while it waits for kv */
    char cursor[CURSOR_MAX];
    int nodes;
    bool reading;
};

struct roster *roster_new(struct loop *loop, struct fleet *fleet)
{
    struct roster *roster = calloc(1, sizeof(struct roster));

    if (roster == NULL)
        abort();
    *roster = (struct roster){.loop = loop, .fleet = fleet};
    return roster;
}

void roster_free(struct roster **roster)
{
    free(*roster);
    *roster = NULL;
}

/* [cursor, beat, ...]. Commands have names like beats, and other programs may have hashes there. */
static const str script =
    STR_ROW("local found = redis.call('SCAN', ARGV[1], 'MATCH', 'worker:*', 'COUNT', 200) "
            "local all = {found[1]} "
            "for _, key in ipairs(found[2]) do "
            "if string.sub(key, -4) ~= ':cmd' then "
            "local beat = redis.pcall('GET', key) "
            "if type(beat) == 'string' then all[#all + 1] = beat end "
            "end end "
            "return all");

static kv_fn on_beats;

static void ask(void *arg)
{
    struct roster *roster = arg;
    const str words[] = {STR("EVAL"), script, STR("0"), str_from(roster->cursor)};

    roster->reading = kv_collect(roster->kv, words, 4, on_beats, roster);
    if (!roster->reading && roster->timer == NULL)
        roster->timer = timer_start(roster->loop, TRY_EVERY_MS, TRY_EVERY_MS, ask, roster);
    else if (roster->reading)
        timer_close(&roster->timer);
}

static void on_beats(void *arg, const struct kv_answer *answer)
{
    struct roster *roster = arg;

    roster->reading = false;
    if (roster->kv == NULL || answer->kind != KV_LIST || answer->count == 0 ||
        answer->list[0].text.len >= CURSOR_MAX)
        return; /* Redis is away again: when it is back, this begins anew */
    for (int i = 1; i < answer->count; i++)
        fleet_hear(roster->fleet, answer->list[i].text);
    roster->nodes += answer->count - 1;
    memcpy(roster->cursor, answer->list[0].text.at, answer->list[0].text.len);
    roster->cursor[answer->list[0].text.len] = '\0';
    if (str_eq(answer->list[0].text, STR("0")))
        log_line(LOG_INFO, "fleet read from redis", "nodes=%d", roster->nodes);
    else
        ask(roster);
}

void roster_read(struct roster *roster, struct kv *kv)
{
    if (roster->reading)
        return;
    roster->kv = kv;
    roster->nodes = 0;
    memcpy(roster->cursor, "0", 2);
    ask(roster);
}

void roster_stop(struct roster *roster)
{
    timer_close(&roster->timer);
    roster->kv = NULL;
}
