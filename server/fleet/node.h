/* One node of the fleet and what is known of it; for fleet/ alone. */
#ifndef FLEET_NODE_H
#define FLEET_NODE_H

#include "base/table.h"
#include "fleet/fleet.h"

/* Kept as JSON, as they came. */
enum fact {
    FACT_HOSTNAME,
    FACT_CORES,
    FACT_SEARCH_TYPE,
    FACT_SEARCH_PARAMS,
    FACT_TESTED,
    FACT_FOUND,
    FACT_CURRENT,
    FACT_CHECKPOINT,
    FACT_METRICS,
    FACTS
};

struct node {
    struct table_node node; /* fleet->nodes */
    str id;
    str text;                                   /* its members as JSON: made by node_take alone */
    str facts[FACTS];                           /* slices of text; at == NULL: not known */
    int64_t registered_us, beat_us, written_us; /* wall clock; written: the beat in the table */
    const struct claims *claims;                /* who may beat for it, or NULL */
    uint64_t mark, doubt;                       /* of claims; trusted while mark >= doubt */
    struct list commands;                       /* that wait for its next beat */
    int64_t trusted_us;                         /* monotonic */
};

struct node *node_new(str id);
void node_free(struct node **node);

/* What may be said of a node: by itself, or by the table and by other gateways. */
enum node_source { NODE_ITSELF, NODE_ALL };

/* Takes the members that are known here from a JSON object that json_check accepts. */
void node_take(struct node *node, str object, enum node_source source);

/* {"worker_id":...}: the id of an object, in mem; at == NULL when it has none. Times in seconds
 * since the epoch become microseconds; 0 when they are not there. */
str node_read_id(arena *mem, str object);
int64_t node_read_time(str object, str member);

/* "worker_id":...,"hostname":...: all facts as members, without braces; cheap, for a thousand nodes
 * are told at once. A checkpoint is text to the nodes; as a value it is the JSON in that text, when
 * there is some. */
enum node_checkpoint { CHECKPOINT_TEXT, CHECKPOINT_VALUE };
void node_put_facts(const struct node *node, enum node_checkpoint checkpoint, struct buf *buf);

/* Commands wait in the order they came; more than NODE_COMMANDS_MAX are not kept. */
enum { NODE_COMMANDS_MAX = 16 };
void node_give_command(struct node *node, str command);
str node_take_command(struct node *node, arena *mem); /* at == NULL: none waits */

int64_t node_number(const struct node *node, enum fact fact); /* 0 when it is none */

#endif
