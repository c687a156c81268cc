#include "headend/server/route.h"

#include "headend/db/db.h"
#include "headend/http/problems.h"
#include "headend/server/intake.h"
#include "headend/server/open_files.h"

bool site_connect(struct site *site, struct pp_error *error) {
    site->map = path_map_create(error);
    for (size_t i = 0; site->map && i < SITE_TABLES_MAX; i++) {
        const struct route_table *table = &site->tables[i];
        for (size_t row = 0; row < table->count; row++) {
            const struct route *route = &table->routes[row];
            if (!path_map_add(site->map, route->method, route->pattern, route, error))
                return false;
        }
    }
    return site->map != NULL;
}

void site_finish(struct site *site) {
    path_map_destroy(site->map);
    site->map = NULL;
}

/* What stands behind the '?' is what the route's row takes: nothing is passed over that somebody meant. */
static bool query_good(struct request *request, struct reply *reply) {
    const struct route_api *api = request->route->api;
    const char *parameter;
    struct pp_error error = {0};
    list_finish(&request->list);
    if (list_read(&request->list, api ? api->list : NULL, &request->query, &parameter, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_QUERY_INVALID, parameter, error.message);
    return false;
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
    case ROUTE_API:
        return site->authenticate_api(request, reply) && query_good(request, reply);
    }
    return false;
}

static void mark(const struct request *request, struct reply *reply) {
    const struct route_api *api = request->route->api;
    if (api && api->mark)
        api->mark(reply);
}

void route_run(struct request *request, struct reply *reply) {
    const struct route *route = request->route;
    if (route->work == WORK_NONE) {
        route->handle(request, reply);
        mark(request, reply);
        return;
    }
    request->db = route->work == WORK_READS ? request->app->reader : request->app->db;
    db_lock(request->db);
    uint64_t commits = db_commits(request->db);
    if (authenticate(request, reply))
        route->handle(request, reply);
    request->app->site->complete(request, reply);
    mark(request, reply);
    reply->committed = db_commits(request->db) != commits;
    db_unlock(request->db);
}

static bool sink_begin(struct request *request, struct reply *reply, const struct body_sink *sink) {
    struct pp_error error = {0};
    void *upload = sink->begin(request, reply);
    if (!upload)
        return false;
    if (!open_files_reserve(request->app->files)) {
        sink->finish(upload);
        reply_with(reply, PROBLEM_UNAVAILABLE, "as many files are being sent as may be");
        reply_retry_after(reply, OPEN_FILES_WAIT_S);
        return false;
    }
    request->intake = intake_create(request->app->workers, request->connection, sink, upload,
                                    request->route->body_max, &error);
    if (request->intake)
        return true;
    open_files_release(request->app->files);
    sink->finish(upload);
    reply_failure(reply, &error);
    return false;
}

bool route_admit(struct request *request, struct reply *reply) {
    const struct body_sink *sink = request->route->api ? request->route->api->sink : NULL;
    if (!sink && request->route->body_max <= HTTP_BODY_MAX)
        return true;
    request->db = request->app->reader;
    db_lock(request->db);
    bool admitted = authenticate(request, reply) && (!sink || sink_begin(request, reply, sink));
    if (!admitted) {
        request->app->site->complete(request, reply);
        mark(request, reply);
    }
    db_unlock(request->db);
    return admitted;
}
