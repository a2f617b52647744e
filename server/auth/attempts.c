/* Token buckets in a table of sets; see attempts.h. */
#include "auth/attempts.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"

enum { SETS = 512, WAYS = 8, US = 1000000 };

enum limit { LIMIT_ADDRESS, LIMIT_BOTH, LIMIT_ACCOUNT, LIMITS };

/* The last is for guesses from many addresses at once; it is wide, for it locks out the user, too.
 */
static const struct {
    int burst;
    int every_s; /* one more attempt */
} limits[LIMITS] = {
    [LIMIT_ADDRESS] = {60,  5 },
    [LIMIT_BOTH] = {10,  30},
    [LIMIT_ACCOUNT] = {100, 10},
};

struct bucket {
    uint64_t key; /* 0: nobody's */
    int64_t left; /* attempts, in millionths */
    int64_t seen_us;
};

struct attempts {
    pthread_mutex_t mutex;
    uint64_t seed; /* of the keys: nobody can aim at somebody else's bucket */
    struct bucket table[SETS][WAYS];
};

struct attempts *attempts_new(void)
{
    struct attempts *attempts = h2o_mem_alloc(sizeof(struct attempts));

    memset(attempts, 0, sizeof(struct attempts));
    pthread_mutex_init(&attempts->mutex, NULL);
    if (getrandom(&attempts->seed, sizeof(attempts->seed), 0) != sizeof(attempts->seed))
        attempts->seed = STR_HASH_SEED;
    return attempts;
}

void attempts_free(struct attempts **attempts)
{
    if (*attempts != NULL)
        pthread_mutex_destroy(&(*attempts)->mutex);
    free(*attempts);
    *attempts = NULL;
}

static uint64_t hash_address(str address, uint64_t seed)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in6_addr parsed;

    if (address.len < sizeof(text))
        memcpy(text, address.at, address.len);
    if (inet_pton(AF_INET6, text, &parsed) == 1 && !IN6_IS_ADDR_V4MAPPED(&parsed))
        return str_hash((str){(const char *)&parsed, sizeof(parsed) / 2}, seed);
    return str_hash(address, seed);
}

struct keys_of {
    uint64_t key[LIMITS];
};

static struct keys_of keys_for(const struct attempts *attempts, str address, str account)
{
    uint64_t seed = attempts->seed;
    uint64_t place = hash_address(address, seed ^ 1);

    /* The lowest bit keeps a key from being nobody's. */
    return (struct keys_of){
        .key = {[LIMIT_ADDRESS] = place | 1,
                [LIMIT_BOTH] = str_hash(account, place ^ 2) | 1,
                [LIMIT_ACCOUNT] = str_hash(account, seed ^ 3) | 1}
    };
}

/* What it has now. A bucket that was not there is full. */
static void fill(struct bucket *bucket, enum limit limit, int64_t now_us)
{
    int64_t full = (int64_t)limits[limit].burst * US;

    bucket->left += (now_us - bucket->seen_us) / limits[limit].every_s;
    if (bucket->left > full)
        bucket->left = full;
    bucket->seen_us = now_us;
}

/* The bucket of the key; the one of its set that nobody has used for longest makes room. */
static struct bucket *bucket_of(struct attempts *attempts, uint64_t key, enum limit limit,
                                int64_t now_us)
{
    struct bucket *set = attempts->table[(key >> 32) % SETS], *oldest = set;

    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            fill(&set[i], limit, now_us);
            return &set[i];
        }
        if (set[i].seen_us < oldest->seen_us)
            oldest = &set[i];
    }
    *oldest =
        (struct bucket){.key = key, .left = (int64_t)limits[limit].burst * US, .seen_us = now_us};
    return oldest;
}

static int wait_s(const struct bucket *bucket, enum limit limit)
{
    if (bucket->left >= US)
        return 0;
    return (int)(((US - bucket->left) * limits[limit].every_s + US - 1) / US);
}

/* One more or one less for each; the three may share a set, so none is kept meanwhile. */
static void add(struct attempts *attempts, const struct keys_of *keys, int64_t count,
                int64_t now_us)
{
    for (int i = 0; i < LIMITS; i++) {
        struct bucket *bucket = bucket_of(attempts, keys->key[i], (enum limit)i, now_us);
        bucket->left += count * US;
    }
}

int attempts_take(struct attempts *attempts, str address, str account, int64_t now_us)
{
    const struct keys_of keys = keys_for(attempts, address, account);
    int longest = 0;

    pthread_mutex_lock(&attempts->mutex);
    for (int i = 0; i < LIMITS; i++) {
        int wait = wait_s(bucket_of(attempts, keys.key[i], (enum limit)i, now_us), (enum limit)i);
        longest = wait > longest ? wait : longest;
    }
    if (longest == 0)
        add(attempts, &keys, -1, now_us);
    pthread_mutex_unlock(&attempts->mutex);
    return longest;
}

void attempts_give_back(struct attempts *attempts, str address, str account, int64_t now_us)
{
    const struct keys_of keys = keys_for(attempts, address, account);

    pthread_mutex_lock(&attempts->mutex);
    add(attempts, &keys, 1, now_us);
    pthread_mutex_unlock(&attempts->mutex);
}
