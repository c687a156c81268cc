#include "events/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* clang-format off */
static const struct event_kind kinds[] = { /* sorted */
    {"access-mode",          6, true,  "The way it shows who it is was changed"},
    {"authority-accepted",   7, true,  "It trusts one more authority"},
    {"authority-refused",    8, true,  "An authority was refused"},
    {"authority-retired",    7, true,  "It trusts an authority no longer"},
    {"captive-portal",       4, true,  "Somebody has to sign in to the network that it is in"},
    {"certificate-expired",  7, true,  "Its certificate has expired"},
    {"certificate-revoked",  8, true,  "Its certificate was replaced by another"},
    {"channel-empty",        2, false, "Nothing is published on its channel"},
    {"clock-jump",           6, true,  "One of its clocks has jumped"},
    {"command",              4, true,  "A command was carried out or refused"},
    {"connection",           3, false, "The headend cannot be reached"},
    {"control-keys",         5, true,  "Control keys were not fetched"},
    {"control-keys-refused", 8, true,  "Control keys were refused"},
    {"enrolled",             5, true,  "Enrolled"},
    {"enrolment-denied",     6, true,  "Enrolment was refused"},
    {"enrolment-failed",     5, true,  "Enrolment has failed"},
    {"enrolment-network",    3, false, "No network for an enrolment"},
    {"enrolment-server",     4, false, "The headend had an error during an enrolment"},
    {"enrolment-waits",      2, false, "An enrolment waits"},
    {"erase-ended",          7, true,  "It was erased"},
    {"events-lost",          8, true,  "Events were lost"},
    {"events-unkept",        6, true,  "Its flash takes no events"},
    {"feeds-refused",        8, true,  "Live data was refused"},
    {"item-failed",          4, false, "An item has failed"},
    {"item-impaired",        3, false, "An item is shown with something lost"},
    {"item-set-aside",       5, false, "An item was set aside"},
    {"item-skipped",         4, false, "An item was skipped"},
    {"key-changed",          5, true,  "One of its keys is another"},
    {"local-control",        7, true,  "Something was changed on the spot"},
    {"locked",               7, true,  "Locked"},
    {"manifest-set-aside",   5, false, "A playlist was set aside"},
    {"manifest-unreadable",  7, true,  "A playlist cannot be read"},
    {"message-ended",        3, false, "It does not show an urgent message any more"},
    {"message-shown",        3, false, "It shows an urgent message"},
    {"metadata-refused",     8, true,  "The repository's metadata was refused"},
    {"nothing-to-show",      6, false, "Nothing can be shown"},
    {"object-damaged",       6, true,  "A file on its storage is damaged"},
    {"player-dies",          6, false, "The player ends again and again"},
    {"protocol-broken",      8, true,  "A renderer broke its protocol"},
    {"proxy-fallback",       6, true,  "A proxy that it was given does not reach the headend"},
    {"proxy-refused",        6, true,  "A proxy that the headend wants cannot be used"},
    {"receipt-refused",      5, true,  "The headend refused a receipt"},
    {"refusal-ignored",      8, true,  "A refusal that the headend has not signed was ignored"},
    {"renewal-failed",       6, true,  "Its certificate was not renewed"},
    {"renewal-waits",        3, false, "The renewal of its certificate waits"},
    {"renewed",              3, true,  "Its certificate was renewed"},
    {"repaired",             3, false, "Files were fetched again"},
    {"sandbox-kill",         9, true,  "A renderer was killed by its sandbox"},
    {"security-tls",         8, true,  "The headend's certificate was not verified"},
    {"session",              4, false, "No session with the headend"},
    {"session-begun",        5, true,  "Somebody signed in at it"},
    {"session-ended",        5, true,  "Who was signed in at it is not any more"},
    {"sign-in-denied",       7, true,  "Somebody was not let in at it"},
    {"sign-in-trouble",      4, true,  "Signing in at it does not work"},
    {"start-delayed",        5, false, "Its start was delayed"},
    {"state-not-kept",       6, true,  "What must not be lost could not be stored"},
    {"state-refused",        8, true,  "A state was refused"},
    {"switched",             1, false, "New content is shown"},
    {"sync-failed",          4, false, "Content was not fetched"},
    {"time-restated",        7, true,  "The time was set right by a signed statement"},
    {"unlocked",             5, true,  "The headend takes it again"},
    {"vault-fallback",       8, true,  "A stored secret was read from its older copy"},
    {"vault-rollback",       9, true,  "What must not go back is missing from its vault"},
};
/* clang-format on */

static int compare(const void *name, const void *kind) {
    return strcmp(name, ((const struct event_kind *)kind)->name);
}

const struct event_kind *event_kind_find(const char *name) {
    return bsearch(name, kinds, PP_COUNT(kinds), sizeof *kinds, compare);
}

const struct event_kind *event_kinds(size_t *count) {
    *count = PP_COUNT(kinds);
    return kinds;
}
