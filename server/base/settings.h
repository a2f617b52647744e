/* The table of settings behind config.h: shared by config.c and setting_value.c, which read them,
 * config_put.c and config_dump.c, which show them, and config_change.c. Nobody else includes this.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/config.h"

enum setting_type {
    SETTING_TEXT,     /* str */
    SETTING_SECRET,   /* str, never shown */
    SETTING_URL,      /* str: a database; shown without its password */
    SETTING_LIST,     /* str: comma list, blanks around commas removed */
    SETTING_OPTIONAL, /* str: a list; set but empty means none, not the default */
    SETTING_RANGES,   /* str: a list of addresses and ranges of them, and "unix" */
    SETTING_SCHEMAS,  /* str: a list that may not hold PostgreSQL's own schemas */
    SETTING_ROLE,     /* str: "none" becomes "" */
    SETTING_HOST,     /* str: PostgREST's "!4" and "*" are understood */
    SETTING_PATH,     /* str: a URL path without a slash at the end */
    SETTING_PROXY,    /* str: "https://example.com:8443/base", as clients see the server */
    SETTING_CHOICE,   /* str: one of choices */
    SETTING_SWITCH,   /* bool */
    SETTING_COUNT,    /* int64_t */
    SETTING_MODE,     /* int64_t: a file's mode, written in octal */
    SETTING_DURATION, /* int64_t, in milliseconds */
    SETTING_BYTES,    /* int64_t */
    SETTING_TYPES     /* keep last */
};

struct setting {
    const char *name; /* read as POSTERN_<name> */
    enum setting_type type;
    size_t offset; /* of its field in struct config */
    const char *fallback;
    int64_t min, max;
    /* Where else it may come from, best first: environment names; "?name" is a parameter of
     * DATABASE_URL. ":s" says that a number without a unit counts seconds, not milliseconds. */
    const char *names;
    const char *choices; /* of SETTING_CHOICE: words, or word=meaning */
    const char *help;
};

extern const struct setting settings[];
extern const int settings_count;

/* One setting on its way from its source to its field. */
struct reading {
    struct config *config;
    const struct setting *setting;
    const struct environment *environment;
    str source;   /* "POSTERN_PORT", "DATABASE_URL?pool_timeout", "default" */
    str text;     /* the value as written; absent when no source has one */
    bool seconds; /* a bare number counts seconds */
    str why;      /* absent, or why the value cannot be had at all */
};

/* Fills the setting's field from in->text. Absent when it is well, else what is allowed. */
str setting_read(struct reading *in);

/* PostgREST's settings that Postern does not have. */
struct unsupported {
    const char *name;
    const char *harmless; /* values, blank-separated, that ask for what Postern does anyway */
    bool refuse;          /* ignoring it would be unsafe */
    const char *why;
};

extern const struct unsupported unsupported_settings[];
extern const int unsupported_count;

static inline bool setting_is_secret(const struct setting *setting)
{
    return setting->type == SETTING_SECRET || setting->type == SETTING_URL;
}

#endif
