/* postern key: a new JWT secret with its anon and service keys, as lines for an .env file; what
 * stands behind it is api_key.c's. */
#include <stdio.h>
#include <sys/random.h>

#include "auth/base64.h"
#include "auth/token.h"
#include "base/clock.h"
#include "cli/api_key.h"
#include "cli/cli.h"

enum { SECRET_BYTES = 48, TEN_YEARS_S = 315360000 };

static void print_key(arena *mem, const struct keys *keys, const char *name, const char *role)
{
    int64_t now = clock_now(), expires = now + TEN_YEARS_S;
    str claims =
        arena_printf(mem, "{\"iss\":\"postern\",\"role\":\"%s\",\"iat\":%lld,\"exp\":%lld}", role,
                     (long long)now, (long long)expires);
    printf("%s=%.*s\n", name, STR_ARG(token_mint(mem, keys, claims)));
}

int key_command(const struct config *config, int argc, char **argv)
{
    struct config fresh = *config;
    char bytes[SECRET_BYTES];
    str why;

    if (argc > 1)
        return api_key_command(config, argc - 1, argv + 1);
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        fprintf(stderr, "postern: the system has no random numbers\n");
        return 1;
    }
    fresh.jwt_secret = base64url_encode(config->mem, (str){bytes, sizeof(bytes)});
    fresh.jwt_secret_is_base64 = false;
    fresh.jwt_role_claim_key = (str){NULL, 0};
    const struct keys *keys = keys_new(config->mem, &fresh, &why);
    printf("SUPABASE_JWT_SECRET=%.*s\n", STR_ARG(fresh.jwt_secret));
    if (fresh.db_anon_role.len > 0)
        print_key(config->mem, keys, "ANON_KEY", arena_cstr(config->mem, fresh.db_anon_role));
    print_key(config->mem, keys, "SERVICE_ROLE_KEY", "service_role");
    keys_unref(&keys);
    return 0;
}
