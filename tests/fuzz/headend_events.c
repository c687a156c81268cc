/* An event of a screen's: its place in the chain, and whether it is whole. What is linked anew is whole again. */
#include "events/chain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct event_place place;
    struct event_head head;
    bool whole = false;
    pp_autojson cJSON *event = pp_json_parse(data, size, 4096, NULL);
    if (!event || !cJSON_IsObject(event))
        return 0;
    if (event_is_linked(event) && event_place_read(event, &place, NULL))
        (void)!event_is_whole(event, &place, &whole, NULL);
    static const char *const names[] = {"chain", "seq", "prev", "hash"};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(event, names[i]);
    if (!event_head_begin(&head, NULL) || !event_link(event, &head, NULL))
        return 0;
    if (!event_place_read(event, &place, NULL) || !event_is_whole(event, &place, &whole, NULL) || !whole)
        abort();
    return 0;
}
