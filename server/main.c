/* Picks the command. Settings come from the environment; `postern config` shows them all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"
#include "serve.h"

#ifdef __SANITIZE_ADDRESS__
/* h2o keeps recycled chunks per thread and never gives them back: no leak of ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:h2o_mem_alloc_recycle";
}
#endif

static int serve_command(const struct config *config, int argc, char **argv);

static const struct command commands[] = {
    {"serve",   serve_command,   "serve",       "the server in the foreground, until SIGTERM or Ctrl-C"},
    {"demo",    demo_command,    DEMO_USAGE,    DEMO_HELP                                              },
    {"migrate", migrate_command, MIGRATE_USAGE, MIGRATE_HELP                                           },
    {"routes",  routes_command,  ROUTES_USAGE,  ROUTES_HELP                                            },
    {"config",  config_command,  CONFIG_USAGE,  CONFIG_HELP                                            },
    {"token",   token_command,   TOKEN_USAGE,   TOKEN_HELP                                             },
    {"key",     key_command,     KEY_USAGE,     KEY_HELP                                               },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), EXIT_USAGE = 2 };

static int serve_command(const struct config *config, int argc, char **argv)
{
    if (argc > 1)
        die(EXIT_USAGE, "serve takes no arguments, not \"%s\": settings come from the environment",
            argv[1]);
    if (config->database_url.len == 0)
        die(EXIT_USAGE, "DATABASE_URL is not set: give it a PostgreSQL URL, or try `postern demo`");
    return serve_main(config, NULL, NULL);
}

static void put_help(FILE *out)
{
    fprintf(out,
            "postern %s: one program between a frontend and PostgreSQL.\n\n"
            "usage: postern COMMAND\n\n",
            POSTERN_VERSION);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-46s %s\n", commands[i].usage, commands[i].help);
    fprintf(out, "\nThe setting that matters:\n"
                 "  DATABASE_URL=postgres://authenticator:secret@localhost/app\n"
                 "All of them: postern config. A first look without any: postern demo\n");
}

static void open_log(const struct config *config)
{
    static const char *const levels[] = {"crit", "error", "warn", "info", "debug"};
    enum log_level level = LOG_INFO;

    for (int i = LOG_CRIT; i <= LOG_DEBUG; i++)
        if (str_eq(config->log_level, str_from(levels[i])))
            level = (enum log_level)i;
    log_open(level, str_eq(config->log_format, STR("json")) ? LOG_JSON : LOG_TEXT,
             config->access_log);
}

static void load(struct config *config, arena *mem)
{
    struct environment environment = {.counts = {0}};

    environment_take(&environment, mem, LAYER_PROCESS, (const char *const *)environ);
    str why = config_load(config, mem, &environment);
    if (why.at != NULL)
        die(EXIT_USAGE, "%.*s", STR_ARG(why));
    open_log(config);
}

static bool asks_for(const char *word, const char *brief, const char *whole)
{
    return strcmp(word, brief) == 0 || strcmp(word, whole) == 0;
}

int main(int argc, char **argv)
{
    struct config config;

    if (argc < 2 || asks_for(argv[1], "-h", "--help") || strcmp(argv[1], "help") == 0) {
        put_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_USAGE : 0;
    }
    if (asks_for(argv[1], "-v", "--version")) {
        printf("postern %s\n", POSTERN_VERSION);
        return 0;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        arena *mem = arena_open();
        load(&config, mem);
        int status = commands[i].run(&config, argc - 1, argv + 1);
        arena_close(&mem);
        return status;
    }
    fprintf(stderr, "postern: there is no command \"%s\"; see postern --help\n", argv[1]);
    return EXIT_USAGE;
}
