/* The demo's database: made, migrated and filled. */
#ifndef CLI_DEMO_LOAD_H
#define CLI_DEMO_LOAD_H

#include "cli/cluster.h"
#include "cli/demo_primes.h"

#define DEMO_DATABASE "postgres" /* initdb made it; another one is a thousand files more */

/* Fills a fresh cluster. The primes may still be being searched. False with a sentence in
 * cluster->mem. */
bool demo_load(struct cluster *cluster, struct demo_primes *primes, str *why);

/* Brings the database of an earlier program up to date. */
bool demo_update(struct cluster *cluster, str *why);

#endif
