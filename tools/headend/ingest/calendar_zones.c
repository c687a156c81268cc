#include "headend/ingest/calendar_zones.h"

#include <string.h>

#include "base/mem.h"

#define SUFFIX " Standard Time"

static const struct {
    const char *name, *zone; /* without the suffix */
} zones[] = {
    {"Hawaiian", "Pacific/Honolulu"},
    {"Alaskan", "America/Anchorage"},
    {"Pacific", "America/Los_Angeles"},
    {"US Mountain", "America/Phoenix"},
    {"Mountain", "America/Denver"},
    {"Central", "America/Chicago"},
    {"Canada Central", "America/Regina"},
    {"Eastern", "America/New_York"},
    {"US Eastern", "America/Indiana/Indianapolis"},
    {"Atlantic", "America/Halifax"},
    {"Newfoundland", "America/St_Johns"},
    {"E. South America", "America/Sao_Paulo"},
    {"Argentina", "America/Argentina/Buenos_Aires"},
    {"SA Pacific", "America/Bogota"},
    {"Pacific SA", "America/Santiago"},
    {"Azores", "Atlantic/Azores"},
    {"GMT", "Europe/London"},
    {"Greenwich", "Atlantic/Reykjavik"},
    {"Morocco", "Africa/Casablanca"},
    {"W. Europe", "Europe/Berlin"},
    {"Romance", "Europe/Paris"},
    {"Central Europe", "Europe/Budapest"},
    {"Central European", "Europe/Warsaw"},
    {"W. Central Africa", "Africa/Lagos"},
    {"GTB", "Europe/Bucharest"},
    {"E. Europe", "Europe/Chisinau"},
    {"FLE", "Europe/Kyiv"},
    {"Israel", "Asia/Jerusalem"},
    {"Egypt", "Africa/Cairo"},
    {"South Africa", "Africa/Johannesburg"},
    {"Turkey", "Europe/Istanbul"},
    {"Russian", "Europe/Moscow"},
    {"E. Africa", "Africa/Nairobi"},
    {"Arab", "Asia/Riyadh"},
    {"Arabian", "Asia/Dubai"},
    {"Iran", "Asia/Tehran"},
    {"Pakistan", "Asia/Karachi"},
    {"India", "Asia/Kolkata"},
    {"Bangladesh", "Asia/Dhaka"},
    {"SE Asia", "Asia/Bangkok"},
    {"China", "Asia/Shanghai"},
    {"Singapore", "Asia/Singapore"},
    {"Taipei", "Asia/Taipei"},
    {"W. Australia", "Australia/Perth"},
    {"Tokyo", "Asia/Tokyo"},
    {"Korea", "Asia/Seoul"},
    {"AUS Eastern", "Australia/Sydney"},
    {"E. Australia", "Australia/Brisbane"},
    {"Cen. Australia", "Australia/Adelaide"},
    {"AUS Central", "Australia/Darwin"},
    {"Tasmania", "Australia/Hobart"},
    {"New Zealand", "Pacific/Auckland"},
};

const char *calendar_zone_of_windows(const char *name) {
    size_t size = strlen(name);
    size_t suffix = sizeof SUFFIX - 1;
    if (size <= suffix || strcmp(name + size - suffix, SUFFIX) != 0)
        return NULL;
    for (size_t i = 0; i < PP_COUNT(zones); i++) {
        if (strlen(zones[i].name) == size - suffix && strncmp(zones[i].name, name, size - suffix) == 0)
            return zones[i].zone;
    }
    return NULL;
}

const char *calendar_zone_at(size_t index) {
    return index < PP_COUNT(zones) ? zones[index].zone : NULL;
}
