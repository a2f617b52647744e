/* postern config: every setting with its value, unit, source and help. What to read first when
 * a server does not do what its environment seems to say. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

enum { OUTPUT_BYTES_MAX = 256 << 10, EXIT_USAGE = 2 };

int config_command(const struct config *config, int argc, char **argv)
{
    enum config_format format = CONFIG_TABLE;
    struct buf text;

    if (argc == 2 && strcmp(argv[1], "--json") == 0) {
        format = CONFIG_JSON;
    } else if (argc > 1) {
        fprintf(stderr, "postern: usage: postern %s\n", CONFIG_USAGE);
        return EXIT_USAGE;
    }
    buf_init(&text, config->mem, OUTPUT_BYTES_MAX);
    config_put(&text, config, format);
    if (format == CONFIG_TABLE && config->warnings.len > 0)
        buf_printf(&text, "\n%.*s", STR_ARG(config->warnings));
    return fwrite(text.at, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? 0 : 1;
}
