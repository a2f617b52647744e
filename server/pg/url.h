/* From the URL that people write to the conninfo that libpq takes. Prisma's parameters, which
 * libpq rejects, are taken out (the sizes among them are settings: base/settings.c reads them);
 * keepalives, a connect timeout and an application_name are put in unless given. Sources:
 * PostgreSQL 34.1 "Database Connection Control Functions"; requirements CF10, CF11, CF19, PO2,
 * PO10. */
#ifndef PG_URL_H
#define PG_URL_H

#include "base/arena.h"

enum { CONNECT_TIMEOUT_S = 10 };

struct conninfo_options {
    const char *purpose;       /* the pool or command: application_name is postern/<version>:rest */
    int64_t connect_timeout_s; /* 0: CONNECT_TIMEOUT_S */
};

struct conninfo {
    str text;        /* for PQconnectdb: key='value' pairs; holds the password */
    bool unprepared; /* behind a transaction-mode pooler: named statements would fail */
    bool plain;      /* a host that is not local may be reached without TLS: warn */
    str hosts;       /* "db.example.com", as given; "" for the default socket */
    str place;       /* "db.example.com:5432/app": which database, without secrets */
};

/* Reads a URL (postgres://, postgresql://) or a conninfo ("host=... dbname=..."). False when
 * libpq cannot read it, with a sentence without passwords in *why. */
bool conninfo_make(arena *mem, str url, const struct conninfo_options *options,
                   struct conninfo *conninfo, str *why) __attribute__((warn_unused_result));

#endif
