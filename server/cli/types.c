/* postern types ts: the Database type of the exposed schemas, for createClient<Database>(). */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "openapi/typescript.h"
#include "reload.h"

enum { OUTPUT_BYTES_MAX = 64 << 20, EXIT_USAGE = 2 };

int types_command(const struct config *config, int argc, char **argv)
{
    struct buf text;
    str why;

    if (argc != 2 || strcmp(argv[1], "ts") != 0) {
        fprintf(stderr, "postern: usage: postern %s\n", TYPES_USAGE);
        return EXIT_USAGE;
    }
    const struct schema *schema = reload_first(config->mem, config, &why);
    if (schema == NULL) {
        fprintf(stderr, "postern: the schema cannot be read: %.*s\n", STR_ARG(why));
        return 1;
    }
    buf_init(&text, config->mem, OUTPUT_BYTES_MAX);
    typescript_put(&text, schema, config->db_schemas);
    schema_unref(&schema);
    if (text.full) {
        fprintf(stderr, "postern: the types would be larger than %d MiB\n", OUTPUT_BYTES_MAX >> 20);
        return 1;
    }
    return fwrite(text.at, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? 0 : 1;
}
