/* How often somebody may try a password: token buckets by address, by address and account, and by
 * account, in a table of a fixed size that all workers share. Who signs in gets the attempt back,
 * so that only wrong passwords count. An IPv6 client is its /64: the rest of the address is its own
 * to choose. */
#ifndef AUTH_ATTEMPTS_H
#define AUTH_ATTEMPTS_H

#include <stdint.h>

#include "base/str.h"

struct attempts; /* safe from any thread */

struct attempts *attempts_new(void);
void attempts_free(struct attempts **attempts);

/* Counts an attempt and returns 0; or how many seconds to wait, and counts nothing. */
int attempts_take(struct attempts *attempts, str address, str account, int64_t now_us);

/* It was the right password. */
void attempts_give_back(struct attempts *attempts, str address, str account, int64_t now_us);

#endif
