/* See cluster.h. */
#include "cli/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/spawn.h"
#include "pg/sync.h"

#define PROGRAMS "/usr/lib/postgresql/"

enum {
    START_WITHIN_US = 20000000,
    STOP_WITHIN_US = 15000000,
    LOOK_EVERY_US = 10000,
    SMALL_FILE_MAX = 4096,
    SOCKET_DIR_MAX = 90, /* sun_path holds 107 bytes, of which .s.PGSQL.5432 takes 14 */
};

static bool refuse(const struct cluster *cluster, str *why, const char *what, str path)
{
    *why = arena_printf(cluster->mem, "%s %.*s: %s", what, STR_ARG(path), strerror(errno));
    return false;
}

str cluster_file(const struct cluster *cluster, const char *name)
{
    return arena_printf(cluster->mem, "%.*s/%s", STR_ARG(cluster->dir), name);
}

/* The first bytes of a small file; empty when it is not there. */
static str read_small(arena *mem, str path)
{
    char bytes[SMALL_FILE_MAX];
    int fd = open(arena_cstr(mem, path), O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));
    if (fd >= 0)
        close(fd);
    return arena_copy(mem, (str){bytes, len > 0 ? (size_t)len : 0});
}

/* PostgreSQL refuses to run as root. */
static bool find_user(struct cluster *cluster, str *why)
{
    cluster->uid = geteuid();
    cluster->gid = getegid();
    if (cluster->uid != 0)
        return true;
    const struct passwd *postgres = getpwnam("postgres");
    if (postgres == NULL) {
        *why = STR("PostgreSQL must not run as root, and there is no user postgres: "
                   "apt-get install postgresql");
        return false;
    }
    cluster->uid = postgres->pw_uid;
    cluster->gid = postgres->pw_gid;
    return true;
}

/* root's home is closed to the user postgres, hence another place for it. */
static str usual_dir(arena *mem)
{
    const char *home = getenv("HOME");
    if (geteuid() == 0 || home == NULL)
        return STR("/var/lib/postern/demo");
    return arena_printf(mem, "%s/.local/share/postern/demo", home);
}

static bool make_dir(const struct cluster *cluster, str dir, str *why)
{
    const char *path = arena_cstr(cluster->mem, dir);
    struct stat is;
    rmdir(path); /* an empty one is made anew, as ours; another one stays */
    bool fine =
        mkdir(path, 0700) == 0 ? chown(path, cluster->uid, cluster->gid) == 0 : errno == EEXIST;
    if (!fine || lstat(path, &is) != 0)
        return refuse(cluster, why, "cannot make", dir);
    if (S_ISDIR(is.st_mode) && is.st_uid == cluster->uid && (is.st_mode & 077) == 0)
        return true;
    *why = arena_printf(cluster->mem,
                        "%.*s is there, but is not a directory that only user %u can open",
                        STR_ARG(dir), (unsigned)cluster->uid);
    return false;
}

static void make_parents(const struct cluster *cluster)
{
    for (size_t i = 1; i < cluster->dir.len; i++)
        if (cluster->dir.at[i] == '/')
            mkdir(arena_cstr(cluster->mem, (str){cluster->dir.at, i}), 0755);
}

static bool make_dirs(struct cluster *cluster, str *why)
{
    make_parents(cluster);
    cluster->data = cluster_file(cluster, "data");
    cluster->conf = cluster_file(cluster, "data/postgresql.conf");
    cluster->log = cluster_file(cluster, "postgresql.log");
    cluster->socket = cluster_file(cluster, "socket");
    if (cluster->socket.len > SOCKET_DIR_MAX)
        cluster->socket = arena_printf(cluster->mem, "/tmp/postern-%016llx",
                                       (unsigned long long)str_hash(cluster->dir, STR_HASH_SEED));
    return make_dir(cluster, cluster->dir, why) && make_dir(cluster, cluster->socket, why);
}

