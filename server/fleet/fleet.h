/* The fleet as this process knows it: a mirror of the table workers, with beats on top that the
 * database has not seen yet. A beat costs no statement; who asks for the fleet is answered from
 * here. One a process, used by all workers: a lock guards it, for microseconds at a time.
 *
 * A node is trusted when the database has said that these claims (an API key and an address) may
 * beat for it. Trust ends with a doubt (the database tells of changed keys and of commands that
 * wait), after FLEET_TRUST_MS, and at once while nobody could hear a doubt. */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include "base/buf.h"
#include "base/claims.h"

enum {
    FLEET_NODES_MAX = 10000,  /* more are not kept, and not trusted: each beat asks the database */
    FLEET_FACT_MAX = 4 << 10, /* bytes of one fact as JSON; a larger one is left out */
    FLEET_ALIVE_MS = 120000,  /* since the last beat */
    FLEET_FORGET_MS = 600000, /* the same: then it is not kept */
    FLEET_TRUST_MS = 300000,
    FLEET_DEAF_TRUST_MS = 1000,  /* while nobody could hear a doubt */
    FLEET_SEED_EVERY_MS = 10000, /* how old what the table says may become while somebody asks */
    FLEET_SEED_OLD_MS = 60000    /* older is not shown when the table can be read */
};

struct fleet;

struct fleet *fleet_new(void);
void fleet_free(struct fleet **fleet);

/* ---- trust ---- */

/* What is doubted after this does not count for fleet_admit: take it before the database is asked.
 */
uint64_t fleet_mark(struct fleet *fleet);
bool fleet_trusts(struct fleet *fleet, str node_id, const struct claims *claims);
/* The database has let the claims beat for the node; worker: its row as a JSON object. */
void fleet_admit(struct fleet *fleet, uint64_t mark, const struct claims *claims, str worker);
void fleet_doubt(struct fleet *fleet, str node_id); /* "": all of them */
void fleet_set_hearing(struct fleet *fleet, bool hearing);

/* ---- beats ---- */

/* A node is alive and says facts of itself: the members of a JSON object that are known here, but
 * for its name, host and cores. Appends all that is known of it, as JSON, for other gateways. */
void fleet_beat(struct fleet *fleet, str node_id, str facts, struct buf *all);
/* A command from elsewhere, for the next beat of the node here; a node that is not known loses it.
 */
void fleet_give_command(struct fleet *fleet, str node_id, str command);
str fleet_take_command(struct fleet *fleet, str node_id, arena *mem); /* at == NULL: none waits */
/* A beat at another gateway: what fleet_beat appended there. Anything else is ignored. */
void fleet_hear(struct fleet *fleet, str all);

/* Appends the beats that the database has not seen as a JSON array; returns how many. When they
 * are in the table: fleet_written, with the time that was given. */
int fleet_unwritten(struct fleet *fleet, struct buf *beats, int64_t *until_us);
void fleet_written(struct fleet *fleet, int64_t until_us);

/* ---- the mirror ---- */

/* Is it time to read the table? Then for one caller at a time, who reads it and calls fleet_seed,
 * or fleet_seed_failed. */
enum fleet_seed_when {
    SEED_LATER,  /* memory knows, or another reads it */
    SEED_BEHIND, /* memory knows well enough to answer first */
    SEED_FIRST   /* memory knows nothing, or what it knows is old */
};
enum fleet_seed_when fleet_seed_due(struct fleet *fleet);
bool fleet_seeded(struct fleet *fleet); /* ever */
/* rows: a JSON array of the table's rows; what has beaten here since is newer. */
void fleet_seed(struct fleet *fleet, str rows);
void fleet_seed_failed(struct fleet *fleet);

/* Appends {"workers":[...],"total_workers",...}, those that are alive, in the order of their names.
 */
void fleet_put(struct fleet *fleet, struct buf *buf);

/* Appends the snapshot, a JSON object, with its member "fleet", the table's rows, as what is known
 * here: {"workers":[...],"servers":[one a host],"total_workers",...}. */
void fleet_put_snapshot(struct fleet *fleet, str snapshot, struct buf *buf);

#endif
