/* Another program as a child: as a given user, in a session of its own (so that Ctrl-C is ours to
 * pass on), and told to stop when this process dies. */
#ifndef CLI_SPAWN_H
#define CLI_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
    const char **argv; /* argv[0] is the path; ends with NULL */
    uid_t uid;
    gid_t gid;
    int on_orphan;      /* the signal it gets when this process dies */
    const char *dir;    /* where it works; NULL: here */
    const char *output; /* the file that standard output and error are appended to */
};

/* Call from the main thread: the child is told to stop when the thread that started it ends.
 * Returns -1 when there can be no more processes. */
pid_t spawn_start(const struct spawn *spawn);

int spawn_wait(pid_t child);   /* its exit status; -1 when it ended otherwise */
bool spawn_runs(pid_t *child); /* false: it has ended, and *child becomes 0 */

#endif
