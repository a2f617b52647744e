/* Where the pages of /api/docs come from: the docs/ inside the program, or a folder
 * (POSTERN_DOCS_DIR) with the folders in it as categories. */
#ifndef GUIDE_READ_H
#define GUIDE_READ_H

#include "base/config.h"
#include "guide/guide.h"

/* Reads the files, once, when the program starts: blocking. NULL when the folder cannot be read or
 * is larger than 4 MiB, with the sentence in *why. Everything is in mem. */
const struct guide *guide_read(const struct config *config, arena *mem, str *why);

#endif
