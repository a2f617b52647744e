/* postern token: mints a token with the secret of the settings, for tests, scripts and the keys
 * that a frontend is built with. */
#include <stdio.h>
#include <string.h>

#include "auth/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"

enum { CLAIMS_BYTES_MAX = 4096, EXIT_USAGE = 2 };

struct token_options {
    str role, subject, expires;
};

static bool read_options(struct token_options *options, int argc, char **argv)
{
    *options = (struct token_options){.expires = STR("10y")};
    const struct {
        const char *name;
        str *value;
    } names[] = {
        {"--role",    &options->role   },
        {"--sub",     &options->subject},
        {"--expires", &options->expires},
    };
    for (int i = 1; i < argc; i += 2) {
        size_t name = 0, count = sizeof(names) / sizeof(names[0]);
        while (name < count && strcmp(argv[i], names[name].name) != 0)
            name++;
        if (name == count || i + 1 == argc)
            return false;
        *names[name].value = str_from(argv[i + 1]);
    }
    return options->role.len > 0;
}

/* "10y", "30d", "12h", "15min", "90s" in seconds. */
static bool read_time(str text, int64_t *seconds)
{
    static const struct {
        str unit;
        int64_t seconds;
    } units[] = {
        {STR_ROW("y"),   31536000},
        {STR_ROW("d"),   86400   },
        {STR_ROW("h"),   3600    },
        {STR_ROW("min"), 60      },
        {STR_ROW("s"),   1       },
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        str digits = {text.at, text.len - units[i].unit.len};
        if (str_ends(text, units[i].unit) && str_int(digits, seconds))
            return *seconds > 0 && !__builtin_mul_overflow(*seconds, units[i].seconds, seconds);
    }
    return false;
}

static str claims_text(arena *mem, const struct config *config, const struct token_options *options,
                       int64_t seconds)
{
    struct buf buf;
    int64_t now = clock_now(), expires = now + seconds;

    buf_init(&buf, mem, CLAIMS_BYTES_MAX);
    buf_put(&buf, STR("{\"role\":"));
    json_put_string(&buf, options->role);
    if (options->subject.at != NULL) {
        buf_put(&buf, STR(",\"sub\":"));
        json_put_string(&buf, options->subject);
    }
    if (config->jwt_aud.at != NULL) {
        buf_put(&buf, STR(",\"aud\":"));
        json_put_string(&buf, config->jwt_aud);
    }
    buf_printf(&buf, ",\"iat\":%lld,\"exp\":%lld}", (long long)now, (long long)expires);
    return buf_str(&buf);
}

int token_command(const struct config *config, int argc, char **argv)
{
    struct token_options options;
    int64_t seconds = 0;
    str why = {NULL, 0};

    if (!read_options(&options, argc, argv) || !read_time(options.expires, &seconds)) {
        fprintf(stderr, "postern: usage: postern %s\n", TOKEN_USAGE);
        return EXIT_USAGE;
    }
    const struct keys *keys = keys_new(config->mem, config, &why);
    if (keys != NULL && keys_secret(keys).at == NULL)
        why = keys_any(keys)
                  ? STR("JWT_SECRET holds no HS256 secret: there is nothing to sign with.")
                  : STR("JWT_SECRET is not set: there is nothing to sign with.");
    if (why.at != NULL) {
        fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
        keys_unref(&keys);
        return 1;
    }
    str token = token_mint(config->mem, keys, claims_text(config->mem, config, &options, seconds));
    printf("%.*s\n", STR_ARG(token));
    keys_unref(&keys);
    return token.at == NULL;
}
