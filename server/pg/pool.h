/* The pools of one worker: one for the primary (writes, and reads that must be fresh), one for the
 * read replica when there is one. Inside, lanes: reads, writes, slow shapes. See README.md. */
#ifndef PG_POOL_H
#define PG_POOL_H

#include "base/config.h"
#include "base/fail.h"
#include "base/metrics.h"
#include "base/request.h"
#include "base/statement.h"
#include "loop/loop.h"

struct db;

struct db_options {
    const struct config *config;
    struct loop *loop;
    struct metrics *metrics;
    int worker, workers; /* this one's share of the connections */
    void (*fail)(struct request *req, const struct fail *fail); /* answers a failed request */
    bool (*reads_request)(const struct request *req);           /* see schema_reads_request */
};

struct db *db_new(const struct db_options *options);
void db_free(struct db **db); /* waits for nothing: call when no request is left */

/* Can a connection be had? For /ready and /health/database: true when a connection of the pool
 * answered within the last seconds and none waits for longer than the pool timeout. */
bool db_ready(const struct db *db, enum target target);

#endif
