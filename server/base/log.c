/* The log: lines are made whole on the stack, gathered in one buffer, and written from a second
 * one, so that nobody who logs waits for the reader of the log; see log.h. */
#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/url.h"

enum {
    LINE_BYTES_MAX = 8192,         /* longer values are cut */
    PAIR_BYTES = 8,                /* a pair's marks */
    LINE_END_BYTES = 8,            /* always left for the end of the line */
    ESCAPE_BYTES_MAX = 6,          /* \\u001f */
    PENDING_BYTES_MAX = 256 << 10, /* gathered lines; more are dropped and counted */
    PIPE_WRITE_MAX = 4096          /* PIPE_BUF: after POLLOUT a pipe takes that much at once */
};

struct output {
    pthread_mutex_t gather; /* guards pending, its length, dropped and the time */
    pthread_mutex_t write;  /* guards leaving; taken before gather */
    _Atomic(enum log_level) level;
    enum log_format format;
    bool access_log;
    char pending[PENDING_BYTES_MAX], leaving[PENDING_BYTES_MAX];
    size_t pending_len, leaving_len, left; /* left: how much of leaving has been written */
    int64_t dropped;
    int64_t second; /* the one that time shows */
    char time[48];
    size_t time_len;
};

/* Standard error belongs to the process, and so does this: the one mutable static of base/. */
/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables) */
static struct output output = {
    .gather = PTHREAD_MUTEX_INITIALIZER,
    .write = PTHREAD_MUTEX_INITIALIZER,
    .level = LOG_INFO,
    .access_log = true,
};

static const char *const level_names[] = {"crit", "error", "warn", "info", "debug"};

void log_open(enum log_level level, enum log_format format, bool access_log)
{
    output.level = level;
    output.format = format;
    output.second = 0;
    output.access_log = access_log;
}

enum log_level log_level_named(str name)
{
    for (int i = LOG_CRIT; i <= LOG_DEBUG; i++)
        if (str_eq(name, str_from(level_names[i])))
            return (enum log_level)i;
    return LOG_INFO;
}

void log_set_level(enum log_level level)
{
    output.level = level;
}

bool log_on(enum log_level level)
{
    return level <= output.level;
}

struct line {
    size_t len;
    char at[LINE_BYTES_MAX];
};

static void put(struct line *line, str text)
{
    if (text.len > 0)
        memcpy(line->at + line->len, text.at, text.len);
    line->len += text.len;
}

static size_t plain_length(str text)
{
    size_t len = 0;

    while (len < text.len) {
        unsigned char byte = (unsigned char)text.at[len];
        size_t step = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
        if (byte >= 0x80)
            step = utf8_length(str_skip(text, len));
        if (step == 0)
            break;
        len += step;
    }
    return len;
}

static void put_escaped(struct line *line, str text)
{
    while (text.len > 0) {
        size_t plain = plain_length(text);
        put(line, (str){text.at, plain});
        text = str_skip(text, plain);
        if (text.len == 0)
            break;
        char escaped[ESCAPE_BYTES_MAX + 1], byte = text.at[0];
        bool printable = byte == '"' || byte == '\\';
        int len = printable ? snprintf(escaped, sizeof(escaped), "\\%c", byte)
                            : snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned char)byte);
        put(line, (str){escaped, (size_t)len});
        text = str_skip(text, 1);
    }
}

/* Plain words need no quotes in text; anything that could be taken for two pairs does. */
static bool needs_quotes(str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!isgraph((unsigned char)value.at[i]) || value.at[i] == '"' || value.at[i] == '\\')
            return true;
    return value.len == 0;
}

/* As much of the value as surely fits, whatever has to be escaped; the line stays well-formed. */
static bool cut_to_fit(const struct line *line, str key, str *value)
{
    size_t used = line->len + key.len + PAIR_BYTES + LINE_END_BYTES;
    if (used >= sizeof(line->at))
        return false;
    size_t room = (sizeof(line->at) - used) / ESCAPE_BYTES_MAX;
    if (value->len > room)
        value->len = room;
    return true;
}

