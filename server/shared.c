/* See shared.h. In Redis: "answer:<digest>" is "<stamp>,<stamp>\n<body>", and "stamp:<database>:
 * <relation>" a stamp; the first stamp of an answer is that of the whole database. */
#include "shared.h"

#include <stdlib.h>
#include <sys/random.h>

#include "auth/digest.h"
#include "base/json.h"
#include "pg/url.h"

enum {
    KEY_MAX = 4 << 20,
    STAMPS_MAX = 1024,
    FIRST_WORDS = 3, /* EVAL, the script, how many keys */
    MESSAGE_MAX = SHARED_ANSWER_MAX + STAMPS_MAX
};

struct shared {
    struct kv *kv;
    struct metrics *metrics;
    arena *mem;
    str database; /* digest: gateways of several databases may have one Redis */
    bool missed;  /* a stamp was not taken: what is there may be old */
};

struct shared *shared_new(const struct config *config, struct kv *kv, struct metrics *metrics)
{
    const struct conninfo_options how = {.purpose = "shared"};
    struct conninfo conninfo;
    str why;

    if (kv == NULL)
        return NULL;
    struct shared *shared = calloc(1, sizeof(struct shared));
    if (shared == NULL)
        abort();
    *shared = (struct shared){.kv = kv, .metrics = metrics, .mem = arena_open()};
    if (!conninfo_make(shared->mem, config->database_url, &how, &conninfo, &why))
        die(2, "%.*s", STR_ARG(why));
    str digest = digest_hex(shared->mem, conninfo.place);
    shared->database = (str){digest.at, digest.len / 4};
    return shared;
}

void shared_free(struct shared **shared)
{
    struct shared *last = *shared;

    *shared = NULL;
    if (last == NULL)
        return;
    arena_close(&last->mem);
    free(last);
}

/* ---- stamps ---- */

static str stamp_key(const struct shared *shared, arena *mem, str relation)
{
    return arena_printf(mem, "stamp:%.*s:%.*s", STR_ARG(shared->database), STR_ARG(relation));
}

static void on_told(void *arg, const struct kv_answer *answer)
{
    struct shared *shared = arg;

    shared->missed |= answer->kind != KV_TEXT;
}

/* "": of the whole database. What this connection asks afterwards is answered afterwards. */
static bool give_stamp(struct shared *shared, arena *mem, str relation)
{
    uint64_t stamp;

    if (getrandom(&stamp, sizeof(stamp), 0) != sizeof(stamp))
        abort();
    const str words[] = {STR("SET"), stamp_key(shared, mem, relation),
                         arena_printf(mem, "%016llx", (unsigned long long)stamp), STR("EX"),
                         arena_printf(mem, "%d", SHARED_STAMP_S)};
    return kv_ask(shared->kv, words, 5, on_told, shared) != NULL;
}

void shared_drop(struct shared *shared, str relations)
{
    if (shared == NULL)
        return;
    arena *mem = arena_open();
    bool all = relations.len == 0;
    str relation;

    if (all)
        shared->missed |= !give_stamp(shared, mem, STR(""));
    while (!all && str_cut(&relations, ',', &relation))
        shared->missed |= !give_stamp(shared, mem, str_trim(relation));
    arena_close(&mem);
}

/* ---- looking an answer up ---- */

static void put_part(struct buf *key, str part)
{
    buf_printf(key, "%zu:", part.len);
    buf_put(key, part);
}

static str key_of(const struct shared *shared, arena *mem, const struct shared_question *question)
{
    struct buf key;

    buf_init(&key, mem, KEY_MAX);
    put_part(&key, shared->database);
    put_part(&key, question->statement);
    put_part(&key, question->role);
    buf_put(&key, question->key);
    return key.full ? (str){NULL, 0}
                    : arena_printf(mem, "answer:%.*s", STR_ARG(digest_hex(mem, buf_str(&key))));
}

