/* The Prefer header: what the client would like and which of it was done.
 * Source: RFC 7240; PostgREST "Prefer header". */
#ifndef REST_PREFER_H
#define REST_PREFER_H

#include "base/config.h"
#include "base/fail.h"
#include "base/request.h"

/* In the order in which Preference-Applied names them. */
enum preference {
    PREFER_RESOLUTION,
    PREFER_MISSING,
    PREFER_RETURN,
    PREFER_COUNT,
    PREFER_TX,
    PREFER_HANDLING,
    PREFER_TIMEZONE,
    PREFER_MAX_AFFECTED,
    PREFERENCES
};

enum choice {
    CHOICE_NONE,
    CHOICE_MERGE_DUPLICATES,
    CHOICE_IGNORE_DUPLICATES,
    CHOICE_MISSING_DEFAULT,
    CHOICE_MISSING_NULL,
    CHOICE_RETURN_MINIMAL,
    CHOICE_RETURN_HEADERS,
    CHOICE_RETURN_ROWS,
    CHOICE_COUNT_EXACT,
    CHOICE_COUNT_PLANNED,
    CHOICE_COUNT_ESTIMATED,
    CHOICE_COMMIT,
    CHOICE_ROLLBACK,
    CHOICE_STRICT,
    CHOICE_LENIENT,
    CHOICES
};

struct prefer {
    enum choice choices[PREFERENCES]; /* the first of each kind wins */
    str timezone;                     /* as sent; absent: not given */
    int64_t max_affected;             /* with handling=strict only; -1: not given */
};

/* Fails only when handling=strict comes with a preference that is unknown. tx= is chosen only
 * where the settings allow it. */
const struct fail *prefer_read(const struct request *req, const struct config *config,
                               struct prefer *prefer);

static inline bool prefer_is(const struct prefer *prefer, enum preference kind, enum choice choice)
{
    return prefer->choices[kind] == choice;
}

/* What every kind of answer names. */
enum {
    PREFER_COMMON =
        1U << PREFER_COUNT | 1U << PREFER_TX | 1U << PREFER_HANDLING | 1U << PREFER_TIMEZONE
};

/* The value of Preference-Applied for the kinds in the set (bits 1 << PREFER_...); at == NULL
 * when none of them was asked for. */
str prefer_applied(const struct prefer *prefer, arena *mem, unsigned kinds);

#endif
