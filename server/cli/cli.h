/* The commands of the program: one file each, named in main.c's table. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/config.h"

struct command {
    const char *name;
    /* argv[0] is the command's name. Returns the exit status. */
    int (*run)(const struct config *config, int argc, char **argv);
    const char *usage; /* "migrate up|down [N]|status|verify" */
    const char *help;  /* one line */
};

int dump_config_command(const struct config *config, int argc, char **argv);
int dump_schema_command(const struct config *config, int argc, char **argv);
int ready_command(const struct config *config, int argc, char **argv);
int config_command(const struct config *config, int argc, char **argv);
int demo_command(const struct config *config, int argc, char **argv);
int key_command(const struct config *config, int argc, char **argv);
int migrate_command(const struct config *config, int argc, char **argv);
int routes_command(const struct config *config, int argc, char **argv);
int token_command(const struct config *config, int argc, char **argv);
int types_command(const struct config *config, int argc, char **argv);

#define CONFIG_USAGE "config [--json]"
#define CONFIG_HELP "every setting with its value, unit and source; secrets masked"
#define DEMO_USAGE "demo [--port N] [--reset]"
#define DEMO_HELP "a private PostgreSQL with demo data and the server, until Ctrl-C"
#define KEY_USAGE "key [create publishable|secret | list | revoke KEY]"
#define KEY_HELP "API keys; alone: a new JWT secret and its anon and service keys"
#define MIGRATE_USAGE "migrate up [VERSION] | down [COUNT] | status | verify"
#define MIGRATE_HELP "applies the schema's migrations, or takes them back"
#define ROUTES_USAGE "routes [--check]"
#define ROUTES_HELP "the curated routes below /api; --check prepares them in the database"
#define TOKEN_USAGE "token --role ROLE [--sub UUID] [--expires 10y]"
#define TOKEN_HELP "mints a token with the secret of the settings"
#define TYPES_USAGE "types ts"
#define TYPES_HELP "the exposed schemas as the Database type of supabase-js"

#define DUMP_CONFIG_HELP "the settings as a configuration file, without secrets"
#define DUMP_SCHEMA_HELP "what is known of the database, as JSON"
#define READY_HELP "asks the admin listener whether the server is ready"
#define EXAMPLE_HELP "a configuration file with every setting's default"

#endif
