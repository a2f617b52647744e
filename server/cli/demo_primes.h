/* The primes of the demo: more than a hundred thousand, searched by threads while the database
 * is still being made, then copied into the table primes. */
#ifndef CLI_DEMO_PRIMES_H
#define CLI_DEMO_PRIMES_H

#include "pg/sync.h"

struct demo_primes;

enum { DEMO_THREADS = 2 };

/* Starts to search. The same primes every time. */
struct demo_primes *demo_primes_start(void);

/* Waits for the search, then copies: discovered in the year before now (seconds since the
 * epoch), by the operators in the database. False with a sentence in *why. */
bool demo_primes_copy(struct demo_primes *primes, struct sync *sync, int64_t now, str *why);

int demo_primes_count(const struct demo_primes *primes); /* once copied */
void demo_primes_free(struct demo_primes **primes);      /* waits for the search */

#endif
