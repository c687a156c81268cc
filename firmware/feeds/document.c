#include "feeds/document.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"

#define FORMAT 1

static void feed_finish(struct feed *feed) {
    pp_json_destroy(feed->value);
    pp_json_destroy(feed->before);
    *feed = (struct feed){0};
}

void feeds_clear(struct feeds *feeds) {
    for (size_t i = 0; i < feeds->count; i++)
        feed_finish(&feeds->list[i]);
    *feeds = (struct feeds){0};
}

const struct feed *feeds_find(const struct feeds *feeds, const char *name) {
    for (size_t i = 0; i < feeds->count; i++) {
        if (strcmp(feeds->list[i].name, name) == 0)
            return &feeds->list[i];
    }
    return NULL;
}

/* One of the document; its value is taken out of it later. */
static bool feed_read(const cJSON *member, struct feed *feed, struct pp_error *error) {
    if (strlen(member->string) > CHANNEL_NAME_MAX)
        return pp_fail(error, PP_E_INVALID, "a feed with a long name");
    *feed = (struct feed){0};
    snprintf(feed->name, sizeof feed->name, "%s", member->string);
    if (!cJSON_IsObject(member) || !cJSON_HasObjectItem(member, "value"))
        return pp_fail(error, PP_E_INVALID, "%s: no value", feed->name);
    return (pp_json_integer(member, "version", 1, PP_JSON_INTEGER_MAX, &feed->version, error) &&
            pp_json_integer(member, "time", 0, PP_JSON_INTEGER_MAX, &feed->time, error) &&
            pp_json_integer(member, "stale_after_s", 1, FEEDS_STALE_MAX_S, &feed->stale_after_s, error)) ||
           pp_wrap(error, "%s", feed->name);
}

/* Whether it is no older than what is had. */
static bool feed_follows(const struct feeds *feeds, const struct feed *feed, struct pp_error *error) {
    const struct feed *had = feeds_find(feeds, feed->name);
    return !had || feed->version >= had->version ||
           pp_fail(error, PP_E_ROLLBACK, "%s: value %lld, after %lld", feed->name, (long long)feed->version,
                   (long long)had->version);
}

static bool document_check(const cJSON *document, const char *channel, const cJSON **list,
                           struct pp_error *error) {
    int64_t format = 0;
    const char *of = NULL;
    if (!pp_json_integer(document, "format", FORMAT, FORMAT, &format, error) ||
        !pp_json_string(document, "channel", CHANNEL_NAME_MAX, &of, error) ||
        !pp_json_object(document, "feeds", list, error))
        return false;
    if (strcmp(of, channel) != 0)
        return pp_fail(error, PP_E_INVALID, "it is of channel %s", of);
    return cJSON_GetArraySize(*list) <= CHANNEL_FEEDS_MAX ||
           pp_fail(error, PP_E_LIMIT, "more than %d feeds", CHANNEL_FEEDS_MAX);
}

static struct feed *feed_of(struct feeds *feeds, const char *name) {
    for (size_t i = 0; i < feeds->count; i++) {
        if (strcmp(feeds->list[i].name, name) == 0)
            return &feeds->list[i];
    }
    return NULL;
}

/* In the place of what was had, which becomes the one before. Where there is no room for one more, those that the
 * document does not name are given up. */
static void feed_put(struct feeds *feeds, const struct feed *feed, cJSON *member) {
    struct feed *had = feed_of(feeds, feed->name);
    if (!had && feeds->count == CHANNEL_FEEDS_MAX)
        return;
    cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(member, "value");
    if (!had)
        had = &feeds->list[feeds->count++];
    else if (had->version == feed->version)
        pp_json_destroy(had->value);
    if (had->version != feed->version) {
        pp_json_destroy(had->before);
        had->before = had->value;
    }
    cJSON *before = had->before;
    *had = *feed;
    had->value = value;
    had->before = before;
}

static void forget_others(struct feeds *feeds, const cJSON *list) {
    size_t kept = 0;
    for (size_t i = 0; i < feeds->count; i++) {
        if (cJSON_HasObjectItem(list, feeds->list[i].name))
            feeds->list[kept++] = feeds->list[i];
        else
            feed_finish(&feeds->list[i]);
    }
    feeds->count = kept;
}

bool feeds_take_text(struct feeds *feeds, const char *channel, const void *text, size_t size,
                     struct pp_error *error) {
    struct feed read[CHANNEL_FEEDS_MAX];
    const cJSON *list = NULL;
    cJSON *member;
    size_t count = 0;
    pp_autojson cJSON *document = pp_json_parse(text, size, FEEDS_DOCUMENT_MAX, error);
    if (!document || !document_check(document, channel, &list, error))
        return false;
    bool same = strcmp(feeds->channel, channel) == 0;
    cJSON_ArrayForEach(member, list) {
        if (!feed_read(member, &read[count], error) || (same && !feed_follows(feeds, &read[count], error)))
            return false;
        count++;
    }
    if (!same)
        feeds_clear(feeds);
    snprintf(feeds->channel, sizeof feeds->channel, "%s", channel);
    if (feeds->count + count > CHANNEL_FEEDS_MAX)
        forget_others(feeds, list);
    count = 0;
    cJSON_ArrayForEach(member, list) {
        feed_put(feeds, &read[count++], member);
    }
    return true;
}

bool feeds_take(struct feeds *feeds, const char *channel, const uint8_t key[CHANNEL_KEY_SIZE],
                const void *sealed, size_t size, struct pp_error *error) {
    char associated[sizeof FEEDS_AD + CHANNEL_NAME_MAX];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(FEEDS_DOCUMENT_MAX);
    snprintf(associated, sizeof associated, FEEDS_AD "%s", channel);
    return seal_decrypt_unexplained(sealed, size, key, associated, &text, error) &&
           feeds_take_text(feeds, channel, text.data, text.size, error);
}
