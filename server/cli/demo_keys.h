/* The API keys of the demo. */
#ifndef CLI_DEMO_KEYS_H
#define CLI_DEMO_KEYS_H

#include "cli/cluster.h"

struct demo_keys {
    str publishable, secret;
};

/* Made once and kept beside the demo's secret, so that they go on working in somebody's frontend;
 * known to the database from then on, also to a new one. False with why. */
bool demo_keys_make(const struct cluster *cluster, str url, struct demo_keys *keys, str *why);

#endif
