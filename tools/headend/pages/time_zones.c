#include "headend/pages/time_zones.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

static void zone_add(struct time_zones *zones, const char *name, size_t size) {
    char zone[TIME_ZONE_MAX + 1];
    if (zones->count == TIME_ZONES_MAX || size > TIME_ZONE_MAX)
        return;
    snprintf(zone, sizeof zone, "%.*s", (int)size, name);
    if (time_zone_check(zone, NULL))
        memcpy(zones->names[zones->count++], zone, sizeof zone);
}

/* A line is: country code, TAB, coordinates, TAB, name, and perhaps another TAB and a comment. */
static void line_read(struct time_zones *zones, const char *line, size_t size) {
    const char *end = line + size;
    const char *name = line;
    for (int tabs = 0; tabs < 2; tabs++) {
        const char *tab = memchr(name, '\t', (size_t)(end - name));
        if (!tab || *line == '#')
            return;
        name = tab + 1;
    }
    const char *tab = memchr(name, '\t', (size_t)(end - name));
    zone_add(zones, name, (size_t)((tab ? tab : end) - name));
}

bool time_zones_load(struct time_zones *zones, const char *dir, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TIME_ZONES_FILE_MAX);
    char path[PP_PATH_MAX];
    *zones = (struct time_zones){.names = calloc(TIME_ZONES_MAX, sizeof *zones->names)};
    if (!zones->names)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!pp_path_format(path, NULL, "%s/zone.tab", dir) || !pp_file_read(AT_FDCWD, path, &text, NULL))
        return true;
    zone_add(zones, "UTC", 3);
    for (const char *line = pp_buf_text(&text); *line;) {
        size_t size = strcspn(line, "\n");
        line_read(zones, line, size);
        line += size + (line[size] != 0);
    }
    qsort(zones->names, zones->count, sizeof *zones->names, compare_names);
    return true;
}

void time_zones_finish(struct time_zones *zones) {
    free(zones->names);
    *zones = (struct time_zones){0};
}

/* The typed name without spaces around it, and with underscores for those within. */
static void typed_tidy(const char *typed, char tidy[TIME_ZONE_MAX + 1]) {
    typed += strspn(typed, " ");
    size_t size = strlen(typed);
    while (size && typed[size - 1] == ' ')
        size--;
    if (size > TIME_ZONE_MAX)
        size = 0;
    for (size_t i = 0; i < size; i++)
        tidy[i] = typed[i] == ' ' ? '_' : typed[i];
    tidy[size] = 0;
}

static const char *last_part(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

/* NULL where it is none, or could be several. */
static const char *zone_meant(const struct time_zones *zones, const char *tidy) {
    const char *found = NULL;
    size_t parts = 0;
    for (size_t i = 0; i < zones->count; i++) {
        if (strcasecmp(zones->names[i], tidy) == 0)
            return zones->names[i];
        if (strcasecmp(last_part(zones->names[i]), tidy) == 0) {
            found = zones->names[i];
            parts++;
        }
    }
    return parts == 1 ? found : NULL;
}

bool time_zones_find(const struct time_zones *zones, const char *typed, char zone[TIME_ZONE_MAX + 1]) {
    char tidy[TIME_ZONE_MAX + 1];
    typed_tidy(typed, tidy);
    const char *found = time_zone_check(tidy, NULL) ? tidy : zone_meant(zones, tidy);
    if (found)
        snprintf(zone, TIME_ZONE_MAX + 1, "%s", found);
    return found != NULL;
}

bool time_zones_options(const struct time_zones *zones, struct pp_buf *out, struct pp_error *error) {
    for (size_t i = 0; i < zones->count; i++) {
        /* its letters are those of time_zone_check: nothing to escape */
        if (!pp_buf_addf(out, error, "<option value=\"%s\">", zones->names[i]))
            return false;
    }
    return true;
}
