/* See prefer.h. A new preference is one line in the table. */
#include "rest/prefer.h"

enum { APPLIED_MAX = 512, INVALID_MAX = 4096 };

static const struct {
    str text;
    enum preference kind;
} table[CHOICES] = {
    [CHOICE_MERGE_DUPLICATES] = {STR_ROW("resolution=merge-duplicates"),  PREFER_RESOLUTION},
    [CHOICE_IGNORE_DUPLICATES] = {STR_ROW("resolution=ignore-duplicates"), PREFER_RESOLUTION},
    [CHOICE_MISSING_DEFAULT] = {STR_ROW("missing=default"),              PREFER_MISSING   },
    [CHOICE_MISSING_NULL] = {STR_ROW("missing=null"),                 PREFER_MISSING   },
    [CHOICE_RETURN_MINIMAL] = {STR_ROW("return=minimal"),               PREFER_RETURN    },
    [CHOICE_RETURN_HEADERS] = {STR_ROW("return=headers-only"),          PREFER_RETURN    },
    [CHOICE_RETURN_ROWS] = {STR_ROW("return=representation"),        PREFER_RETURN    },
    [CHOICE_COUNT_EXACT] = {STR_ROW("count=exact"),                  PREFER_COUNT     },
    [CHOICE_COUNT_PLANNED] = {STR_ROW("count=planned"),                PREFER_COUNT     },
    [CHOICE_COUNT_ESTIMATED] = {STR_ROW("count=estimated"),              PREFER_COUNT     },
    [CHOICE_COMMIT] = {STR_ROW("tx=commit"),                    PREFER_TX        },
    [CHOICE_ROLLBACK] = {STR_ROW("tx=rollback"),                  PREFER_TX        },
    [CHOICE_STRICT] = {STR_ROW("handling=strict"),              PREFER_HANDLING  },
    [CHOICE_LENIENT] = {STR_ROW("handling=lenient"),             PREFER_HANDLING  },
};

#define TIMEZONE STR("timezone=")
#define MAX_AFFECTED STR("max-affected=")

/* The preferences that have a value of the client's own; one that cannot be read is as if it were
 * not there. */
static bool take_value(struct prefer *prefer, str text)
{
    int64_t number;

    if (str_starts(text, TIMEZONE)) {
        if (prefer->timezone.at == NULL)
            prefer->timezone = str_skip(text, TIMEZONE.len);
        return true;
    }
    if (!str_starts(text, MAX_AFFECTED))
        return false;
    if (prefer->max_affected < 0 && str_int(str_skip(text, MAX_AFFECTED.len), &number))
        prefer->max_affected = number;
    return true;
}

static bool choose(struct prefer *prefer, str text)
{
    for (int i = 1; i < CHOICES; i++) {
        if (!str_eq(table[i].text, text))
            continue;
        enum choice *chosen = &prefer->choices[table[i].kind];
        if (*chosen == CHOICE_NONE)
            *chosen = (enum choice)i;
        return true;
    }
    return take_value(prefer, text);
}

/* What the settings or the handling do not let count. */
static void settle(const struct config *config, struct prefer *prefer)
{
    if (!str_ends(config->db_tx_end, STR("-allow-override")))
        prefer->choices[PREFER_TX] = CHOICE_NONE;
    if (!prefer_is(prefer, PREFER_HANDLING, CHOICE_STRICT))
        prefer->max_affected = -1;
}

const struct fail *prefer_read(const struct request *req, const struct config *config,
                               struct prefer *prefer)
{
    struct buf invalid;

    *prefer = (struct prefer){.max_affected = -1};
    buf_init(&invalid, req->mem, INVALID_MAX);
    for (size_t i = 0; i < req->nheaders; i++) {
        str rest = req->headers[i].value, piece;
        if (!str_eq(req->headers[i].name, STR("prefer")))
            continue;
        while (str_cut(&rest, ',', &piece)) {
            piece = str_trim(piece);
            if (piece.len == 0 || choose(prefer, piece))
                continue;
            buf_put(&invalid, invalid.len > 0 ? STR(", ") : STR(""));
            buf_put(&invalid, piece);
        }
    }
    settle(config, prefer);
    if (invalid.len == 0 || !prefer_is(prefer, PREFER_HANDLING, CHOICE_STRICT))
        return NULL;
    struct fail *fail =
        fail_new(req->mem, FAIL_PREFER, "Invalid preferences given with handling=strict");
    fail->details = arena_printf(req->mem, "Invalid preferences: %.*s", STR_ARG(buf_str(&invalid)));
    return fail;
}

static str chosen_text(const struct prefer *prefer, arena *mem, enum preference kind)
{
    struct buf text;

    if (kind == PREFER_MAX_AFFECTED && prefer->max_affected >= 0)
        return arena_printf(mem, "max-affected=%lld", (long long)prefer->max_affected);
    if (kind != PREFER_TIMEZONE || prefer->timezone.at == NULL)
        return table[prefer->choices[kind]].text;
    buf_init(&text, mem, APPLIED_MAX);
    buf_put(&text, TIMEZONE);
    buf_put(&text, prefer->timezone);
    return buf_str(&text);
}

str prefer_applied(const struct prefer *prefer, arena *mem, unsigned kinds)
{
    struct buf applied;

    buf_init(&applied, mem, APPLIED_MAX);
    for (int kind = 0; kind < PREFERENCES; kind++) {
        str text = chosen_text(prefer, mem, (enum preference)kind);
        if (text.len == 0 || (kinds & (1U << kind)) == 0)
            continue;
        buf_put(&applied, applied.len > 0 ? STR(", ") : STR(""));
        buf_put(&applied, text);
    }
    return applied.len > 0 ? buf_str(&applied) : (str){NULL, 0};
}
