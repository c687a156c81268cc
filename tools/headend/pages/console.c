#include "headend/pages/console.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "headend/base/install.h"
#include "headend/http/conditions.h"
#include "headend/pages/handlers.h"
#include "headend/pages/page.h"

#define CONSOLE_INDEX  "index.html"
#define CONSOLE_ASSETS "assets"
#define CONSOLE_POLICY                                                                                       \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "    \
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "                         \
    "require-trusted-types-for 'script'; trusted-types lit-html"

struct entry {
    char name[CONSOLE_NAME_MAX + 1];
    struct pp_buf data;
    char etag[ETAG_SIZE];
};

struct console {
    struct entry entries[CONSOLE_FILES_MAX];
    size_t count;
};

static const struct {
    const char *name, *suffix;
} encodings[] = {{"br", ".br"}, {"gzip", ".gz"}, {NULL, ""}}; /* the smallest first */

static const char *type_of(const char *name) {
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".svg", "image/svg+xml"},
                                           {".woff2", "font/woff2"},
                                           {".webmanifest", "application/manifest+json"},
                                           {".png", "image/png"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < PP_COUNT(types); i++) {
        if (strcmp(types[i][0], dot) == 0)
            return types[i][1];
    }
    return NULL;
}

static bool entry_read(struct console *console, int dirfd, const char *folder, const char *name,
                       struct pp_error *error) {
    if (console->count == CONSOLE_FILES_MAX)
        return pp_fail(error, PP_E_LIMIT, "the console has more than %d files", CONSOLE_FILES_MAX);
    struct entry *entry = &console->entries[console->count++];
    entry->data = PP_BUF_INIT(CONSOLE_FILE_MAX);
    int size = snprintf(entry->name, sizeof entry->name, "%s%s%s", folder, *folder ? "/" : "", name);
    if (size < 0 || (size_t)size >= sizeof entry->name)
        return pp_fail(error, PP_E_LIMIT, "the console: the name of a file is too long");
    return (pp_file_read(dirfd, name, &entry->data, error) &&
            etag_make(entry->data.data ? entry->data.data : (const uint8_t *)"", entry->data.size,
                      entry->etag, error)) ||
           pp_wrap(error, "the console");
}

static void close_listing(DIR **listing) {
    if (*listing)
        closedir(*listing);
}

/* All regular files of a folder, which is nobody's but the installation's. */
static bool folder_read(struct console *console, int root, const char *folder, struct pp_error *error) {
    pp_autoclose int fd = pp_dir_open(root, *folder ? folder : ".", error);
    PP_CLEANUP(close_listing)
    DIR *listing = NULL;
    if (fd < 0)
        return false;
    int listed = dup(fd);
    listing = listed >= 0 ? fdopendir(listed) : NULL;
    if (!listing) {
        pp_close(&listed);
        return pp_fail_errno(error, "the console");
    }
    for (const struct dirent *one; (one = readdir(listing));) {
        struct stat status;
        if (fstatat(fd, one->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
            continue;
        if (!entry_read(console, fd, folder, one->d_name, error))
            return false;
    }
    return true;
}

bool console_folder(char folder[PP_PATH_MAX], struct pp_error *error) {
    return install_path(PP_CONSOLE_FROM_PROGRAM, folder, error);
}

struct console *console_load(const char *folder, struct pp_error *error) {
    struct pp_error absent;
    struct console *console = calloc(1, sizeof *console);
    if (!console) {
        (void)!pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pp_autoclose int root = pp_dir_open(AT_FDCWD, folder, &absent);
    if (root < 0 || faccessat(root, CONSOLE_INDEX, R_OK, 0) < 0)
        return console;
    if (folder_read(console, root, "", error) && folder_read(console, root, CONSOLE_ASSETS, error))
        return console;
    console_destroy(console);
    return NULL;
}

void console_destroy(struct console *console) {
    for (size_t i = 0; console && i < console->count; i++)
        pp_buf_finish(&console->entries[i].data);
    free(console);
}

bool console_is_there(const struct console *console) {
    return console->count > 0;
}

static const struct entry *entry_find(const struct console *console, const char *name, const char *suffix) {
    size_t length = strlen(name);
    for (size_t i = 0; i < console->count; i++) {
        const char *other = console->entries[i].name;
        if (strncmp(other, name, length) == 0 && strcmp(other + length, suffix) == 0)
            return &console->entries[i];
    }
    return NULL;
}

bool console_find(const struct console *console, const char *name, const char *accept_encoding,
                  struct console_file *file) {
    *file = (struct console_file){.type = type_of(name)};
    if (!file->type || !entry_find(console, name, ""))
        return false;
    for (size_t i = 0; i < PP_COUNT(encodings); i++) {
        const struct entry *entry = entry_find(console, name, encodings[i].suffix);
        if (!entry || (encodings[i].name && !encoding_takes(accept_encoding, encodings[i].name)))
            continue;
        snprintf(file->name, sizeof file->name, "%s", name);
        file->data = entry->data.data;
        file->size = entry->data.size;
        file->encoding = encodings[i].name;
        file->etag = entry->etag;
        return true;
    }
    return false;
}

static void reply_console_file(const struct request *request, struct reply *reply,
                               const struct console_file *file, const char *caching) {
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), file->etag)) {
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    } else {
        reply_data(reply, MHD_HTTP_OK, file->type, file->data, file->size);
        if (file->encoding)
            reply_header(reply, MHD_HTTP_HEADER_CONTENT_ENCODING, file->encoding);
    }
    reply_header(reply, MHD_HTTP_HEADER_ETAG, file->etag);
    reply_header(reply, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, caching);
    reply_header(reply, "Cross-Origin-Resource-Policy", "same-origin");
}

static bool find(const struct request *request, const char *name, struct console_file *file) {
    return console_find(request->app->console, name, request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING),
                        file);
}

/* GET /console/…: each of the console's addresses. */
void page_console(struct request *request, struct reply *reply) {
    struct console_file file;
    if (!find(request, CONSOLE_INDEX, &file)) {
        page_message(request, reply, MHD_HTTP_NOT_FOUND, "not_found");
        return;
    }
    reply_console_file(request, reply, &file, "no-cache");
    reply->is_page = true;
    reply_header(reply, "Content-Security-Policy", CONSOLE_POLICY);
    reply_header(reply, "X-Frame-Options", "DENY");
    reply_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
    reply_header(reply, "Permissions-Policy", "camera=(self), microphone=(), geolocation=()");
}

/* GET /console/assets/NAME: for ever, since another content has another name. */
void page_console_asset(struct request *request, struct reply *reply) {
    char name[CONSOLE_NAME_MAX + 1];
    struct console_file file;
    int size = snprintf(name, sizeof name, CONSOLE_ASSETS "/%s", request_parameter(request, "name"));
    if (size < 0 || (size_t)size >= sizeof name || !find(request, name, &file)) {
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "not-found", "there is nothing at this address");
        return;
    }
    reply_console_file(request, reply, &file, "public, max-age=31536000, immutable");
    reply_header(reply, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
}

void page_console_home(struct request *request, struct reply *reply) {
    (void)request;
    reply_redirect(reply, "/console/");
}
