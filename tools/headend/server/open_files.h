/*
 * How many files requests may have open, of those that they are answered with or that their bodies go into: each
 * costs a descriptor beside its connection's. Who reads the same file as others reads it through the same descriptor,
 * so that a thousand screens that fetch what was just published have one file open. Any thread.
 */
#ifndef HEADEND_SERVER_OPEN_FILES_H
#define HEADEND_SERVER_OPEN_FILES_H

#include <stdint.h>

#include "base/error.h"

#define OPEN_FILES_WAIT_S 2 /* until somebody for whom there is no place may ask again */

struct open_files;
struct open_file;

struct open_files *open_files_create(uint64_t most, struct pp_error *error);
/* Once nobody has one. NULL is allowed. */
void open_files_destroy(struct open_files *files);

/* A place for a file of one's own. False where there are as many as may be; else to be given back. */
PP_MUST_USE bool open_files_reserve(struct open_files *files);
void open_files_release(struct open_files *files);

/* Takes `fd`, of a file to be read by its positions (pread): it may be closed for one that is the same file. NULL
 * where there are as many as may be (PP_E_LIMIT). */
struct open_file *open_file_share(struct open_files *files, int fd, struct pp_error *error);
/* Borrowed. */
int open_file_descriptor(const struct open_file *file);
/* Closes it with the last who reads it. */
void open_file_give_back(struct open_file *file);

#endif
