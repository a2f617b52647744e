/* --dump-config and --dump-schema: what the server would go by, and end. */
#include <stdio.h>

#include "auth/keys.h"
#include "cli/cli.h"
#include "reload.h"

enum { CONFIG_BYTES_MAX = 256 << 10, SCHEMA_BYTES_MAX = 256 << 20 };

static int print(const struct buf *text)
{
    bool all = fwrite(text->at, 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    return all && !text->full ? 0 : 1;
}

int dump_config_command(const struct config *config, int argc, char **argv)
{
    struct buf text;
    str why = {NULL, 0};
    const struct keys *keys = keys_new(config->mem, config, &why);

    (void)argc;
    (void)argv;
    if (keys == NULL) { /* the server would not start */
        fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
        return 2;
    }
    keys_unref(&keys);
    buf_init(&text, config->mem, CONFIG_BYTES_MAX);
    config_dump(&text, config);
    return print(&text);
}

int dump_schema_command(const struct config *config, int argc, char **argv)
{
    struct buf text;
    str why = {NULL, 0};
    const struct schema *schema = reload_first(config->mem, config, &why);

    (void)argc;
    (void)argv;
    if (schema == NULL) {
        fprintf(stderr, "postern: Cannot read the schema: %.*s\n", STR_ARG(why));
        return 1;
    }
    buf_init(&text, config->mem, SCHEMA_BYTES_MAX);
    schema_put(&text, schema);
    buf_putc(&text, '\n');
    schema_unref(&schema);
    return print(&text);
}
