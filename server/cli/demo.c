/* `postern demo`: everything on one machine, with nothing to set up. A private PostgreSQL, more
 * than a hundred thousand primes, the server in this process, and the lines to try it with. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "auth/token.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/cluster.h"
#include "cli/demo_beats.h"
#include "cli/demo_keys.h"
#include "cli/demo_load.h"
#include "serve.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, SECRET_BYTES = 32, PORTS_TRIED = 100, WORKERS = 2 };

struct options {
    int64_t port;
    bool reset;
};

/* A first start serves while it still loads. */
struct loading {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    bool serves, loaded, failed, stopping;
};

struct demo {
    arena *mem;
    struct cluster cluster;
    struct config config; /* of the server */
    struct demo_keys keys;
    struct options options;
    int64_t started_us;
    str superuser_url;
    str mark;                   /* the file that says that all is loaded and on the disk */
    struct demo_primes *primes; /* NULL: they were there already */
    struct loading loading;
    struct demo_beats *beats; /* NULL: not yet */
};

static bool parse_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        str option = str_from(argv[i]);
        if (str_eq(option, STR("--reset"))) {
            options->reset = true;
        } else if (str_eq(option, STR("--port")) && i + 1 < argc &&
                   str_int(str_from(argv[i + 1]), &options->port) && options->port > 0 &&
                   options->port <= UINT16_MAX) {
            i++;
        } else {
            return false;
        }
    }
    return true;
}

/* The secret is made once, so that keys in somebody's frontend keep working. */
static bool make_secret(struct demo *demo, str *why)
{
    unsigned char bytes[SECRET_BYTES];
    char text[2 * SECRET_BYTES + 1];
    const char *path = cluster_file(&demo->cluster, "secret").at;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool fine = fd >= 0;
    if (fine && read(fd, text, sizeof(text)) != sizeof(text) - 1) {
        fine = getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes);
        for (size_t i = 0; i < sizeof(bytes); i++)
            snprintf(text + 2 * i, 3, "%02x", bytes[i]);
        fine = fine && pwrite(fd, text, sizeof(text) - 1, 0) == (ssize_t)sizeof(text) - 1;
    }
    if (fd >= 0)
        close(fd);
    if (!fine)
        *why = arena_printf(demo->mem, "cannot keep a secret in %s", path);
    demo->config.jwt_secret = arena_copy(demo->mem, (str){text, sizeof(text) - 1});
    return fine;
}

static bool make_keys(struct demo *demo, str *why)
{
    return demo_keys_make(&demo->cluster, demo->superuser_url, &demo->keys, why);
}

/* Up to the tables; load() fills them. */
static bool first_start(struct demo *demo, str *why)
{
    struct cluster *cluster = &demo->cluster;
    if (!cluster_erase(cluster, why) || !cluster_init_start(cluster, why))
        return false;
    demo->primes = demo_primes_start();
    return cluster_init_end(cluster, why) && cluster_hurry(cluster, why) &&
           cluster_start(cluster, why) && demo_migrate(demo->mem, demo->superuser_url, why);
}

static bool start_database(struct demo *demo, str *why)
{
    if (!cluster_open(&demo->cluster, demo->mem, str_from(getenv("POSTERN_DEMO_DIR")), why))
        return false;
    cluster_note(&demo->cluster, arena_printf(demo->mem, "it starts (process %d)", (int)getpid()));
    demo->superuser_url = cluster_url(&demo->cluster, "postgres", DEMO_DATABASE);
    demo->mark = cluster_file(&demo->cluster, "loaded");
    bool there = access(demo->mark.at, F_OK) == 0;
    if (there && !demo->options.reset)
        return cluster_start(&demo->cluster, why) &&
               demo_update(demo->mem, demo->superuser_url, why);
    fprintf(stderr, "postern: making a database and searching primes, once ...\n");
    return first_start(demo, why);
}

static bool port_is_free(int64_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true; /* the server will say what is wrong */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    bool fine = bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    close(fd);
    return fine;
}

