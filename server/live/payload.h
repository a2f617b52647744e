/* The "data" of a postgres_changes event. Source: reference "Wire protocol", 1.10. */
#ifndef LIVE_PAYLOAD_H
#define LIVE_PAYLOAD_H

#include "live/facts.h"

struct payload_options {
    const str *select; /* names, beside the key's; NULL: all columns that the role may read */
    int nselect;
    bool old_whole; /* the old row may be shown, not only its key */
    size_t max;     /* bytes; more: values over 64 bytes are left out, and it says so */
};

str payload_make(arena *mem, const struct change *change, const struct facts *facts,
                 const struct payload_options *options);

#endif
