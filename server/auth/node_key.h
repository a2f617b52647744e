/* API keys: how a machine (a node) shows who it is, below /api only. Whether the key is known is
 * for PostgreSQL to say (postern.require_node); here it becomes claims. */
#ifndef AUTH_NODE_KEY_H
#define AUTH_NODE_KEY_H

#include "base/config.h"
#include "base/request.h"

enum { NODE_KEY_LEN = 64 };

/* `Authorization: Bearer` and 64 hexadecimal digits: sets req->claims to the role of curated
 * routes, which no token may name, with key_hash (the key's SHA-256 in lower-case hexadecimal)
 * and peer (the client's address). The arena holds the reference. False: no such header. */
bool node_admit(struct request *req, const struct config *config);

/* The hash of the key that node_admit has put into the claims; empty for other claims. */
str node_key_of(const struct claims *claims);

#endif
