/*
 * The console: static files that a build made (tools/console), which call the API as customers' programs do.
 *
 *   index.html            of every address of the console's: which page it is, its script looks at
 *   assets/NAME-HASH.js   everything else, by names that have a hash of what is in them
 *   …                     each of them also as FILE.br and FILE.gz
 *
 * All of it is read once, at the start: what is answered are files of one build, whatever is installed meanwhile, and
 * no request's path ever becomes a file's.
 */
#ifndef HEADEND_PAGES_CONSOLE_H
#define HEADEND_PAGES_CONSOLE_H

#include "base/error.h"
#include "base/file.h"

#define CONSOLE_FILES_MAX 256
#define CONSOLE_FILE_MAX  (4 * 1024 * 1024) /* bytes */
#define CONSOLE_NAME_MAX  95                /* bytes: "assets/main-3F2A7C.js.br" */

struct console;

/* The files of a folder; where there is no folder, or no index.html in it, none: console_is_there is false then.
 * PP_E_LIMIT, PP_E_IO. */
struct console *console_load(const char *folder, struct pp_error *error);
void console_destroy(struct console *console);
bool console_is_there(const struct console *console);

struct console_file {
    char name[CONSOLE_NAME_MAX + 1];
    const uint8_t *data;
    size_t size; /* bytes */
    const char *type;
    const char *encoding; /* "br", "gzip"; NULL: as it is */
    const char *etag;     /* of these very bytes, with its quotes */
};
/* The file of that name in the coding that an Accept-Encoding header (NULL: none) takes best. False where there is
 * none. */
bool console_find(const struct console *console, const char *name, const char *accept_encoding,
                  struct console_file *file);

/* Where a build puts it, and an installation has it. */
PP_MUST_USE bool console_folder(char folder[PP_PATH_MAX], struct pp_error *error);

#endif
