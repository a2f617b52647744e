/* Picks the command. Settings come from the environment, of `serve` also from a file; `postern
 * config` shows them all. */
#include <errno.h>
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
    {"serve",   serve_command,   "serve [FILE]",
     "the server in the foreground, until SIGTERM or Ctrl-C" },
    {"demo",    demo_command,    DEMO_USAGE,     DEMO_HELP   },
    {"migrate", migrate_command, MIGRATE_USAGE,  MIGRATE_HELP},
    {"routes",  routes_command,  ROUTES_USAGE,   ROUTES_HELP },
    {"config",  config_command,  CONFIG_USAGE,   CONFIG_HELP },
    {"token",   token_command,   TOKEN_USAGE,    TOKEN_HELP  },
    {"key",     key_command,     KEY_USAGE,      KEY_HELP    },
    {"types",   types_command,   TYPES_USAGE,    TYPES_HELP  },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), EXIT_USAGE = 2 };

static int serve_command(const struct config *config, int argc, char **argv)
{
    if (argc > 2)
        die(EXIT_USAGE, "serve takes a configuration file at most, not \"%s\"", argv[2]);
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

/* The file of `postern serve FILE`, in PostgREST's syntax. */
static void read_file(struct environment *environment, arena *mem, const char *path)
{
    char *text = h2o_mem_alloc_pool(mem, SETTINGS_FILE_MAX);
    FILE *file = fopen(path, "re");
    size_t len = file == NULL ? 0 : fread(text, 1, SETTINGS_FILE_MAX, file);

    if (file == NULL || ferror(file))
        die(EXIT_USAGE, "%s cannot be read: %s", path, strerror(errno));
    if (len == SETTINGS_FILE_MAX)
        die(EXIT_USAGE, "%s is too large for a configuration file", path);
    fclose(file);
    str why = environment_read(environment, mem, (str){text, len});
    if (why.at != NULL)
        die(EXIT_USAGE, "%s, %.*s", path, STR_ARG(why));
}

/* file: NULL when there is none. */
static void load(struct config *config, arena *mem, const char *file)
{
    struct environment *environment = arena_new(mem, struct environment);

    environment_take(environment, mem, LAYER_PROCESS, (const char *const *)environ);
    if (file != NULL)
        read_file(environment, mem, file);
    str why = config_load(config, mem, environment);
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
        bool has_file = commands[i].run == serve_command && argc > 2;
        load(&config, mem, has_file ? argv[2] : NULL);
        int status = commands[i].run(&config, argc - 1, argv + 1);
        arena_close(&mem);
        return status;
    }
    fprintf(stderr, "postern: there is no command \"%s\"; see postern --help\n", argv[1]);
    return EXIT_USAGE;
}
