/* render/status/strings.h: the reasons of pingplay-network, in the language of whoever stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "render/status/strings.h"

static struct strings load(void) {
    struct strings strings;
    struct pp_error error = {0};
    if (!strings_load(&strings, &error))
        fail_msg("%s", error.message);
    return strings;
}

static void reasons_have_words_in_both_languages(void **state) {
    (void)state;
    static const struct {
        const char *reason, *english, *french;
    } rows[] = {
        {"not a file", "pingplay-network.json is not a plain file.",
         "pingplay-network.json n’est pas un fichier ordinaire."},
        {"addresses: prefix: out of range", "The prefix behind an address is out of range.",
         "Le préfixe après une adresse est hors limites."},
        {"gateway 192.0.2.1 does not answer", "The router 192.0.2.1 does not answer.",
         "Le routeur 192.0.2.1 ne répond pas."},
        {"NetworkManager: Error: Connection activation failed: Secrets were required, but not provided.",
         "The Wi-Fi password is wrong.", "Le mot de passe Wi-Fi est erroné."},
        {"NetworkManager: Error: Connection activation failed: The Wi-Fi network could not be found.",
         "This Wi-Fi is not in reach.", "Ce Wi-Fi n’est pas à portée."},
        {"NetworkManager: Error: Connection activation failed: 802.1X supplicant took too long to "
         "authenticate.",
         "The network did not let this screen in; the password may be wrong.",
         "Le réseau n’a pas laissé entrer cet écran ; le mot de passe est peut-être erroné."},
        {"NetworkManager: Error: Connection activation failed: IP configuration could not be reserved (no "
         "available address, timeout, etc.).",
         "The network gives this screen no address.", "Le réseau ne donne pas d’adresse à cet écran."},
        {"NetworkManager: Error: Connection activation failed: (7) Secrets were required, but not provided.",
         "The Wi-Fi password is wrong.", "Le mot de passe Wi-Fi est erroné."},
        {"NetworkManager: Error: Connection activation failed: DHCP client failed to start.",
         "The network gives this screen no address.", "Le réseau ne donne pas d’adresse à cet écran."},
        {"NetworkManager: Error: Connection activation failed: The device was removed.",
         "The port for this network was taken out.", "Le port pour ce réseau a été retiré."},
        {"NetworkManager: Error: Connection activation failed: Connection 'pingplay-wifi' is not available "
         "on "
         "device wlan0 because device is not available",
         "The port for this network is not ready: it may be unplugged, or switched off.",
         "Le port pour ce réseau n’est pas prêt : il est peut-être débranché, ou désactivé."},
        {"NetworkManager: Error: Timeout expired (45 seconds)", "No connection in time.",
         "Pas de connexion à temps."},
        {"NetworkManager: Error: NetworkManager is not running.",
         "NetworkManager is not running on this machine.",
         "NetworkManager ne fonctionne pas sur cette machine."},
        {"the former connection did not come up again: NetworkManager: Error: Connection activation failed: "
         "Secrets were required, but not provided.",
         "It does not work, and what was there before has not come up again yet.",
         "Sans succès, et ce qui était en place n’est pas encore revenu."},
        {"more than 4096 bytes", "The file is larger than 4096 bytes.", "Le fichier dépasse 4096 octets."},
        {"field \"%s%n\" stands twice", "“%s%n” stands twice in the file.",
         "« %s%n » figure deux fois dans le fichier."},
    };
    struct strings strings = load();
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char shown[STRINGS_REASON_MAX];
        assert_true(strings_reason(&strings, SCREEN_ENGLISH, rows[i].reason, shown));
        assert_string_equal(shown, rows[i].english);
        assert_true(strings_reason(&strings, SCREEN_FRENCH, rows[i].reason, shown));
        assert_string_equal(shown, rows[i].french);
    }
    strings_finish(&strings);
}

static void what_is_not_known_is_not_shown_as_something_else(void **state) {
    (void)state;
    static const char *const reasons[] = {"",   "not", "not a file at all", "gateway", "more than bytes", "*",
                                          ": ", "x: y"};
    struct strings strings = load();
    for (size_t i = 0; i < PP_COUNT(reasons); i++) {
        char shown[STRINGS_REASON_MAX] = "x";
        if (strings_reason(&strings, SCREEN_FRENCH, reasons[i], shown))
            fail_msg("\"%s\" is shown as \"%s\"", reasons[i], shown);
        assert_string_equal(shown, "");
    }
    char many[STRINGS_REASON_MAX * 2], shown[STRINGS_REASON_MAX];
    snprintf(many, sizeof many, "gateway %0*d does not answer", STRINGS_REASON_MAX, 0);
    assert_true(strings_reason(&strings, SCREEN_ENGLISH, many, shown));
    assert_int_equal(strlen(shown), STRINGS_REASON_MAX - 1);
    strings_finish(&strings);
}

/* What NetworkManager says besides, and in English, is for the log. */
static void what_has_no_words_is_told_in_general_and_never_as_it_came(void **state) {
    (void)state;
    static const struct {
        const char *screen, *reason, *english, *french;
    } rows[] = {
        {"stick-failed", "NetworkManager: Error: Connection activation failed: The modem could not be found.",
         "The reason is in this screen’s log.", "La raison figure dans le journal de cet écran."},
        {"stick-failed", "NetworkManager: nmcli failed without a word", "The reason is in this screen’s log.",
         "La raison figure dans le journal de cet écran."},
        {"stick-refused", "something new", "It is in this screen’s log.",
         "Elle figure dans le journal de cet écran."},
        {"stick-refused", "not a file", "pingplay-network.json is not a plain file.",
         "pingplay-network.json n’est pas un fichier ordinaire."},
        {"stick-failed", "", "", ""},
    };
    struct strings strings = load();
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char shown[STRINGS_REASON_MAX];
        strings_explain(&strings, SCREEN_ENGLISH, rows[i].screen, rows[i].reason, shown);
        assert_string_equal(shown, rows[i].english);
        strings_explain(&strings, SCREEN_FRENCH, rows[i].screen, rows[i].reason, shown);
        assert_string_equal(shown, rows[i].french);
    }
    strings_finish(&strings);
}

/* Each has the same names, and as many stars. */
static void the_two_languages_have_the_same_reasons(void **state) {
    (void)state;
    struct strings strings = load();
    size_t count = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, strings.english) {
        const char *french = strings_get(&strings, SCREEN_FRENCH, one->string);
        if (strncmp(one->string, "reason.", 7) != 0)
            continue;
        count++;
        if (!*french || !strchr(french, '*') != !strchr(one->valuestring, '*') ||
            (strchr(french, '*') && !strchr(one->string, '*')))
            fail_msg("%s", one->string);
    }
    assert_true(count > 30);
    assert_int_equal(cJSON_GetArraySize(strings.english), cJSON_GetArraySize(strings.french));
    strings_finish(&strings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_have_words_in_both_languages),
        cmocka_unit_test(what_is_not_known_is_not_shown_as_something_else),
        cmocka_unit_test(what_has_no_words_is_told_in_general_and_never_as_it_came),
        cmocka_unit_test(the_two_languages_have_the_same_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
