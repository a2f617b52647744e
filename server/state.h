/* Files that outlive the process, in the folder of STATE_DIR: the last good keys of an issuer. */
#ifndef STATE_H
#define STATE_H

#include "base/config.h"

/* The path of such a file. Absent when there is to be none, or no folder can be told: the setting,
 * else $XDG_STATE_HOME/postern, else ~/.local/state/postern. */
str state_path(arena *mem, const struct config *config, const char *name);

/* At most max bytes; absent when the file is not there, is larger or cannot be read. */
str state_read(arena *mem, str path, size_t max);

/* Whole or not at all, readable by the owner alone; its folders are made. False with why. */
bool state_write(arena *mem, str path, str text, str *why);

#endif