static void put_pair(struct line *line, str key, str value)
{
    if (!cut_to_fit(line, key, &value))
        return;
    if (output.format == LOG_JSON) {
        put(line, STR(",\""));
        put_escaped(line, key);
        put(line, STR("\":\""));
        put_escaped(line, value);
        put(line, STR("\""));
        return;
    }
    put(line, STR(" "));
    put(line, key);
    put(line, STR("="));
    if (!needs_quotes(value)) {
        put(line, value);
        return;
    }
    put(line, STR("\""));
    put_escaped(line, value);
    put(line, STR("\""));
}

static void put_number(struct line *line, str key, int64_t value)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 : (uint64_t)value;
    str text = {digits, sizeof(digits)};

    if (!cut_to_fit(line, key, &text) || text.len < sizeof(digits))
        return;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    put(line, output.format == LOG_JSON ? STR(",\"") : STR(" "));
    put(line, key);
    put(line, output.format == LOG_JSON ? STR("\":") : STR("="));
    put(line, (str){at, (size_t)(digits + sizeof(digits) - at)});
}

/* A line's beginning, made under the lock: formatting a date costs more than the rest of an
 * access line, so it is done once a second. */
static str time_text(void)
{
    bool json = output.format == LOG_JSON;
    int64_t now = clock_wall_us();
    int ms = (int)(now / 1000 % 1000);

    if (now / 1000000 != output.second) {
        struct tm parts;
        output.second = now / 1000000;
        time_t second = (time_t)output.second;
        gmtime_r(&second, &parts);
        output.time_len = strftime(
            output.time, sizeof(output.time),
            json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.000Z\"" : "time=%Y-%m-%dT%H:%M:%S.000Z", &parts);
    }
    char *digits = output.time + output.time_len - (json ? 5 : 4); /* of "000Z" and its quote */
    digits[0] = (char)('0' + ms / 100);
    digits[1] = (char)('0' + ms / 10 % 10);
    digits[2] = (char)('0' + ms % 10);
    return (str){output.time, output.time_len};
}

/* Under the lock. False when there is no room. */
static bool gather(str rest)
{
    str time = time_text();
    size_t end = output.pending_len + time.len + rest.len;

    if (end > sizeof(output.pending))
        return false;
    memcpy(output.pending + output.pending_len, time.at, time.len);
    memcpy(output.pending + output.pending_len + time.len, rest.at, rest.len);
    output.pending_len = end;
    return true;
}

static void finish(struct line *line)
{
    const str end = output.format == LOG_JSON ? STR("}\n") : STR("\n");
    memcpy(line->at + line->len, end.at, end.len);
    line->len += end.len;
}

/* Under the lock: says how many lines were lost, before the next one that is not. */
static void gather_dropped(void)
{
    struct line line = {.len = 0};

    if (output.dropped == 0)
        return;
    put_pair(&line, STR("level"), STR("warn"));
    put_pair(&line, STR("event"), STR("log lines dropped"));
    put_number(&line, STR("lines"), output.dropped);
    finish(&line);
    if (gather((str){line.at, line.len}))
        output.dropped = 0;
}

static void end_line(struct line *line)
{
    finish(line);
    pthread_mutex_lock(&output.gather);
    gather_dropped();
    if (output.dropped > 0 || !gather((str){line->at, line->len}))
        output.dropped++;
    bool nearly_full = output.pending_len > sizeof(output.pending) / 4 * 3;
    pthread_mutex_unlock(&output.gather);
    if (nearly_full)
        log_flush();
}

/* The length of the key when text starts with "key=", else 0. */
static size_t key_length(str text)
{
    size_t len = 0;
    while (len < text.len && (isalnum((unsigned char)text.at[len]) || text.at[len] == '_'))
        len++;
    return len < text.len && text.at[len] == '=' ? len : 0;
}

/* True at the end of the pairs and before the next one. */
static bool at_pair(str text)
{
    return text.len == 0 || (text.at[0] == ' ' && key_length(str_skip(text, 1)) > 0);
}

/* Cuts a value off. It goes on to the next " key=", so that neither blanks nor quotes in
 * a message tear it apart. */
static str cut_value(str *rest)
{
    bool quoted = rest->len > 0 && rest->at[0] == '"';
    str value = quoted ? str_skip(*rest, 1) : *rest;
    size_t len = 0;

    for (; len < value.len; len++) {
        if (quoted && value.at[len] == '"' && at_pair(str_skip(value, len + 1)))
            break;
        if (!quoted && at_pair(str_skip(value, len)))
            break;
    }
    *rest = str_skip(value, len + 1);
    return (str){value.at, len};
}

