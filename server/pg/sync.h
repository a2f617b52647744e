/* A blocking connection: for commands, for the start, and for libuv's work threads (schema
 * snapshots, scheduled jobs). Never on a worker's loop. */
#ifndef PG_SYNC_H
#define PG_SYNC_H

#include "base/arena.h"
#include "base/statement.h"
#include "pg/url.h"

struct sync;

/* Connects to a URL or conninfo (see pg/url.h for what is translated). NULL on failure, with
 * one clear sentence in *why (in mem, no password). purpose goes into application_name. */
struct sync *sync_open(arena *mem, str url, const char *purpose, str *why);
/* The same, with another limit on the time it takes. */
struct sync *sync_open_within(arena *mem, str url, const struct conninfo_options *options,
                              str *why);
void sync_close(struct sync **sync);

/* Runs one or more statements without parameters. False on an error, the sentence in *why
 * (with PostgreSQL's LINE and position when it gives them). */
bool sync_run(struct sync *sync, arena *mem, str sql, str *why);

/* Runs one statement (its text and parameters; as connected, whatever role it names). *rows is a
 * table of text, row after row, nrows * ncolumns long, in mem. */
struct sync_rows {
    int nrows, ncolumns;
    str *cells;
};
bool sync_query(struct sync *sync, arena *mem, const struct statement *statement,
                struct sync_rows *rows, str *why);

/* Parses and analyses a statement without running it, under the given role (absent: as
 * connected), as the pools will prepare it. */
bool sync_prepare_check(struct sync *sync, arena *mem, str sql, str role, str *why);

/* COPY table (columns) FROM STDIN: start, rows of tab-separated text with \n, end. A put that
 * fails says why at the end. */
bool sync_copy_start(struct sync *sync, arena *mem, str sql, str *why);
bool sync_copy_put(struct sync *sync, str bytes);
bool sync_copy_end(struct sync *sync, arena *mem, str *why);

#endif
