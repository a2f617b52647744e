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

/* PostgREST's flags: commands that may also stand behind `serve`. */
static const struct command flags[] = {
    {"--dump-config", dump_config_command, "--dump-config [FILE]", DUMP_CONFIG_HELP},
    {"--dump-schema", dump_schema_command, "--dump-schema [FILE]", DUMP_SCHEMA_HELP},
    {"--ready",       ready_command,       "--ready [FILE]",       READY_HELP      },
};

enum {
    COMMANDS = sizeof(commands) / sizeof(commands[0]),
    FLAGS = sizeof(flags) / sizeof(flags[0]),
    EXAMPLE_BYTES_MAX = 64 << 10,
    EXIT_USAGE = 2
};

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
        fprintf(out, "  %-56s %s\n", commands[i].usage, commands[i].help);
    fprintf(out, "\nas PostgREST has them, alone or behind serve:\n\n");
    for (int i = 0; i < FLAGS; i++)
        fprintf(out, "  %-56s %s\n", flags[i].usage, flags[i].help);
    fprintf(out, "  %-56s %s\n", "-e, --example", EXAMPLE_HELP);
    fprintf(out, "  %-56s %s\n", "-v, --version", "the version");
    fprintf(out, "\nThe setting that matters:\n"
                 "  DATABASE_URL=postgres://authenticator:secret@localhost/app\n"
                 "All of them: postern config. A first look without any: postern demo\n");
}

static void open_log(const struct config *config)
{
    log_open(log_level_named(config->log_level),
             str_eq(config->log_format, STR("json")) ? LOG_JSON : LOG_TEXT, config->access_log);
}

/* file: that of `postern serve FILE`, in PostgREST's syntax; NULL when there is none. */
static void load(struct config *config, arena *mem, const char *file)
{
    struct environment *environment = arena_new(mem, struct environment);

    environment_take(environment, mem, LAYER_PROCESS, (const char *const *)environ);
    str why = file == NULL ? (str){NULL, 0} : environment_read_file(environment, mem, file);
    if (why.at == NULL)
        why = config_load(config, mem, environment);
    if (why.at != NULL)
        die(EXIT_USAGE, "%.*s", STR_ARG(why));
    open_log(config);
}

static bool asks_for(const char *word, const char *brief, const char *whole)
{
    return strcmp(word, brief) == 0 || strcmp(word, whole) == 0;
}

static int put_example(void)
{
    arena *mem = arena_open();
    struct buf text;

    buf_init(&text, mem, EXAMPLE_BYTES_MAX);
    config_example(&text);
    printf("%.*s", STR_ARG(buf_str(&text)));
    arena_close(&mem);
    return 0;
}

/* What needs no settings. -1: nothing of that. */
static int answer(const char *word)
{
    if (asks_for(word, "-h", "--help") || strcmp(word, "help") == 0)
        put_help(stdout);
    else if (asks_for(word, "-v", "--version"))
        printf("postern %s\n", POSTERN_VERSION);
    else if (asks_for(word, "-e", "--example"))
        return put_example();
    else
        return -1;
    return 0;
}

static const struct command *find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    for (int i = 0; i < FLAGS; i++)
        if (strcmp(name, flags[i].name) == 0)
            return &flags[i];
    return NULL;
}

static int run(const struct command *command, int argc, char **argv)
{
    arena *mem = arena_open();
    struct config config;
    bool takes_file = command->run == serve_command || command->name[0] == '-';

    load(&config, mem, takes_file && argc > 1 ? argv[1] : NULL);
    int status = command->run(&config, argc, argv);
    arena_close(&mem);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        put_help(stderr);
        return EXIT_USAGE;
    }
    if (argc > 2 && strcmp(argv[1], "serve") == 0 && argv[2][0] == '-') {
        argv++; /* serve --dump-config */
        argc--;
    }
    int status = answer(argv[1]);
    if (status >= 0)
        return status;
    const struct command *command = find(argv[1]);
    if (command != NULL)
        return run(command, argc - 1, argv + 1);
    if (access(argv[1], R_OK) == 0) /* `postgrest FILE` */
        return run(&commands[0], argc, argv);
    fprintf(stderr, "postern: there is no command \"%s\"; see postern --help\n", argv[1]);
    return EXIT_USAGE;
}