static void put_pairs(struct line *line, str pairs)
{
    while ((pairs = str_trim(pairs)).len > 0) {
        size_t key = key_length(pairs);
        str name = key > 0 ? (str){pairs.at, key} : STR("message");
        if (key > 0)
            pairs = str_skip(pairs, key + 1);
        put_pair(line, name, cut_value(&pairs));
    }
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    char pairs[LINE_BYTES_MAX];
    struct line line = {.len = 0};
    va_list args;

    if (!log_on(level))
        return;
    va_start(args, format);
    int len = vsnprintf(pairs, sizeof(pairs), format, args);
    va_end(args);
    if (len >= (int)sizeof(pairs))
        len = sizeof(pairs) - 1;
    put_pair(&line, STR("level"), str_from(level_names[level]));
    put_pair(&line, STR("event"), str_from(event));
    put_pairs(&line, (str){pairs, len < 0 ? 0 : (size_t)len});
    end_line(&line);
    log_flush();
}

/* PostgREST "log-level". */
static enum log_level level_of(int status)
{
    if (status >= 500)
        return LOG_ERROR;
    return status >= 400 ? LOG_WARN : LOG_INFO;
}

void log_access(const struct log_access *access)
{
    enum log_level level = level_of(access->status);
    struct line line;

    if (!output.access_log || !log_on(level))
        return;
    line.len = 0;
    put_pair(&line, STR("level"), str_from(level_names[level]));
    put_pair(&line, STR("event"), STR("access"));
    put_pair(&line, STR("id"), access->id);
    put_pair(&line, STR("method"), access->method);
    put_pair(&line, STR("path"), access->path);
    put_number(&line, STR("status"), access->status);
    put_number(&line, STR("bytes"), (int64_t)access->bytes);
    put_number(&line, STR("us"), access->us);
    if (access->role.len > 0)
        put_pair(&line, STR("role"), access->role);
    if (access->tenant.len > 0)
        put_pair(&line, STR("tenant"), access->tenant);
    put_pair(&line, STR("peer"), access->peer);
    if (access->code.len > 0)
        put_pair(&line, STR("code"), access->code);
    if (access->app.len > 0)
        put_pair(&line, STR("app"), access->app);
    end_line(&line);
}

static void count_lost_lines(void)
{
    int64_t lines = 0;

    for (size_t i = output.left; i < output.leaving_len; i++)
        lines += output.leaving[i] == '\n';
    pthread_mutex_lock(&output.gather);
    output.dropped += lines;
    pthread_mutex_unlock(&output.gather);
    output.left = output.leaving_len;
}

/* A file takes all at once. Asked each time: standard error may become another one. */
static bool is_regular_file(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

/* Writes what standard error takes now, without waiting. Its file status flags are left alone:
 * the terminal and the parent share them. */
static void write_leaving(void)
{
    bool file = output.left < output.leaving_len && is_regular_file(STDERR_FILENO);

    while (output.left < output.leaving_len) {
        struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
        size_t len = output.leaving_len - output.left;
        if (!file && poll(&ready, 1, 0) <= 0)
            return;
        if (!file && len > PIPE_WRITE_MAX)
            len = PIPE_WRITE_MAX;
        ssize_t wrote = write(STDERR_FILENO, output.leaving + output.left, len);
        if (wrote < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (wrote < 0)
            count_lost_lines(); /* a closed pipe, a full disk: nothing that waiting would mend */
        else
            output.left += (size_t)wrote;
    }
}

void log_flush(void)
{
    if (pthread_mutex_trylock(&output.write) != 0)
        return; /* somebody is at it; what stays is taken the next time */
    write_leaving();
    if (output.left == output.leaving_len) {
        pthread_mutex_lock(&output.gather);
        memcpy(output.leaving, output.pending, output.pending_len);
        output.leaving_len = output.pending_len;
        output.left = 0;
        output.pending_len = 0;
        pthread_mutex_unlock(&output.gather);
        write_leaving();
    }
    pthread_mutex_unlock(&output.write);
}

void die(int exit_status, const char *format, ...)
{
    va_list args;

    log_flush();
    fputs("postern: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(exit_status);
}
