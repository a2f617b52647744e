/* A private PostgreSQL for the demo: found on the machine, made on the first start, reachable
 * through a unix socket in a directory that is ours alone. It never runs as root, and it ends
 * when this process ends, however that happens. */
#ifndef CLI_CLUSTER_H
#define CLI_CLUSTER_H

#include <sys/types.h>

#include "base/arena.h"

struct cluster {
    arena *mem;
    str programs; /* /usr/lib/postgresql/15/bin */
    int version;  /* 15 */
    str dir;      /* ours: 0700, holds the others */
    str data;     /* PostgreSQL's */
    str socket;   /* the socket's directory */
    str conf;     /* its settings */
    str log;      /* what initdb and PostgreSQL print */
    uid_t uid;    /* who runs PostgreSQL: us, or postgres when we are root */
    gid_t gid;
    int lock;    /* held while the demo runs */
    pid_t child; /* initdb or PostgreSQL; 0: none */
};

/* Makes the directory (dir empty: the usual place), takes its lock and finds PostgreSQL. False
 * with a sentence: no right, another demo runs there, nothing installed. */
bool cluster_open(struct cluster *cluster, arena *mem, str dir, str *why);
void cluster_close(struct cluster *cluster); /* stops, gives the lock back */

/* The first start's work, initdb, in two halves, so that something else can be done between. */
bool cluster_init_start(struct cluster *cluster, str *why);
bool cluster_init_end(struct cluster *cluster, str *why);

/* Between the two: nothing waits for the disk, which takes many seconds when others use it as
 * well. cluster_settle waits for it once, for all that was written; it may run in a thread of its
 * own. Data that was not settled is not to be trusted after a loss of power. */
bool cluster_hurry(struct cluster *cluster, str *why); /* between initdb and start */
bool cluster_settle(const struct cluster *cluster);

/* Starts PostgreSQL and waits until it answers. One that a killed demo left is stopped first. */
bool cluster_start(struct cluster *cluster, str *why);
void cluster_stop(struct cluster *cluster); /* fast, waits; safe when it does not run */

bool cluster_erase(struct cluster *cluster, str *why); /* all but the lock; it must not run */

void cluster_note(const struct cluster *cluster, str note); /* who holds it: for a second demo */
str cluster_file(const struct cluster *cluster, const char *name); /* dir/name, NUL behind it */
str cluster_url(const struct cluster *cluster, const char *user, const char *database);

#endif
