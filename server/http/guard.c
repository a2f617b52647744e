/* See guard.h. */
#include "http/guard.h"

struct seen {
    int lengths, encodings, hosts;
};

size_t guard_head_len(str bytes)
{
    const char *at = bytes.at, *end = bytes.at + bytes.len;

    /* From line to line: some times quicker than a search for the four bytes. */
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if (at - bytes.at >= 4 && memcmp(at - 4, "\r\n\r\n", 4) == 0)
            return (size_t)(at - bytes.at);
    }
    return 0;
}

static void look(struct seen *seen, str line)
{
    /* The first letter spares most lines the comparisons. */
    switch (line.at[0]) {
    case 'c':
        seen->lengths += str_starts(line, STR("content-length:"));
        break;
    case 't':
        seen->encodings += str_starts(line, STR("transfer-encoding:"));
        break;
    case 'h':
        seen->hosts += str_starts(line, STR("host:"));
        break;
    default:
        break;
    }
}

static const char *verdict(const struct seen *seen, bool http_1_0)
{
    if (seen->lengths > 1)
        return "Content-Length is given more than once";
    if (seen->encodings > 1)
        return "Transfer-Encoding is given more than once";
    if (seen->lengths + seen->encodings > 1)
        return "Content-Length and Transfer-Encoding are both given";
    if (seen->encodings > 0 && http_1_0)
        return "Transfer-Encoding is given in HTTP/1.0";
    if (seen->hosts > 1)
        return "Host is given more than once";
    if (seen->hosts == 0 && !http_1_0)
        return "Host is missing";
    return NULL;
}

const char *guard_check(str head, bool http_1_0)
{
    struct seen seen = {0, 0, 0};
    bool request_line = true;
    str line;

    while (str_cut(&head, '\n', &line)) {
        if (line.len == 0 && head.at == NULL)
            break; /* behind the last line */
        if (line.len == 0 || line.at[line.len - 1] != '\r')
            return "A line ends without a carriage return";
        if (line.len == 1)
            break; /* the empty line */
        if (line.at[0] == ' ' || line.at[0] == '\t')
            return "A header is folded over two lines";
        if (!request_line)
            look(&seen, line);
        request_line = false;
    }
    return verdict(&seen, http_1_0);
}
