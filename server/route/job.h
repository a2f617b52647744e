/* A scheduled job: one sql/jobs file. The header says how often it runs and which relations are
 * different afterwards; the rest is SQL without parameters. Parsed here, run by jobs.c. */
#ifndef ROUTE_JOB_H
#define ROUTE_JOB_H

#include "base/arena.h"

struct job {
    str name;         /* the file's name without folder and ".sql" */
    str about;        /* the description lines, joined by blanks */
    int64_t every_ms; /* from the end of one run to the start of the next */
    str drops;        /* comma list for cache_drop, "private.a,private.b"; empty: none */
    str given;        /* the name of a setting that is $1 of every statement; empty: none */
    str *statements;  /* to be run one by one, each a transaction of its own */
    int nstatements;
};

/* NULL when the file is wrong, with "file:line: sentence" in *why. Everything is in mem. */
const struct job *job_parse(arena *mem, str file_name, str text, str *why);

#endif
