/* The demo's database: made, migrated and filled. */
#ifndef CLI_DEMO_LOAD_H
#define CLI_DEMO_LOAD_H

#include "cli/demo_primes.h"

#define DEMO_DATABASE "postgres" /* initdb made it; another one is a thousand files more */

/* url: of a superuser. False with a sentence in mem. */

/* Makes the tables of a fresh cluster. */
bool demo_migrate(arena *mem, str url, str *why);

/* Fills them. The primes may still be being searched; who asks meanwhile sees what is there. */
bool demo_load(arena *mem, str url, struct demo_primes *primes, str *why);

/* Brings the database of an earlier program up to date. */
bool demo_update(arena *mem, str url, str *why);

#endif
