/* Names of downloads and lines of CSV. */
#include "route/download.h"

#include <time.h>

enum { NAME_MAX_LEN = 200 };

/* A step through a pattern: literal text, a bracket, or a name behind ':'. */
enum step { STEP_TEXT, STEP_OPEN, STEP_CLOSE, STEP_TODAY, STEP_PARAM, STEP_WRONG };

static bool plain(char byte)
{
    char low = (char)(byte | ' ');
    return (low >= 'a' && low <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' ||
           byte == '_' || byte == '-';
}

static enum step next_step(const struct route_file *file, str *rest, str *text, int *param)
{
    char first = rest->at[0];
    size_t len = 1;

    if (first == '[' || first == ']') {
        *rest = str_skip(*rest, 1);
        return first == '[' ? STEP_OPEN : STEP_CLOSE;
    }
    if (first == ':') {
        while (len < rest->len && param_name_valid((str){rest->at + 1, len}))
            len++;
        *text = (str){rest->at + 1, len - 1};
        *rest = str_skip(*rest, len);
        *param = route_file_param(file, *text);
        if (str_eq(*text, STR("today")))
            return STEP_TODAY;
        return *param < 0 ? STEP_WRONG : STEP_PARAM;
    }
    while (len < rest->len && plain(rest->at[len]))
        len++;
    *text = (str){rest->at, len};
    *rest = str_skip(*rest, len);
    return plain(first) ? STEP_TEXT : STEP_WRONG;
}

bool download_valid(const struct route_file *file, str pattern)
{
    bool open = false;
    str text;
    int param;

    while (pattern.len > 0) {
        enum step step = next_step(file, &pattern, &text, &param);
        if (step == STEP_WRONG || (step == STEP_OPEN && open) || (step == STEP_CLOSE && !open))
            return false;
        open = step == STEP_OPEN || (open && step != STEP_CLOSE);
    }
    return !open;
}

static void put_today(struct buf *buf, int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm day;

    gmtime_r(&seconds, &day);
    buf_printf(buf, "%04d%02d%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

static void put_safe(struct buf *buf, str text)
{
    for (size_t i = 0; text.at != NULL && i < text.len; i++)
        buf_putc(buf, (char)(plain(text.at[i]) ? text.at[i] : '_'));
}

str download_name(arena *mem, const struct route_file *file, str pattern,
                  const struct param_value *values, int64_t now)
{
    struct buf name;
    size_t start = 0;
    bool whole = true;
    str text;
    int param = -1;

    buf_init(&name, mem, NAME_MAX_LEN);
    while (pattern.len > 0) {
        switch (next_step(file, &pattern, &text, &param)) {
        case STEP_OPEN:
            start = name.len;
            whole = true;
            break;
        case STEP_CLOSE:
            if (!whole)
                name.len = start;
            break;
        case STEP_TODAY:
            put_today(&name, now);
            break;
        case STEP_PARAM:
            whole = whole && values[param].text.at != NULL;
            put_safe(&name, values[param].text);
            break;
        default:
            buf_put(&name, text);
        }
    }
    return buf_str(&name);
}

/* A number may begin with a sign; a formula must not. */
static bool looks_like_formula(str text)
{
    if (text.len == 0 || strchr("=+-@\t\r", text.at[0]) == NULL)
        return false;
    return !type_find(STR("number"))->check(text);
}

void csv_put(struct buf *buf, str text)
{
    bool formula = looks_like_formula(text);
    bool quote = formula;

    for (size_t i = 0; i < text.len && !quote; i++)
        quote = text.at[i] == ',' || text.at[i] == '"' || text.at[i] == '\n' || text.at[i] == '\r';
    if (!quote) {
        buf_put(buf, text);
        return;
    }
    buf_put(buf, formula ? STR("\"'") : STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buf_putc(buf, '"');
        buf_putc(buf, text.at[i]);
    }
    buf_putc(buf, '"');
}
