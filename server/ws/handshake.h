/* The head of a request that wants to become a WebSocket: read and checked before the socket is
 * given to a peer. Pure, fuzzed. Source: RFC 6455 4.2.1; RFC 9110, 9112. */
#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include "base/str.h"

enum { HANDSHAKE_MAX = 16 << 10, HANDSHAKE_HEADERS_MAX = 100 };

struct handshake_header {
    str name, value; /* as sent, blanks around the value trimmed */
};

struct handshake {
    str path, query; /* percent-encoded; the query without its '?' */
    str key;         /* Sec-WebSocket-Key: 16 bytes in base64 */
    struct handshake_header headers[HANDSHAKE_HEADERS_MAX];
    int nheaders;
};

enum handshake_state {
    HANDSHAKE_PARTIAL, /* the head has not ended */
    HANDSHAKE_GOOD,
    HANDSHAKE_NO_UPGRADE,  /* a plain GET: 426 */
    HANDSHAKE_BAD_VERSION, /* of the protocol: 426 with Sec-WebSocket-Version: 13 */
    HANDSHAKE_BAD          /* 400 */
};

/* Reads what came so far; *len becomes how long the head is. Texts point into it. */
enum handshake_state handshake_read(str text, struct handshake *handshake, size_t *len);

/* What the answer proves to have read the key with: Sec-WebSocket-Accept, ended by a NUL. */
enum { HANDSHAKE_ACCEPT_BYTES = 29 };
void handshake_accept(str key, char accept[HANDSHAKE_ACCEPT_BYTES]);

/* By a name in lower case; at == NULL when it is not there. */
str handshake_header(const struct handshake *handshake, str name);

#endif
