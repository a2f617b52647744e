/* The families of primes that the demo searches, and the search itself: small, deterministic,
 * every number tested. */
#ifndef CLI_DEMO_FORMS_H
#define CLI_DEMO_FORMS_H

#include <gmp.h>

#include "base/arena.h"

enum proof { PROOF_DETERMINISTIC, PROOF_PROTH, PROOF_POCKLINGTON, PROOF_PROBABILISTIC };

struct discovery {
    str expression; /* 3*2^41+1 */
    int digits;
    enum proof proof;
};

struct finder {
    arena *mem;
    struct discovery *list;
    int count, room;
    mpz_t n, m;       /* to compute in */
    enum proof proof; /* how n was last decided */
};

struct form {
    const char *name;
    const char *params; /* of the search that found them: JSON members */
    const char *tag;
    void (*find)(struct finder *finder);
};

extern const struct form demo_forms[]; /* ends with a NULL name */
enum { DEMO_FORMS = 11 };

/* Fills the finder's list. */
void form_search(const struct form *form, struct finder *finder, arena *mem);

#endif