/* The stamps that the answer depends on, behind the key of the answer; -1: too many. */
static int put_keys(const struct shared_place *place, str reads, str *words)
{
    int count = 0;
    str relation;

    words[count++] = place->key;
    words[count++] = stamp_key(place->shared, place->mem, STR(""));
    while (reads.len > 0 && str_cut(&reads, ',', &relation)) {
        if (count == SHARED_RELATIONS_MAX + 2)
            return -1;
        words[count++] = stamp_key(place->shared, place->mem, str_trim(relation));
    }
    return count;
}

/* [answer, stamp of all, stamps, milliseconds left] */
static const str look_up = STR_ROW("local all = redis.call('MGET', unpack(KEYS)) "
                                   "all[#all + 1] = redis.call('PTTL', KEYS[1]) "
                                   "return all");

static kv_fn on_answer;

bool shared_ask(struct shared *shared, struct shared_place *place,
                const struct shared_question *question)
{
    str words[FIRST_WORDS + SHARED_RELATIONS_MAX + 2] = {STR("EVAL"), look_up};

    place->shared = shared;
    if (kv_is_up(shared->kv) && shared->missed)
        shared->missed = !give_stamp(shared, place->mem, STR(""));
    if (!kv_is_up(shared->kv) || shared->missed) {
        metric_add(shared->metrics, METRIC_SHARED_AWAY, 1);
        return false;
    }
    place->key = key_of(shared, place->mem, question);
    place->nreads = place->key.at == NULL ? -1 : put_keys(place, question->reads, words + 3);
    if (place->nreads < 0)
        return false;
    words[2] = arena_printf(place->mem, "%d", place->nreads);
    place->asked = kv_ask(shared->kv, words, FIRST_WORDS + place->nreads, on_answer, place);
    return place->asked != NULL;
}

void shared_forget(struct shared_place *place)
{
    kv_forget(&place->asked);
}

/* "a,,b": a relation that nobody has refreshed has none. */
static str join_stamps(arena *mem, const struct kv_answer *stamps, int count)
{
    struct buf joined;

    buf_init(&joined, mem, STAMPS_MAX);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(&joined, ',');
        buf_put(&joined, stamps[i].text);
    }
    return joined.full ? (str){NULL, 0} : buf_str(&joined);
}

/* The body of what Redis has, when it is one of ours and of these stamps. */
static str body_of(str kept, str stamp)
{
    str body = str_skip(kept, stamp.len + 1);

    if (kept.len <= stamp.len || !str_starts(kept, stamp) || kept.at[stamp.len] != '\n' ||
        json_check(body) == JSON_INVALID)
        return (str){NULL, 0};
    return body;
}

static void on_answer(void *arg, const struct kv_answer *answer)
{
    struct shared_place *place = arg;
    struct metrics *metrics = place->shared->metrics;
    int count = place->nreads;
    str body = {NULL, 0};
    int64_t left_ms = 0;

    place->asked = NULL;
    if (answer->kind == KV_LIST && answer->count == count + 1) {
        place->stamp = join_stamps(place->mem, answer->list + 1, count - 1);
        left_ms = answer->list[count].number;
        if (place->stamp.at != NULL && left_ms > 0)
            body = body_of(answer->list[0].text, place->stamp);
    }
    metric_add(metrics,
               body.at != NULL           ? METRIC_SHARED_HITS
               : place->stamp.at != NULL ? METRIC_SHARED_MISSES
                                         : METRIC_SHARED_AWAY,
               1);
    place->fn(place->arg, body, left_ms);
}

void shared_put(struct shared *shared, const struct shared_place *place, str body, int64_t ttl_ms)
{
    struct buf kept;

    if (place->stamp.at == NULL || body.len > SHARED_ANSWER_MAX || ttl_ms > SHARED_TTL_MAX_MS)
        return;
    buf_init(&kept, place->mem, MESSAGE_MAX);
    buf_put(&kept, place->stamp);
    buf_putc(&kept, '\n');
    buf_put(&kept, body);
    const str words[] = {STR("SET"), place->key, buf_str(&kept), STR("PX"),
                         arena_printf(place->mem, "%lld", (long long)ttl_ms)};
    kv_tell(shared->kv, words, 5);
}
