/* What Redis sends, as answers: hiredis' reader with caps. For kv.c alone. */
#ifndef KV_REPLY_H
#define KV_REPLY_H

#include "kv/kv.h"

struct replies;

struct replies *replies_new(void);
void replies_free(struct replies **replies);

/* Takes bytes as they came. False: no RESP, or more of it than the caps allow. */
bool replies_feed(struct replies *replies, str bytes);

/* The next whole answer; it is valid until replies_next is called again. *answer is NULL when more
 * bytes are needed. False: garbage. */
bool replies_next(struct replies *replies, const struct kv_answer **answer);

#endif
