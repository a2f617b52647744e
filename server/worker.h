/* One thread of the server: its loop, HTTP, pools and caches. Workers share nothing but
 * counted immutable things (settings, keys, schema snapshots). */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>

#include "audit.h"
#include "auth/api_key.h"
#include "auth/gate.h"
#include "auth/token.h"
#include "base/config.h"
#include "base/metrics.h"
#include "cache/cache.h"
#include "door.h"
#include "feed.h"
#include "fleet/fleet.h"
#include "gossip.h"
#include "guide/guide.h"
#include "http/http.h"
#include "kv/kv.h"
#include "loop/loop.h"
#include "pg/pool.h"
#include "route/book.h"
#include "schema/schema.h"
#include "shared.h"

struct worker {
    int index, count; /* this one, and how many there are */
    const struct config *config;
    struct loop *loop;
    struct http *http;
    struct db *db;
    struct cache *cache;
    struct token_cache *tokens;
    const struct keys *keys;
    struct attempts *attempts;   /* the first worker's, for all of them; NULL: nobody signs in */
    struct relay *relay;         /* to Supabase Auth; NULL: nothing was forwarded yet */
    struct gate sign_ins;        /* by password */
    const struct claims *nobody; /* for routes that ask for no token */
    const struct schema *schema; /* the current snapshot */
    const struct book *book;     /* the curated routes, counted like a snapshot */
    const struct guide *guide;   /* the pages of /api/docs, as long as the process */
    struct fleet *fleet;         /* the process's; guards itself */
    struct gossip *gossip;       /* the process's, to other gateways */
    struct limits *limits;       /* the process's; guards itself */
    struct usage *usage;         /* the same */
    struct audit *audit;         /* the same; NULL: off */
    struct kv *kv;               /* Redis; NULL: not configured */
    struct shared *shared;       /* answers in Redis; NULL: the same */
    struct metrics metrics;
    struct worker *const *all; /* every worker's metrics can be read */
    struct live_meter *meter;  /* of the process */
    struct door *door;
    struct http *admin; /* the admin listener's side, of one worker; NULL: not this one */
    struct door *admin_door;
    bool schema_stale; /* the last load has failed: the snapshot may be older than the database */
    struct feed *feed;
    struct list hearers; /* of changed tables: see hearer.h */
    struct list outbox;  /* what the other workers are told at the end of this turn */
    struct timer *drain;
    int64_t stop_us; /* when it was asked to stop */
    bool stopping;
    pthread_t thread;
};

struct worker_options {
    int index, count;
    const struct config *config;
    const struct keys *keys;
    const struct api_keys *api_keys;
    const struct schema *schema; /* references of its own are taken */
    const struct book *book;
    const struct guide *guide; /* outlives the worker */
    struct fleet *fleet;       /* outlives the worker */
    struct limits *limits;     /* the same */
    struct usage *usage;       /* the same */
    struct gossip *gossip;     /* the same */
    struct audit *audit;       /* the same; NULL: off */
    struct worker *const *all;
    struct live_meter *meter;
    int fd;       /* that listens */
    int admin_fd; /* the same for the admin listener; -1: none */
};

/* Makes everything, on the caller's thread; then runs it on its own. */
struct worker *worker_new(const struct worker_options *options);
void worker_start(struct worker *worker);

/* From any thread: things that the worker takes up at its next turn. */
void worker_give_schema(struct worker *worker, const struct schema *schema); /* takes a reference */
/* Settings and keys for the requests to come. The settings outlive the worker. */
void worker_give_config(struct worker *worker, const struct config *config,
                        const struct keys *keys); /* takes a reference to the keys */
void worker_give_api_keys(struct worker *worker,
                          const struct api_keys *keys); /* takes a reference */
void worker_schema_failed(struct worker *worker);
void worker_give_book(struct worker *worker, const struct book *book); /* takes a reference */
void worker_drop_cache(struct worker *worker, str relations);
void worker_give_changes(struct worker *worker, struct change_list *list); /* takes a reference */
/* from: where the stream begins, when it does. */
void worker_give_stream(struct worker *worker, bool streaming, bool gap, uint64_t from);

/* What other gateways tell; lent. */
void worker_give_spread(struct worker *worker, const struct spread *spread);

/* From the worker itself: what its hub tells those of all the others. */
void worker_spread(struct worker *worker, const struct spread *spread);

/* Graceful: no new connections, requests end, then the thread does. worker_join waits for it.
 * worker_free comes when all are joined: until then another may read this one's metrics. */
void worker_stop(struct worker *worker);
void worker_join(struct worker *worker);
void worker_free(struct worker **worker);

#endif
