/* A row or composite value as PostgreSQL prints it: (1,"a ""b""",,"(x,y)"). Pure.
 * Source: PostgreSQL 8.16.6 "Composite Type Input and Output Syntax". */
#ifndef LIVE_RECORD_H
#define LIVE_RECORD_H

#include "base/str.h"

struct record_walk {
    str rest;
    bool first;
};

/* False: the text is no record. */
bool record_open(struct record_walk *walk, str text);

/* The next field, its quotes removed into *room, which moves on: it needs as many bytes as the
 * text. A field that is empty and not quoted is NULL: at == NULL. False: there is none, or what
 * comes is no field; record_ended tells which. */
bool record_next(struct record_walk *walk, char **room, str *field);
bool record_ended(const struct record_walk *walk);

#endif