static bool choose_port(struct demo *demo, str *why)
{
    int64_t wanted = demo->options.port, port = wanted;
    while (port < wanted + PORTS_TRIED && port <= UINT16_MAX && !port_is_free(port))
        port++;
    demo->config.port = port;
    if (port > wanted)
        fprintf(stderr, "postern: port %lld is taken, using %lld\n", (long long)wanted,
                (long long)port);
    if (port < wanted + PORTS_TRIED && port <= UINT16_MAX)
        return true;
    *why = arena_printf(demo->mem, "no free port from %lld on", (long long)wanted);
    return false;
}

static void make_config(struct demo *demo)
{
    struct config *config = &demo->config;
    config->database_url = cluster_url(&demo->cluster, "authenticator", DEMO_DATABASE);
    config->environment = NULL; /* its settings are not those of the environment alone */
    config->migration_database_url = cluster_url(&demo->cluster, "postgres", DEMO_DATABASE);
    config->replica_database_url = (str){NULL, 0};
    config->jwt_secret_is_base64 = false;
    config->jwt_aud = (str){NULL, 0};
    config->auth = STR("builtin");
    config->audit = STR("on");
    config->host = STR("127.0.0.1");
    config->workers = WORKERS;
    if (config->rate_limits.len == 0)
        config->rate_limits = STR("auth=60/min,rest-write=200/s,api-write=200/s");
}

/* The same claims make the same key at every start. They are valid until 2035. */
#define KEY_CLAIMS(role, more)                                                                     \
    STR("{\"iss\":\"postern\",\"role\":\"" role "\"," more "\"exp\":2051222400}")

static void put_lines(const struct demo *demo, arena *mem, const struct keys *keys)
{
    str anon = token_mint(mem, keys, KEY_CLAIMS("anon", ""));
    str service = token_mint(mem, keys, KEY_CLAIMS("service_role", ""));
    str ada = token_mint(mem, keys,
                         KEY_CLAIMS("authenticated",
                                    "\"aud\":\"authenticated\",\"email\":\"ada@example.org\","
                                    "\"sub\":\"00000000-0000-4000-8000-000000000002\","));
    int port = (int)demo->config.port;

    printf("\n  Postern %s is ready.        http://127.0.0.1:%d/\n\n", POSTERN_VERSION, port);
    printf("  anon key      %.*s\n\n  service key   %.*s\n\n  Ada's token   %.*s\n\n",
           STR_ARG(anon), STR_ARG(service), STR_ARG(ada));
    printf("  In the newer form: for pages    %.*s\n"
           "                     for servers  %.*s\n\n",
           STR_ARG(demo->keys.publishable), STR_ARG(demo->keys.secret));
    printf("  Sign in as    ada@example.org, an operator, with \"ada-demo\"\n"
           "                grace@example.org, an administrator, with \"grace-demo\"\n\n");
    printf("  Try it:\n\n"
           "    curl 'http://127.0.0.1:%d/rest/v1/primes?select=expression,digits"
           "&order=digits.desc&limit=3' \\\n      -H 'Authorization: Bearer %.*s'\n\n",
           port, STR_ARG(ada));
    printf("  From a frontend:\n\n"
           "    import { createClient } from '@supabase/supabase-js'\n"
           "    const supabase = createClient('http://127.0.0.1:%d', '<anon key>')\n"
           "    const { data } = await supabase.from('records').select('form, expression, "
           "digits')\n\n",
           port);
    if (demo->primes != NULL)
        printf("  %d primes were found and loaded.", demo_primes_count(demo->primes));
    printf("  PostgreSQL %d and its data are in %.*s.\n"
           "  Ready after %.1f s. Ctrl-C stops everything; the data stays.\n\n",
           demo->cluster.version, STR_ARG(demo->cluster.dir),
           (double)(clock_us() - demo->started_us) / 1e6);
    fflush(stdout);
}

static void say_ready(const struct demo *demo)
{
    arena *mem = arena_open();
    str why = {NULL, 0};
    const struct keys *keys = keys_new(mem, &demo->config, &why);
    if (keys == NULL)
        die(EXIT_FAILED, "%.*s", STR_ARG(why));
    put_lines(demo, mem, keys);
    keys_unref(&keys);
    arena_close(&mem);
}

