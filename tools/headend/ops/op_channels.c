/* What can be done with channels (operations.c). */
#include "headend/ops/op_channels.h"
#include "headend/ops/channel.h"
#include "headend/ops/network.h"

bool op_channel_find(struct op *op, struct channel *channel, struct pp_error *error) {
    struct pp_error missing = {0};
    if (channel_known(op->db, op_text(op, "channel"), channel, &missing))
        return true;
    return op_fail(op, "channel", missing.code, error, "%s", missing.message);
}

/* For the audit. */
static cJSON *facts(struct op *op, const struct channel *channel, struct pp_error *error) {
    struct network_list list;
    if (!network_load(op->db, channel->id, &list, error))
        return NULL;
    cJSON *object = cJSON_CreateObject();
    cJSON *networks = cJSON_AddArrayToObject(object, "networks");
    cJSON_AddStringToObject(object, "title", channel->title);
    for (size_t i = 0; i < list.count; i++) {
        char text[IP_TEXT_SIZE];
        ip_range_text(&list.ranges[i], text);
        cJSON_AddItemToArray(networks, cJSON_CreateString(text));
    }
    return object;
}

static bool settle(struct op *op, cJSON **into, struct pp_error *error) {
    struct channel channel;
    if (!op_channel_find(op, &channel, error))
        return false;
    *into = facts(op, &channel, error);
    return *into != NULL;
}

/* As it was asked for, or made of the title. */
static bool id_take(struct op *op, char id[CHANNEL_ID_MAX + 1], struct pp_error *error) {
    struct pp_error wrong = {0};
    const char *given = op_text_or_null(op, "id");
    if (!given)
        return channel_id_of_title(op_text(op, "title"), id) ||
               op_fail(op, "title", PP_E_INVALID, error,
                       "title: no letter or digit of it can stand in an id: name an id as well");
    if (!channel_id_check(given, &wrong))
        return op_fail(op, "id", wrong.code, error, "%s", wrong.message);
    snprintf(id, CHANNEL_ID_MAX + 1, "%s", given);
    return true;
}

bool op_channel_add(struct op *op, struct pp_error *error) {
    struct pp_error wrong = {0};
    struct channel channel = {0};
    bool made = false;
    if (!text_check("title", op_text(op, "title"), 1, TEXT_NAME_MAX, &wrong))
        return op_fail(op, "title", wrong.code, error, "%s", wrong.message);
    if (!id_take(op, channel.id, error) ||
        !channel_make(op->db, channel.id, op_text(op, "title"), &made, error))
        return false;
    snprintf(op->target, sizeof op->target, "%s", channel.id);
    if (!made)
        return pp_fail(error, PP_E_STATE, "there is a channel \"%s\" already", channel.id);
    op->wakes = true;
    cJSON_AddStringToObject(op_answer(op), "id", channel.id);
    return channel_find(op->db, channel.id, &channel, error) && (op->after = facts(op, &channel, error));
}

/* Who may say what is shown does not say by that from where it may be asked for. */
static bool networks_take(struct op *op, struct pp_error *error) {
    const struct place place = {"", op_text(op, "channel")};
    struct network_list list = {0};
    struct pp_error wrong = {0};
    const cJSON *range;
    if (!actor_may_at(op->actor, RIGHT_ADMINISTER, &place))
        return pp_fail(error, PP_E_DENIED, "%s may not do this (networks: needs the right to %s)",
                       op->actor->name, right_name(RIGHT_ADMINISTER));
    cJSON_ArrayForEach(range, cJSON_GetObjectItemCaseSensitive(op->request, "networks")) {
        if (!network_list_add(&list, range->valuestring, &wrong))
            return op_fail(op, "networks", wrong.code, error, "networks: %s", wrong.message);
    }
    return network_save(op->db, place.channel, &list, error);
}

static bool title_take(struct op *op, struct pp_error *error) {
    struct pp_error wrong = {0};
    return channel_title_set(op->db, op_text(op, "channel"), op_text(op, "title"), &wrong) ||
           op_fail(op, wrong.code == PP_E_INVALID || wrong.code == PP_E_LIMIT ? "title" : "", wrong.code,
                   error, "%s", wrong.message);
}

bool op_channel_change(struct op *op, struct pp_error *error) {
    if (!settle(op, &op->before, error) || (op_has(op, "title") && !title_take(op, error)) ||
        (op_has(op, "networks") && !networks_take(op, error)))
        return false;
    op->wakes = true;
    return settle(op, &op->after, error);
}

bool op_channel_show(struct op *op, struct pp_error *error) {
    struct channel channel;
    return op_channel_find(op, &channel, error);
}
