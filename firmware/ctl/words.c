#include "ctl/words.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAME_MAX_BYTES 64

/* clang-format off */
static const struct word table[] = {
    /* errors of our own */
    {"error.no-agent",
     {"The agent is not running, or not reachable",
      "L’agent ne fonctionne pas, ou n’est pas joignable"}},
    {"error.silent", {"The agent does not answer", "L’agent ne répond pas"}},
    {"error.gone",
     {"The agent has ended before it answered; it may be restarting",
      "L’agent s’est arrêté avant de répondre ; il redémarre peut-être"}},
    {"error.refused", {"Refused", "Refusé"}},
    {"error.denied", {"Not allowed", "Non autorisé"}},
    {"error.answer", {"The agent’s answer cannot be read", "La réponse de l’agent est illisible"}},
    {"yes", {"yes", "oui"}},
    {"no", {"no", "non"}},
    {"none", {"none", "aucun"}},
    {"never", {"never since the start", "jamais depuis le démarrage"}},
    /* status */
    {"status.state", {"State", "État"}},
    {"status.code", {"Code", "Code"}},
    {"status.trouble", {"In detail", "En détail"}},
    {"status.access_mode", {"Access mode", "Mode d’accès"}},
    {"status.name", {"Name", "Nom"}},
    {"status.site", {"Site", "Site"}},
    {"status.device", {"Device", "Appareil"}},
    {"status.fingerprint", {"Fingerprint", "Empreinte"}},
    {"status.certificate_end", {"Certificate ends", "Fin du certificat"}},
    {"status.authority", {"Authority", "Autorité"}},
    {"status.until", {"until", "jusqu’au"}},
    {"status.headend", {"Headend", "Serveur"}},
    {"status.last_contact", {"Last contact", "Dernier contact"}},
    {"status.channel", {"Channel", "Chaîne"}},
    {"status.manifest", {"Manifest", "Manifeste"}},
    {"status.content_shown", {"Content shown", "Contenu affiché"}},
    {"status.time", {"Time", "Heure"}},
    {"status.key_provider", {"Key provider", "Gardien des clés"}},
    {"status.sandbox", {"Sandbox", "Bac à sable"}},
    {"status.storage", {"Storage", "Stockage"}},
    {"unit.mib", {"MiB", "Mio"}},
    {"unit.objects", {"objects", "objets"}},
    {"unit.free", {"free", "libres"}},
    {"unit.days", {"d", "j"}},
    {"status.display", {"Display", "Affichage"}},
    {"status.software", {"Software", "Logiciel"}},
    {"status.versions", {"Versions", "Versions"}},
    {"status.version_state", {"state", "état"}},
    {"status.version_root", {"trust root", "racine de confiance"}},
    {"status.enrol_code", {"Code to enrol", "Code d’enrôlement"}},
    {"clock.network", {"by the synchronised system clock", "selon l’horloge système synchronisée"}},
    {"clock.signed",
     {"by the headend’s signed answer; no clock is synchronised",
      "selon la réponse signée du serveur ; aucune horloge n’est synchronisée"}},
    {"clock.floor",
     {"by the last time that was known; no clock is synchronised and the headend has not answered",
      "selon la dernière heure connue ; aucune horloge n’est synchronisée et le serveur n’a pas répondu"}},
    {"clock.system",
     {"by the system clock, which nobody synchronises",
      "selon l’horloge système, que rien ne synchronise"}},
    {"state.unenrolled",
     {"waits to be enrolled: the screen shows a code",
      "attend d’être enrôlé : l’écran affiche un code"}},
    {"state.enrolling", {"approved; its certificate is on the way", "approuvé ; son certificat arrive"}},
    {"state.connecting", {"looks for its headend", "cherche son serveur"}},
    {"state.online", {"online", "en ligne"}},
    {"state.offline", {"offline, plays on", "hors ligne, continue à jouer"}},
    {"state.locked", {"locked by the headend", "verrouillé par le serveur"}},
    {"state.starting", {"opens its state folder", "ouvre son dossier d’état"}},
    {"state.erasing", {"erases everything", "efface tout"}},
    {"state.retired", {"retired and erased", "retiré et effacé"}},
    {"access.unknown", {"not named by the headend yet", "pas encore nommé par le serveur"}},
    {"access.certificate", {"certificate", "certificat"}},
    {"access.cookie", {"device cookie", "cookie d’appareil"}},
    {"access.sso", {"single sign-on", "authentification unique"}},
    {"access.password", {"password", "mot de passe"}},
    {"code.N-1",
     {"No connection to the headend: check cable, Wi-Fi, proxy, name server",
      "Pas de connexion au serveur : vérifiez câble, Wi-Fi, proxy, serveur de noms"}},
    {"code.N-2",
     {"Somebody has to sign in to this network (a captive portal): sign in for this screen, or ask who runs the "
      "network to let it through",
      "Quelqu’un doit se connecter à ce réseau (un portail captif) : connectez-vous pour cet écran, ou demandez à "
      "qui gère le réseau de le laisser passer"}},
    {"code.T-1",
     {"The headend’s TLS cannot be verified: check the clock and the setting “ca”",
      "Le TLS du serveur ne peut pas être vérifié : vérifiez l’horloge et le réglage « ca »"}},
    {"code.H-1", {"The headend answered with an error", "Le serveur a répondu par une erreur"}},
    {"code.H-2",
     {"The headend refused this display point, or nobody approved it",
      "Le serveur a refusé cet écran, ou personne ne l’a approuvé"}},
    {"code.H-3", {"What was asked for is not at the headend", "Ce qui a été demandé n’est pas sur le serveur"}},
    {"code.S-1",
     {"A signature, hash or seal is wrong: something was changed on the way",
      "Une signature, une empreinte ou un sceau est faux : quelque chose a été modifié en chemin"}},
    {"code.S-2",
     {"What was signed has expired: check the headend, and the clock here",
      "Ce qui a été signé a expiré : vérifiez le serveur, et l’horloge ici"}},
    {"code.S-3",
     {"Older content than was seen already was refused",
      "Un contenu plus ancien que celui déjà vu a été refusé"}},
    {"code.D-1", {"A document is malformed", "Un document est mal formé"}},
    {"code.D-2", {"A document is over a limit", "Un document dépasse une limite"}},
    {"code.C-1", {"No item of the channel can be shown", "Aucun élément de la chaîne ne peut être affiché"}},
    {"code.F-1", {"The flash is full", "La mémoire flash est pleine"}},
    {"code.F-2",
     {"The flash, or another part of the machine, fails",
      "La mémoire flash, ou une autre partie de l’appareil, est défaillante"}},
    {"code.M-1", {"Out of memory", "Mémoire insuffisante"}},
    {"code.V-1", {"This version cannot do that: update it", "Cette version ne le peut pas : mettez-la à jour"}},
    {"code.X-1", {"Something else: see “pingplayctl logs”", "Autre chose : voyez « pingplayctl logs »"}},
    /* enrol */
    {"enrol.scan", {"Scan with a phone, or open", "Scannez avec un téléphone, ou ouvrez"}},
    {"enrol.enter", {"and enter", "et saisissez"}},
    {"enrol.check", {"The page asks for a group of this fingerprint", "La page demande un groupe de cette empreinte"}},
    {"enrol.enrolled",
     {"This screen is enrolled; it offers no code. “pingplayctl reset” makes it nobody’s.",
      "Cet écran est enrôlé ; il ne propose pas de code. « pingplayctl reset » le rend à personne."}},
    {"enrol.given_up",
     {"The approval that waited for its certificate is given up: this screen has to be approved again.",
      "L’approbation qui attendait son certificat est abandonnée : cet écran doit être approuvé de nouveau."}},
    {"enrol.waits",
     {"There is no code yet: the headend has given none. “pingplayctl diagnose” tells why.",
      "Pas encore de code : le serveur n’en a pas donné. « pingplayctl diagnose » dit pourquoi."}},
    /* stats */
    {"stats.uptime", {"Running for", "En marche depuis"}},
    {"stats.plays", {"Items shown", "Éléments affichés"}},
    {"stats.frames_late", {"Frames late", "Images en retard"}},
    {"stats.item_faults", {"Items failed", "Éléments en échec"}},
    {"stats.items_set_aside", {"Items set aside", "Éléments mis de côté"}},
    {"stats.players_lost", {"Players lost", "Lecteurs perdus"}},
    {"stats.sync_passes", {"Syncs", "Synchronisations"}},
    {"stats.sync_switches", {"Manifests taken", "Manifestes adoptés"}},
    {"stats.sync_failures", {"Syncs failed", "Synchronisations échouées"}},
    {"stats.objects_fetched", {"Objects fetched", "Objets reçus"}},
    {"stats.bytes_fetched", {"Bytes fetched", "Octets reçus"}},
    {"stats.objects_damaged", {"Objects damaged", "Objets abîmés"}},
    {"stats.reports_lost", {"Reports lost, ever", "Rapports perdus, en tout"}},
    {"stats.resident_bytes", {"Memory of the agent", "Mémoire de l’agent"}},
    {"stats.resident_peak_bytes", {"The most so far", "Le maximum jusqu’ici"}},
    {"stats.renderer_peak_bytes", {"The most of a renderer", "Le maximum d’un moteur de rendu"}},
    /* reset */
    {"reset.warning",
     {"This erases the keys, the content and the identity of",
      "Ceci efface les clés, le contenu et l’identité de"}},
    {"reset.question",
     {"It cannot be undone: the screen has to be enrolled anew. Type “yes” to go on:",
      "C’est irréversible : l’écran devra être enrôlé à nouveau. Tapez « oui » pour continuer :"}},
    {"reset.word", {"yes", "oui"}},
    {"reset.cancelled", {"nothing was erased", "rien n’a été effacé"}},
    {"reset.erasing",
     {"The agent erases everything, and asks for a new code.",
      "L’agent efface tout, et demande un nouveau code."}},
    {"reset.no_code",
     {"It is erased. There is no code yet: “pingplayctl diagnose” tells why.",
      "C’est effacé. Pas encore de code : « pingplayctl diagnose » dit pourquoi."}},
    /* sign-out */
    {"sign_out.done",
     {"The session has ended: its keys are destroyed, and the screen is locked.",
      "La session est fermée : ses clés sont détruites, et l’écran est verrouillé."}},
    /* vault */
    {"vault.moving",
     {"The agent ends, moves its vault, and is started again.",
      "L’agent s’arrête, déplace son coffre, et est redémarré."}},
    {"vault.moved",
     {"The vault has a new key there; the old one is destroyed.",
      "Le coffre y a une nouvelle clé ; l’ancienne est détruite."}},
    {"vault.not_moved",
     {"It was not moved: “journalctl -u pingplay-agent” tells why. What it has is as it was.",
      "Il n’a pas été déplacé : « journalctl -u pingplay-agent » dit pourquoi. Il est comme avant."}},
    /* proxy */
    {"proxy.password", {"Password", "Mot de passe"}},
    {"proxy.address", {"Proxy", "Proxy"}},
    {"proxy.none", {"none", "aucun"}},
    {"proxy.kept", {"kept, and not shown", "gardé, et non affiché"}},
    {"proxy.ca", {"Authorities", "Autorités"}},
    {"proxy.user", {"User", "Utilisateur"}},
    {"proxy.principal", {"Principal", "Principal"}},
    {"proxy.kdc", {"KDC", "KDC"}},
    {"proxy.keytab", {"Keytab", "Keytab"}},
    {"proxy.except", {"Reached without it", "Joints sans lui"}},
    {"proxy.phase", {"It", "Il"}},
    {"proxy.former", {"The former one", "L’ancien"}},
    {"proxy.source", {"Set by", "Réglé par"}},
    {"phase.unproven", {"has not reached the headend yet", "n’a pas encore joint le serveur"}},
    {"phase.settled", {"reaches the headend", "joint le serveur"}},
    {"phase.trying",
     {"is being tried; until it reaches the headend the former one is kept",
      "est à l’essai ; l’ancien est gardé jusqu’à ce qu’il joigne le serveur"}},
    {"phase.fallen-back",
     {"does not reach the headend: the former one is in use",
      "ne joint pas le serveur : l’ancien est utilisé"}},
    {"source.configuration", {"the configuration, or nobody", "la configuration, ou personne"}},
    {"source.pingplayctl", {"pingplayctl", "pingplayctl"}},
    {"source.headend", {"the headend", "le serveur"}},
    /* network */
    {"network.passphrase", {"Passphrase (not shown)", "Phrase secrète (non affichée)"}},
    {"network.code", {"Text of the QR code (not shown)", "Texte du code QR (non affiché)"}},
    {"network.absent",
     {"pingplay-network(8) is not there; it needs NetworkManager",
      "pingplay-network(8) n’est pas là ; il lui faut NetworkManager"}},
    {"network.silent", {"pingplay-network(8) does not answer", "pingplay-network(8) ne répond pas"}},
    {"network.not_done",
     {"It was not done, and what was there before stays",
      "Ce n’est pas fait, et ce qu’il y avait avant reste"}},
    {"network.done", {"Done.", "C’est fait."}},
    {"network.kept", {"It is kept, but", "C’est gardé, mais"}},
    {"network.none", {"Nothing was set here.", "Rien n’a été réglé ici."}},
    {"network.profile", {"Profile", "Profil"}},
    {"network.active", {"In use", "En service"}},
    {"network.interface", {"Interface", "Interface"}},
    {"network.ssid", {"Wi-Fi", "Wi-Fi"}},
    {"network.hidden", {"Hidden", "Masqué"}},
    {"network.security", {"Security", "Sécurité"}},
    {"network.identity", {"Identity (802.1X)", "Identité (802.1X)"}},
    {"network.anonymous_identity", {"Identity before TLS", "Identité avant TLS"}},
    {"network.server", {"Server (802.1X)", "Serveur (802.1X)"}},
    {"network.server_domain", {"Server in (802.1X)", "Serveur dans (802.1X)"}},
    {"network.certificate", {"Certificate (802.1X)", "Certificat (802.1X)"}},
    {"network.certificate.valid", {"good until", "bon jusqu’au"}},
    {"network.certificate.expired",
     {"has expired, and the network will refuse it: bring this screen to its headend by another network. It ended",
      "a expiré, et le réseau le refusera : reliez cet écran à son serveur par un autre réseau. Fin"}},
    {"network.certificate.missing",
     {"none: the agent does not run, its vault is not open, or this screen is not enrolled",
      "aucun : l’agent ne tourne pas, son coffre n’est pas ouvert, ou cet écran n’est pas enrôlé"}},
    {"network.ipv4_method", {"IPv4", "IPv4"}},
    {"network.ipv4_addresses", {"IPv4 address set", "Adresse IPv4 réglée"}},
    {"network.ipv4_gateway", {"IPv4 gateway", "Passerelle IPv4"}},
    {"network.ipv4_dns", {"IPv4 name servers", "Serveurs de noms IPv4"}},
    {"network.ipv6_method", {"IPv6", "IPv6"}},
    {"network.ipv6_addresses", {"IPv6 address set", "Adresse IPv6 réglée"}},
    {"network.ipv6_gateway", {"IPv6 gateway", "Passerelle IPv6"}},
    {"network.ipv6_dns", {"IPv6 name servers", "Serveurs de noms IPv6"}},
    {"network.address", {"Address", "Adresse"}},
    {"network.trouble", {"In detail", "En détail"}},
    /* schedule */
    {"schedule.at", {"At", "Le"}},
    {"schedule.layout", {"Layout", "Mise en page"}},
    {"schedule.why", {"Because", "Parce que"}},
    {"schedule.default",
     {"no event of the schedule lasts: the default layout",
      "aucun événement n’est en cours : mise en page par défaut"}},
    {"schedule.event", {"event", "événement"}},
    {"schedule.priority", {"priority", "priorité"}},
    {"schedule.since", {"since", "depuis le"}},
    {"schedule.nothing",
     {"Nothing is to be shown: there is no manifest",
      "Rien à afficher : il n’y a pas de manifeste"}},
    {"schedule.zone", {"Zone", "Zone"}},
    {"schedule.by_the_clock", {"by the clock", "selon l’horloge"}},
    {"schedule.in_order", {"one after the other", "l’un après l’autre"}},
    {"schedule.own_length", {"its own length", "sa propre durée"}},
    {"schedule.more", {"more", "de plus"}},
    {"schedule.next", {"Then", "Ensuite"}},
    {"schedule.no_change", {"no change", "pas de changement"}},
    {"schedule.until", {"until", "jusqu’au"}},
    {"schedule.ever", {"any more", "par la suite"}},
    {"schedule.bad_time",
     {"--at: not a time (YYYY-MM-DDTHH:MM, with a Z for UTC)",
      "--at : pas une heure (AAAA-MM-JJTHH:MM, avec un Z pour UTC)"}},
    /* diagnose */
    {"diagnose.alone",
     {"The agent does not answer; this is what can be seen without it",
      "L’agent ne répond pas ; voici ce que l’on voit sans lui"}},
    {"verdict.ok", {"ok", "ok"}},
    {"verdict.skipped", {"-", "-"}},
    {"verdict.unknown", {"?", "?"}},
    {"verdict.warning", {"warning", "à voir"}},
    {"verdict.fault", {"FAULT", "PANNE"}},
    /* logs */
    {"logs.lost", {"lines came faster than they were read", "lignes sont venues plus vite qu’elles n’ont été lues"}},
    {"logs.again",
     {"the agent has ended; its next start is waited for",
      "l’agent s’est arrêté ; on attend son prochain démarrage"}},
};
/* clang-format on */

bool language_parse(const char *name, enum language *language) {
    static const char *const names[LANGUAGES] = {"en", "fr"};
    for (enum language i = 0; i < LANGUAGES; i++) {
        if (strncmp(name, names[i], 2) == 0 && (!name[2] || strchr("_-.@", name[2]))) {
            *language = i;
            return true;
        }
    }
    return false;
}

enum language language_of_environment(void) {
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    enum language language = LANGUAGE_EN;
    for (size_t i = 0; i < PP_COUNT(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value && *value) {
            (void)language_parse(value, &language);
            break;
        }
    }
    return language;
}

static const struct word *word_find(const char *name) {
    for (size_t i = 0; i < PP_COUNT(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const char *words(enum language language, const char *name) {
    const struct word *word = word_find(name);
    return word ? word->text[language] : name;
}

const char *words_of(enum language language, const char *prefix, const char *name, const char *otherwise) {
    char full[NAME_MAX_BYTES];
    snprintf(full, sizeof full, "%s.%s", prefix, name);
    const struct word *word = word_find(full);
    return word ? word->text[language] : otherwise;
}

const struct word *words_at(unsigned index) {
    return index < PP_COUNT(table) ? &table[index] : NULL;
}
