/* postern key create, list, revoke: the API keys of a database. */
#ifndef CLI_API_KEY_H
#define CLI_API_KEY_H

#include "base/config.h"

/* argv[0] is the word behind `key`. Returns the exit status. */
int api_key_command(const struct config *config, int argc, char **argv);

/* Writes a key down, as its hash; one that is there already stays as it is. False with why. */
struct api_key_order {
    str kind, name, role; /* "publishable" or "secret" */
    str tenant, scopes;   /* absent: of none; all. A comma list */
    str expires_s;        /* from now; absent: never */
    str plan;             /* of postern.plans; absent: none */
};
bool api_key_keep(arena *mem, str url, const struct api_key_order *order, str key, str *why);

#endif