static bool take_lock(struct cluster *cluster, str *why)
{
    str path = cluster_file(cluster, "lock");
    cluster->lock = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (cluster->lock < 0)
        return refuse(cluster, why, "cannot open", path);
    if (flock(cluster->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    str note = read_small(cluster->mem, path);
    *why = arena_printf(cluster->mem, "a demo is already running: %.*s", STR_ARG(note));
    return false;
}

void cluster_note(const struct cluster *cluster, str note)
{
    if (ftruncate(cluster->lock, 0) == 0)
        (void)!pwrite(cluster->lock, note.at, note.len, 0);
}

static int newest_version(void)
{
    glob_t found;
    int newest = 0;
    if (glob(PROGRAMS "*/bin/initdb", 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int version = (int)strtol(found.gl_pathv[i] + sizeof(PROGRAMS) - 1, NULL, 10);
        newest = version > newest ? version : newest;
    }
    globfree(&found);
    return newest;
}

/* The version that made the data, else the newest that is installed. */
static bool find_programs(struct cluster *cluster, str *why)
{
    str made_by = read_small(cluster->mem,
                             arena_printf(cluster->mem, "%.*s/PG_VERSION", STR_ARG(cluster->data)));
    cluster->version = made_by.len > 0 ? (int)strtol(made_by.at, NULL, 10) : newest_version();
    cluster->programs = arena_printf(cluster->mem, PROGRAMS "%d/bin", cluster->version);
    if (access(arena_printf(cluster->mem, "%.*s/postgres", STR_ARG(cluster->programs)).at, X_OK) ==
        0)
        return true;
    *why = made_by.len == 0
               ? STR("PostgreSQL is not installed: apt-get install postgresql")
               : arena_printf(cluster->mem,
                              "the demo's data was made by PostgreSQL %d, which is no longer "
                              "installed: postern demo --reset starts over",
                              cluster->version);
    return false;
}

bool cluster_open(struct cluster *cluster, arena *mem, str dir, str *why)
{
    *cluster = (struct cluster){.mem = mem, .lock = -1};
    cluster->dir = arena_copy(mem, dir.len > 0 ? dir : usual_dir(mem));
    return find_user(cluster, why) && make_dirs(cluster, why) && take_lock(cluster, why) &&
           find_programs(cluster, why);
}

void cluster_close(struct cluster *cluster)
{
    cluster_stop(cluster);
    if (cluster->lock >= 0)
        close(cluster->lock);
    cluster->lock = -1;
}

bool cluster_erase(struct cluster *cluster, str *why)
{
    const char *argv[] = {"/bin/rm",
                          "-rf",
                          "--",
                          cluster->data.at,
                          cluster->log.at,
                          cluster_file(cluster, "loaded").at,
                          cluster_file(cluster, "secret").at,
                          NULL};
    struct spawn rm = {.argv = argv,
                       .uid = geteuid(),
                       .gid = getegid(),
                       .on_orphan = SIGTERM,
                       .output = "/dev/null"};
    if (spawn_wait(spawn_start(&rm)) == 0)
        return true;
    *why = arena_printf(cluster->mem, "cannot empty %.*s", STR_ARG(cluster->dir));
    return false;
}

static pid_t start_program(struct cluster *cluster, const char **argv, int on_orphan)
{
    argv[0] = arena_printf(cluster->mem, "%.*s/%s", STR_ARG(cluster->programs), argv[0]).at;
    struct spawn program = {.argv = argv,
                            .uid = cluster->uid,
                            .gid = cluster->gid,
                            .on_orphan = on_orphan,
                            .dir = cluster->dir.at,
                            .output = cluster->log.at};
    return spawn_start(&program);
}

static bool did_not_start(struct cluster *cluster, const char *program, str *why)
{
    str log = read_small(cluster->mem, cluster->log);
    if (log.len > 0)
        *why = arena_printf(cluster->mem, "%s did not work:\n%.*s(%.*s)", program, STR_ARG(log),
                            STR_ARG(cluster->log));
    else
        *why = arena_printf(cluster->mem,
                            "%s did not start: can user %u enter %.*s and the directories above?",
                            program, (unsigned)cluster->uid, STR_ARG(cluster->dir));
    return false;
}

/* Nothing is flushed to disk here: a demo that loses power on its first start starts over.
 * Collation C compares bytes, which sorts text several times faster. */
bool cluster_init_start(struct cluster *cluster, str *why)
{
    const char *argv[] = {"initdb",
                          "--pgdata",
                          cluster->data.at,
                          "--username=postgres",
                          "--auth=trust",
                          "--no-sync",
                          "--encoding=UTF8",
                          "--lc-collate=C",
                          "--lc-ctype=C.UTF-8",
                          "--lc-messages=C",
                          "--no-instructions",
                          NULL};
    unlink(cluster->log.at);
    cluster->child = start_program(cluster, argv, SIGKILL); /* it would tidy up for long */
    return cluster->child > 0 || refuse(cluster, why, "cannot start", cluster->programs);
}

bool cluster_init_end(struct cluster *cluster, str *why)
{
    int status = spawn_wait(cluster->child);
    cluster->child = 0;
    return status == 0 || did_not_start(cluster, "initdb", why);
}

#define NO_FSYNC "fsync = off\n"

bool cluster_hurry(struct cluster *cluster, str *why)
{
    int fd = open(cluster->conf.at, O_WRONLY | O_APPEND | O_CLOEXEC);
    bool fine = fd >= 0 && write(fd, NO_FSYNC, sizeof(NO_FSYNC) - 1) == sizeof(NO_FSYNC) - 1;
    if (fd >= 0)
        close(fd);
    return fine || refuse(cluster, why, "cannot write", cluster->conf);
}

/* The line goes away and PostgreSQL reads its settings again; what it wrote before that is still
 * to be brought to the disk. */
bool cluster_settle(const struct cluster *cluster)
{
    struct stat is;
    int fd = open(cluster->conf.at, O_RDWR | O_CLOEXEC);
    bool fine = fd >= 0 && fstat(fd, &is) == 0 &&
                ftruncate(fd, is.st_size - (off_t)(sizeof(NO_FSYNC) - 1)) == 0 &&
                kill(cluster->child, SIGHUP) == 0 && syncfs(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

/* A demo that was killed told its PostgreSQL to stop, which may still be at it. Whose process
 * a number is, is told by its working directory. */
static void await_leftover(struct cluster *cluster)
{
    char cwd[SMALL_FILE_MAX];
    str text = read_small(
        cluster->mem, arena_printf(cluster->mem, "%.*s/postmaster.pid", STR_ARG(cluster->data)));
    pid_t pid = (pid_t)strtol(text.at, NULL, 10);
    const char *link = arena_printf(cluster->mem, "/proc/%d/cwd", (int)pid).at;
    for (int64_t until = clock_us() + STOP_WITHIN_US; clock_us() < until;) {
        ssize_t len = pid > 1 ? readlink(link, cwd, sizeof(cwd)) : -1;
        if (len < 0 || !str_eq((str){cwd, (size_t)len}, cluster->data))
            return;
        kill(pid, SIGINT);
        usleep(LOOK_EVERY_US);
    }
}

static bool answers(const struct cluster *cluster)
{
    arena *mem = arena_open();
    str why;
    struct sync *sync = sync_open(mem, cluster_url(cluster, "postgres", "postgres"), "demo", &why);
    bool fine = sync != NULL;
    sync_close(&sync);
    arena_close(&mem);
    return fine;
}

bool cluster_start(struct cluster *cluster, str *why)
{
    str socket =
        arena_printf(cluster->mem, "--unix_socket_directories=\"%.*s\"", STR_ARG(cluster->socket));
    const char *argv[] = {"postgres",
                          "-D",
                          cluster->data.at,
                          socket.at,
                          "--listen_addresses=",
                          "--wal_level=logical",
                          "--max_connections=60",
                          "--shared_buffers=128MB",
                          "--shared_preload_libraries=pg_stat_statements",
                          "--max_wal_size=2GB",
                          "--wal_init_zero=off",
                          "--jit=off",
                          "--log_min_messages=warning",
                          NULL};
    await_leftover(cluster);
    unlink(cluster->log.at);
    cluster->child = start_program(cluster, argv, SIGINT); /* a fast stop */
    for (int64_t until = clock_us() + START_WITHIN_US;
         cluster->child > 0 && clock_us() < until && spawn_runs(&cluster->child);) {
        if (answers(cluster))
            return true;
        usleep(LOOK_EVERY_US);
    }
    return did_not_start(cluster, "PostgreSQL", why);
}

void cluster_stop(struct cluster *cluster)
{
    if (cluster->child <= 0)
        return;
    kill(cluster->child, SIGINT); /* "fast": without waiting for connections */
    for (int64_t until = clock_us() + STOP_WITHIN_US; clock_us() < until;) {
        if (!spawn_runs(&cluster->child))
            return;
        usleep(LOOK_EVERY_US);
    }
    kill(cluster->child, SIGQUIT);
    spawn_wait(cluster->child);
    cluster->child = 0;
}

str cluster_url(const struct cluster *cluster, const char *user, const char *database)
{
    struct buf url;
    buf_init(&url, cluster->mem, SMALL_FILE_MAX);
    buf_put(&url, STR("host='"));
    for (size_t i = 0; i < cluster->socket.len; i++) {
        if (cluster->socket.at[i] == '\'' || cluster->socket.at[i] == '\\')
            buf_putc(&url, '\\');
        buf_putc(&url, cluster->socket.at[i]);
    }
    buf_printf(&url, "' port=5432 user=%s dbname=%s sslmode=disable", user, database);
    return buf_str(&url);
}
