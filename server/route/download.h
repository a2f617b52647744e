/* Names of downloads and lines of CSV. */
#ifndef ROUTE_DOWNLOAD_H
#define ROUTE_DOWNLOAD_H

#include "base/buf.h"
#include "route/file.h"

/* A file name's pattern: "darkreach-primes[-:form]-:today.csv". ":name" is a parameter's value,
 * ":today" the UTC date as YYYYMMDD, and what is in [] is left away when a parameter in it has
 * no value. */
bool download_valid(const struct route_file *file, str pattern);

/* The name; bytes of values other than letters, digits, '.', '_' and '-' become '_', so that
 * it can stand in a header. now: seconds since the epoch. */
str download_name(arena *mem, const struct route_file *file, str pattern,
                  const struct param_value *values, int64_t now);

/* Appends one field, quoted when RFC 4180 asks for it; at == NULL (SQL NULL) is empty. Text that
 * a spreadsheet would run as a formula (=, +, -, @ first, when it is no number) gets a leading
 * apostrophe. Source: RFC 4180; OWASP, CSV injection. */
void csv_put(struct buf *buf, str text);

#endif
