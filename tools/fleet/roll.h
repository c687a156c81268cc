/*
 * The screens that are enrolled, kept in a folder so that later runs need not enrol them again: a line of JSON for
 * each, added once it has its certificate, and again with each new cookie; the last line of a number counts.
 *
 *   {"number": 17, "id": "…", "key": "<base64url, DER>", "certificate": "<base64url, DER>", "cookie": "NAME=VALUE"}
 *
 * Keys of simulated screens, and of nothing else: the file is the owner's alone all the same.
 */
#ifndef FLEET_ROLL_H
#define FLEET_ROLL_H

#include "base/buf.h"
#include "base/error.h"

#define ROLL_FILE     "screens.jsonl"
#define ROLL_MAX      (256 * 1024 * 1024) /* bytes */
#define ROLL_LINE_MAX 8192

struct roll_entry {
    uint64_t number;
    const char *id, *key, *certificate, *cookie;
};

/* Hands over each line, the first first. A last one that was cut off is passed over. */
PP_MUST_USE bool roll_read(int dirfd,
                           bool (*take)(void *arg, const struct roll_entry *entry, struct pp_error *error),
                           void *arg, struct pp_error *error);
/* A descriptor to add to, or -1. */
int roll_open(int dirfd, struct pp_error *error);
PP_MUST_USE bool roll_add(int fd, const struct roll_entry *entry, struct pp_error *error);

#endif
