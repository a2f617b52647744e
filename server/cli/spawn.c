/* See spawn.h. */
#include "cli/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_RUN = 127 };

static bool become(const struct spawn *spawn)
{
    if (geteuid() != 0 || spawn->uid == 0)
        return true;
    return setgroups(0, NULL) == 0 && setgid(spawn->gid) == 0 && setuid(spawn->uid) == 0;
}

static bool redirect(const char *output)
{
    int in = open("/dev/null", O_RDONLY);
    int out = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    return in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
           dup2(out, STDERR_FILENO) >= 0;
}

/* Between fork and exec only what POSIX allows behind threads. */
static void run(const struct spawn *spawn, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    /* Becoming somebody else forgets the wish to be told of the parent's death: it comes behind. */
    if (!become(spawn) || prctl(PR_SET_PDEATHSIG, spawn->on_orphan) != 0 || getppid() != parent)
        _exit(EXIT_NOT_RUN);
    if (spawn->dir != NULL && chdir(spawn->dir) != 0)
        _exit(EXIT_NOT_RUN);
    if (!redirect(spawn->output))
        _exit(EXIT_NOT_RUN);
    execv(spawn->argv[0], (char *const *)(void *)spawn->argv);
    _exit(EXIT_NOT_RUN);
}

pid_t spawn_start(const struct spawn *spawn)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        run(spawn, parent);
    return child;
}

int spawn_wait(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool spawn_runs(pid_t *child)
{
    if (*child > 0 && waitpid(*child, NULL, WNOHANG) == 0)
        return true;
    *child = 0;
    return false;
}
