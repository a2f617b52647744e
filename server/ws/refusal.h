/* The HTTP answer to a handshake that is refused. Source: RFC 6455 4.2.2 and 4.4. */
#ifndef WS_REFUSAL_H
#define WS_REFUSAL_H

#include "ws/ws.h"

/* The whole answer, head and body, on the heap: the caller frees it. Its length goes to *len. */
char *refusal_write(const struct ws_refusal *refusal, size_t *len);

#endif
