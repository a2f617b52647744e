/* Settings kept in the database: read beside those of the process, at the start and again when
 * asked. Source: PostgREST "In-Database Configuration", "Configuration Reloading". */
#ifndef CONFIGURE_H
#define CONFIGURE_H

#include "base/config.h"

/* Reads all layers anew into *config, whose memory is mem: the environment as at the start, the
 * file and the database as they are now. Without DB_CONFIG the database is not asked. Blocking. Of
 * what failed the sentence is in *why. */
enum configured { CONFIGURED, CONFIGURE_NO_DATABASE, CONFIGURE_WRONG };
enum configured configure(const struct config *given, arena *mem, struct config *config, str *why);

/* The settings of the start: as given, with what the database has to say of them. Ends the program
 * when they are no good. */
void configure_start(arena *mem, const struct config *given, struct config *config);

#endif
