/*
 * What the server's process may reach: its part of the headend's folder, what programs and libraries read, the network.
 * One that is for screens alone reads what is published, writes what they send, and starts nothing.
 * Not the keys, which are the signer's, nor the repository's metadata, which it only reads and clears away; and nothing
 * in other processes.
 */
#ifndef HEADEND_SERVE_SERVER_CAGE_H
#define HEADEND_SERVE_SERVER_CAGE_H

#include "headend/server/app.h"

/* What the server may use of the folder is made, so that each file that it may open is there before it is held to it.
 * By the supervisor, which has the database open and keeps it so: its log stays the same file. */
PP_MUST_USE bool server_cage_prepare(const struct home *home, struct pp_error *error);
/* For good; while there is one thread. */
PP_MUST_USE bool server_cage_enter(const char *folder, const struct serve_options *options,
                                   enum app_part part, struct pp_error *error);

#endif
