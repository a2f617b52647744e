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
    /* What a transaction that takes the role has to set; returns how many gucs. */
    int (*role_settings)(const struct request *req, str role, const struct guc **gucs,
                         enum isolation *isolation);
};

struct db *db_new(const struct db_options *options);
void db_take(struct db *db, const struct config *config); /* settings for what comes */
void db_close(struct db *db); /* no request is left; connections close as the loop goes on */
void db_free(struct db **db); /* after the loop has ended */

#endif