static void on_ready(void *arg)
{
    struct demo *demo = arg;
    /* The lines to copy shall stay in sight; POSTERN_LOG_LEVEL=debug shows every request. */
    if (!log_on(LOG_DEBUG))
        log_open(LOG_WARN, LOG_TEXT, false);
    str url = arena_printf(demo->mem, "http://127.0.0.1:%d/", (int)demo->config.port);
    cluster_note(&demo->cluster,
                 arena_printf(demo->mem, "%.*s (process %d)", STR_ARG(url), (int)getpid()));
    pthread_mutex_lock(&demo->loading.lock);
    demo->loading.serves = true;
    if (demo->loading.loaded)
        say_ready(demo);
    else
        fprintf(stderr, "postern: %.*s answers after %.1f s; the primes are coming in ...\n",
                STR_ARG(url), (double)(clock_us() - demo->started_us) / 1e6);
    pthread_mutex_unlock(&demo->loading.lock);
}

static void note_loaded(struct demo *demo, bool fine, str why)
{
    struct loading *loading = &demo->loading;
    pthread_mutex_lock(&loading->lock);
    loading->loaded = fine;
    loading->failed = !fine && !loading->stopping;
    if (loading->failed) {
        fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
        kill(getpid(), SIGTERM);
    } else if (fine && loading->serves) {
        say_ready(demo);
    }
    pthread_mutex_unlock(&loading->lock);
}

/* The disk may take its time while requests are answered. Without the mark, which is written
 * last, the next start is a first start again. */
static void *load(void *arg)
{
    struct demo *demo = arg;
    arena *mem = arena_open();
    str why = {NULL, 0};
    bool fine = demo_load(mem, demo->superuser_url, demo->primes, &why);
    note_loaded(demo, fine, why);
    arena_close(&mem);
    if (fine)
        demo->beats = demo_beats_start(demo->superuser_url);
    if (!fine || !cluster_settle(&demo->cluster))
        return NULL;
    int fd = open(demo->mark.at, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* What is half loaded is not kept, so there is nothing to wait for. */
static void stop_loading(struct demo *demo)
{
    struct loading *loading = &demo->loading;
    pthread_mutex_lock(&loading->lock);
    loading->stopping = true;
    bool loaded = loading->loaded;
    pthread_mutex_unlock(&loading->lock);
    if (!loaded)
        cluster_stop(&demo->cluster);
    pthread_join(loading->thread, NULL);
}

static int serve_demo(struct demo *demo)
{
    struct loading *loading = &demo->loading;
    pthread_mutex_init(&loading->lock, NULL);
    loading->loaded = demo->primes == NULL;
    make_config(demo);
    if (!loading->loaded && pthread_create(&loading->thread, NULL, load, demo) != 0)
        die(EXIT_FAILED, "cannot start a thread");
    if (demo->primes == NULL)
        demo->beats = demo_beats_start(demo->superuser_url);
    int status = serve_main(&demo->config, on_ready, demo);
    if (demo->primes != NULL)
        stop_loading(demo);
    demo_beats_stop(&demo->beats);
    pthread_mutex_destroy(&loading->lock);
    return loading->failed ? EXIT_FAILED : status;
}

int demo_command(const struct config *config, int argc, char **argv)
{
    struct demo demo = {.mem = config->mem,
                        .config = *config,
                        .options.port = config->port,
                        .started_us = clock_us()};
    str why = {NULL, 0};
    if (!parse_options(&demo.options, argc, argv)) {
        fprintf(stderr, "usage: postern " DEMO_USAGE "\n");
        return EXIT_USAGE;
    }
    int status = EXIT_FAILED;
    if (start_database(&demo, &why) && make_secret(&demo, &why) && make_keys(&demo, &why) &&
        choose_port(&demo, &why))
        status = serve_demo(&demo);
    else
        fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
    demo_primes_free(&demo.primes);
    cluster_close(&demo.cluster);
    return status;
}
