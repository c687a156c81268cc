#include "headend/server/route.h"

#include "headend/db/db.h"

/* Whether the path fits the pattern; *rest is then what it has from the place of the '*' on. */
static bool route_matches(const struct route *route, const char *path, const char **rest) {
    const char *star = strchr(route->pattern, '*');
    *rest = "";
    if (!star)
        return strcmp(route->pattern, path) == 0;
    size_t before = (size_t)(star - route->pattern), after = strlen(star + 1), length = strlen(path);
    if (length < before + after || strncmp(route->pattern, path, before) != 0)
        return false;
    *rest = path + before;
    return strcmp(path + length - after, star + 1) == 0;
}

/* The rows of all tables, one after the other; NULL at the end. */
static const struct route *route_next(const struct site *site, size_t *table, size_t *row) {
    while (*table < SITE_TABLES_MAX && *row == site->tables[*table].count) {
        *row = 0;
        ++*table;
    }
    return *table < SITE_TABLES_MAX ? &site->tables[*table].routes[(*row)++] : NULL;
}

const struct route *route_find(const struct site *site, const char *method, const char *path,
                               const char **rest, unsigned *status, char allow[64]) {
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    *status = MHD_HTTP_NOT_FOUND;
    allow[0] = 0;
    size_t table = 0;
    size_t row = 0;
    for (const struct route *route; (route = route_next(site, &table, &row));) {
        if (!route_matches(route, path, rest))
            continue;
        if (strcmp(route->method, wanted) == 0)
            return route;
        *status = MHD_HTTP_METHOD_NOT_ALLOWED;
        size_t length = strlen(allow);
        snprintf(allow + length, 64 - length, "%s%s", length ? ", " : "", route->method);
    }
    return NULL;
}

static bool authenticate(struct request *request, struct reply *reply) {
    const struct site *site = request->app->site;
    switch (request->route->auth) {
    case ROUTE_OPEN:
        return true;
    case ROUTE_KEY:
    case ROUTE_DEVICE:
    case ROUTE_EITHER:
        return site->authenticate_device(request, reply);
    case ROUTE_ADMIN:
        return site->authenticate_admin(request, reply);
    }
    return false;
}

void route_run(struct request *request, struct reply *reply) {
    const struct route *route = request->route;
    if (route->work == WORK_NONE) {
        route->handle(request, reply);
        return;
    }
    request->db = route->work == WORK_READS ? request->app->reader : request->app->db;
    db_lock(request->db);
    uint64_t commits = db_commits(request->db);
    if (authenticate(request, reply))
        route->handle(request, reply);
    request->app->site->complete(request, reply);
    reply->committed = db_commits(request->db) != commits;
    db_unlock(request->db);
}

bool route_admit(struct request *request, struct reply *reply) {
    if (request->route->body_max <= HTTP_BODY_MAX)
        return true;
    request->db = request->app->reader;
    db_lock(request->db);
    bool admitted = authenticate(request, reply) && request->app->site->admit(request, reply);
    if (!admitted)
        request->app->site->complete(request, reply);
    db_unlock(request->db);
    return admitted;
}
