#include "diagnose/findings.h"

#include <string.h>

#include "base/mem.h"

/* clang-format off */
static const struct finding findings[] = {
    {"link-up", "link", VERDICT_OK, {"There is a network connection", "Il y a une connexion au réseau"}},
    {"link-down", "link", VERDICT_FAULT,
     {"No network: plug in the cable, check the switch, or set up the Wi-Fi",
      "Pas de réseau : branchez le câble, vérifiez le commutateur, ou configurez le Wi-Fi"}},
    {"address-found", "address", VERDICT_OK, {"It has an address", "Il a une adresse"}},
    {"address-self-assigned", "address", VERDICT_FAULT,
     {"Only an address of its own making: no DHCP server answers, or the wrong network is plugged in",
      "Seulement une adresse qu’il s’est donnée : aucun serveur DHCP ne répond, ou le mauvais réseau est branché"}},
    {"address-none", "address", VERDICT_FAULT,
     {"No address: check DHCP, or set a static address",
      "Pas d’adresse : vérifiez le DHCP, ou configurez une adresse fixe"}},
    {"route-found", "route", VERDICT_OK, {"It knows its router", "Il connaît son routeur"}},
    {"route-none", "route", VERDICT_WARNING,
     {"No default route: only its own network can be reached. Check the gateway in DHCP or in the static settings",
      "Pas de route par défaut : seul son propre réseau est joignable. Vérifiez la passerelle dans le DHCP ou "
      "les réglages fixes"}},
    {"name-resolved", "dns", VERDICT_OK, {"The name can be resolved", "Le nom peut être résolu"}},
    {"name-literal", "dns", VERDICT_SKIPPED,
     {"The address is a number: no name has to be resolved",
      "L’adresse est un nombre : aucun nom à résoudre"}},
    {"name-unknown", "dns", VERDICT_FAULT,
     {"The name server does not know this name: check the address for a mistyped letter, or ask who runs the "
      "name server",
      "Le serveur de noms ne connaît pas ce nom : vérifiez une faute de frappe dans l’adresse, ou demandez à "
      "qui gère le serveur de noms"}},
    {"name-server-silent", "dns", VERDICT_FAULT,
     {"No name server answers: check the name server in DHCP, and the firewall (port 53)",
      "Aucun serveur de noms ne répond : vérifiez le serveur de noms dans le DHCP, et le pare-feu (port 53)"}},
    {"name-server-none", "dns", VERDICT_FAULT,
     {"No name server is configured: check DHCP, or set one",
      "Aucun serveur de noms n’est configuré : vérifiez le DHCP, ou configurez-en un"}},
    {"proxy-none", "proxy", VERDICT_SKIPPED, {"No proxy is configured", "Aucun proxy n’est configuré"}},
    {"proxy-reached", "proxy", VERDICT_OK, {"The proxy can be reached", "Le proxy est joignable"}},
    {"proxy-unreached", "proxy", VERDICT_FAULT,
     {"The proxy cannot be reached: check its address in the configuration, and whether it runs",
      "Le proxy n’est pas joignable : vérifiez son adresse dans la configuration, et qu’il fonctionne"}},
    {"tcp-connected", "tcp", VERDICT_OK, {"The headend can be reached", "Le serveur est joignable"}},
    {"tcp-by-proxy", "tcp", VERDICT_SKIPPED, {"It is reached through the proxy", "Il est joint par le proxy"}},
    {"tcp-refused", "tcp", VERDICT_FAULT,
     {"The machine answers, but not the headend: check the port, and whether the headend runs",
      "La machine répond, mais pas le serveur : vérifiez le port, et que le serveur fonctionne"}},
    {"tcp-silent", "tcp", VERDICT_FAULT,
     {"No answer: a firewall may keep the connection out, or the headend is switched off",
      "Pas de réponse : un pare-feu bloque peut-être la connexion, ou le serveur est éteint"}},
    {"tcp-unreachable", "tcp", VERDICT_FAULT,
     {"There is no way to that address: check the router and the network that this screen is in",
      "Aucun chemin vers cette adresse : vérifiez le routeur et le réseau de cet écran"}},
    {"ca-good", "ca", VERDICT_OK,
     {"The file “ca” has authorities in it", "Le fichier « ca » contient des autorités"}},
    {"ca-expired", "ca", VERDICT_WARNING,
     {"An authority in the file “ca” is out of date: take it out, and put in the one that has followed it",
      "Une autorité du fichier « ca » n’est plus valable : retirez-la, et mettez celle qui lui a succédé"}},
    {"ca-flawed", "ca", VERDICT_FAULT,
     {"The file “ca” is not what it should be: copy it from the headend again",
      "Le fichier « ca » n’est pas ce qu’il devrait être : copiez-le à nouveau depuis le serveur"}},
    {"password-none", "password", VERDICT_SKIPPED,
     {"No proxy is used that is given one", "Aucun proxy utilisé n’en reçoit"}},
    {"password-held", "password", VERDICT_OK,
     {"The proxy is given this name and its password", "Le proxy reçoit ce nom et son mot de passe"}},
    {"password-unread", "password", VERDICT_UNKNOWN,
     {"What the proxy knows this screen by is in the vault, which cannot be read from here",
      "Ce par quoi le proxy connaît cet écran est dans le coffre, qui ne peut pas être lu d’ici"}},
    {"ticket-none", "ticket", VERDICT_SKIPPED,
     {"No proxy is used that wants one", "Aucun proxy utilisé n’en demande"}},
    {"ticket-awaited", "ticket", VERDICT_UNKNOWN, {"It is being asked for", "Il est demandé en ce moment"}},
    {"ticket-held", "ticket", VERDICT_OK,
     {"The proxy can be shown a ticket", "Un ticket peut être présenté au proxy"}},
    {"ticket-refused", "ticket", VERDICT_FAULT,
     {"The KDC gives no ticket for the proxy: check the principal and its keytab or password, and the proxy’s name",
      "Le KDC ne donne pas de ticket pour le proxy : vérifiez le principal et son keytab ou mot de passe, et le "
      "nom du proxy"}},
    {"ticket-no-kdc", "ticket", VERDICT_FAULT,
     {"No KDC answers: check “proxy-kdc”, the name server, and the firewall (port 88)",
      "Aucun KDC ne répond : vérifiez « proxy-kdc », le serveur de noms, et le pare-feu (port 88)"}},
    {"ticket-clock", "ticket", VERDICT_FAULT,
     {"The clock here and the KDC’s differ by more than Kerberos allows: set whichever is wrong",
      "L’horloge d’ici et celle du KDC diffèrent de plus que Kerberos ne permet : corrigez celle qui est fausse"}},
    {"tls-verified", "tls", VERDICT_OK, {"The headend is the right one", "Le serveur est le bon"}},
    {"tls-untrusted", "tls", VERDICT_FAULT,
     {"Something answers that cannot be trusted, and nothing is sent to it: a proxy or portal may open the "
      "connection, the clock may be wrong, or the file “ca” is of another headend",
      "Ce qui répond n’est pas fiable, et rien ne lui est envoyé : un proxy ou un portail ouvre peut-être la "
      "connexion, l’heure est peut-être fausse, ou le fichier « ca » est d’un autre serveur"}},
    {"tls-broken", "tls", VERDICT_FAULT,
     {"The connection breaks before it is verified: a firewall may cut it, or no headend is behind that port",
      "La connexion se rompt avant d’être vérifiée : un pare-feu la coupe peut-être, ou aucun serveur n’est "
      "derrière ce port"}},
    {"ca-unreadable", "tls", VERDICT_FAULT,
     {"The file “ca” of the configuration cannot be read: copy it from the headend again",
      "Le fichier « ca » de la configuration est illisible : copiez-le à nouveau depuis le serveur"}},
    {"answer-good", "answer", VERDICT_OK, {"The headend answers", "Le serveur répond"}},
    {"answer-error", "answer", VERDICT_FAULT,
     {"The headend answers with an error: tell who runs it",
      "Le serveur répond par une erreur : prévenez qui le gère"}},
    {"answer-none", "answer", VERDICT_FAULT,
     {"It is the right one, but no whole answer comes: the headend may be overloaded or hang; tell who runs it",
      "C’est le bon, mais aucune réponse entière n’arrive : le serveur est peut-être surchargé ou bloqué ; "
      "prévenez qui le gère"}},
    {"portal-none", "portal", VERDICT_OK,
     {"Nobody has to sign in to this network", "Personne n’a à se connecter à ce réseau"}},
    {"portal-found", "portal", VERDICT_FAULT,
     {"Somebody has to sign in to this network (a captive portal): sign in for this screen, or ask who runs the "
      "network to let it through",
      "Quelqu’un doit se connecter à ce réseau (un portail captif) : connectez-vous pour cet écran, ou demandez à "
      "qui gère le réseau de le laisser passer"}},
    {"certificate-good", "certificate", VERDICT_OK,
     {"This screen’s certificate is good", "Le certificat de cet écran est bon"}},
    {"certificate-ended", "certificate", VERDICT_FAULT,
     {"This screen’s certificate has expired: a network with 802.1X lets it in no more. Bring it to its headend by "
      "another network; approve the code that it shows then",
      "Le certificat de cet écran a expiré : un réseau en 802.1X ne l’admet plus. Reliez-le à son serveur par un "
      "autre réseau ; approuvez le code qu’il affiche alors"}},
    {"clock-synchronised", "time", VERDICT_OK,
     {"The clock is right and kept right",
      "L’horloge est juste et synchronisée"}},
    {"clock-free", "time", VERDICT_WARNING,
     {"Nothing keeps the clock right: allow network time (port 123), or name a time server; until then the last "
      "signed time counts",
      "Rien ne garde l’horloge à l’heure : autorisez l’heure réseau (port 123), ou indiquez un serveur de temps "
      "; d’ici là compte la dernière heure signée"}},
    {"clock-off", "time", VERDICT_FAULT,
     {"The clock here and the headend’s differ: set whichever is wrong",
      "L’horloge d’ici et celle du serveur diffèrent : corrigez celle qui est fausse"}},
    {"storage-good", "storage", VERDICT_OK,
     {"The flash has room and can be written",
      "La mémoire flash a de la place et accepte l’écriture"}},
    {"storage-low", "storage", VERDICT_WARNING,
     {"The flash is nearly full: free some room, or lower what the store may take",
      "La mémoire flash est presque pleine : libérez de la place, ou réduisez ce que le stock peut prendre"}},
    {"storage-full", "storage", VERDICT_FAULT,
     {"The flash is full: free some room",
      "La mémoire flash est pleine : libérez de la place"}},
    {"storage-read-only", "storage", VERDICT_FAULT,
     {"The flash cannot be written: it may be worn out. Replace it",
      "La mémoire flash refuse l’écriture : elle est peut-être usée. Remplacez-la"}},
    {"storage-failing", "storage", VERDICT_FAULT,
     {"The flash fails: replace it",
      "La mémoire flash est défaillante : remplacez-la"}},
    {"storage-absent", "storage", VERDICT_FAULT,
     {"The state folder is not there: check the mount and the configuration",
      "Le dossier d’état est absent : vérifiez le montage et la configuration"}},
    {"storage-unseen", "storage", VERDICT_UNKNOWN,
     {"This user may not look at the state folder",
      "Cet utilisateur ne peut pas voir le dossier d’état"}},
    {"display-shown", "display", VERDICT_OK, {"There is a picture", "Il y a une image"}},
    {"display-unplugged", "display", VERDICT_FAULT,
     {"No screen is plugged in, or it is switched off: check its cable and its power",
      "Aucun écran n’est branché, ou il est éteint : vérifiez son câble et son alimentation"}},
    {"display-no-player", "display", VERDICT_FAULT,
     {"The player is not running: see “systemctl status pingplay-player”",
      "Le lecteur ne fonctionne pas : voyez « systemctl status pingplay-player »"}},
    {"display-plugged", "display", VERDICT_OK, {"A screen is plugged in", "Un écran est branché"}},
    {"display-unseen", "display", VERDICT_UNKNOWN,
     {"Whether there is a picture cannot be seen from here",
      "On ne peut pas voir d’ici s’il y a une image"}},
    {"sandbox-whole", "sandbox", VERDICT_OK, {"What reads content is locked in", "Ce qui lit le contenu est enfermé"}},
    {"sandbox-partial", "sandbox", VERDICT_WARNING,
     {"What reads content is not locked in as far as it should be: this kernel, or the unit, does not allow all "
      "of it",
      "Ce qui lit le contenu n’est pas enfermé autant qu’il le devrait : ce noyau, ou l’unité, ne le permet pas "
      "entièrement"}},
    {"sandbox-unseen", "sandbox", VERDICT_UNKNOWN, {"Nothing has read content yet", "Rien n’a encore lu de contenu"}},
    {"agent-well", "agent", VERDICT_OK, {"The agent has nothing to complain of", "L’agent n’a rien à signaler"}},
    {"agent-trouble", "agent", VERDICT_FAULT,
     {"The agent has trouble; the screen shows this code",
      "L’agent a un problème ; l’écran montre ce code"}},
    {"agent-down", "agent", VERDICT_FAULT,
     {"The agent is not running, or does not answer: see “systemctl status pingplay-agent”",
      "L’agent ne fonctionne pas, ou ne répond pas : voyez « systemctl status pingplay-agent »"}},
    {"config-missing", "agent", VERDICT_FAULT,
     {"There is no configuration that can be read: see agent.conf(5)",
      "Aucune configuration lisible : voyez agent.conf(5)"}},
    {"skipped", "", VERDICT_SKIPPED,
     {"Not looked at, since what it needs has failed",
      "Non vérifié, car ce qu’il faut a échoué"}},
};

static const struct {
    const char *name;
    const char *text[2];
} checks[] = {
    {"link", {"Network", "Réseau"}},
    {"address", {"Address", "Adresse"}},
    {"route", {"Router", "Routeur"}},
    {"dns", {"Name server", "Serveur de noms"}},
    {"proxy", {"Proxy", "Proxy"}},
    {"tcp", {"Connection", "Connexion"}},
    {"ca", {"Authorities (ca)", "Autorités (ca)"}},
    {"password", {"Proxy’s password", "Mot de passe du proxy"}},
    {"ticket", {"Ticket (Kerberos)", "Ticket (Kerberos)"}},
    {"tls", {"Trust (TLS)", "Confiance (TLS)"}},
    {"answer", {"Headend", "Serveur"}},
    {"portal", {"Sign-in (network)", "Portail (réseau)"}},
    {"certificate", {"Certificate", "Certificat"}},
    {"time", {"Clock", "Horloge"}},
    {"storage", {"Storage", "Stockage"}},
    {"display", {"Display", "Affichage"}},
    {"sandbox", {"Sandbox", "Bac à sable"}},
    {"agent", {"Agent", "Agent"}},
};
/* clang-format on */

const char *verdict_name(enum verdict verdict) {
    static const char *const names[] = {[VERDICT_OK] = "ok",
                                        [VERDICT_SKIPPED] = "skipped",
                                        [VERDICT_UNKNOWN] = "unknown",
                                        [VERDICT_WARNING] = "warning",
                                        [VERDICT_FAULT] = "fault"};
    return names[verdict];
}

const struct finding *finding_at(size_t index) {
    return index < PP_COUNT(findings) ? &findings[index] : NULL;
}

const struct finding *finding_find(const char *name) {
    for (size_t i = 0; i < PP_COUNT(findings); i++) {
        if (strcmp(findings[i].name, name) == 0)
            return &findings[i];
    }
    return NULL;
}

const char *check_title(const char *check, int french) {
    for (size_t i = 0; i < PP_COUNT(checks); i++) {
        if (strcmp(checks[i].name, check) == 0)
            return checks[i].text[french != 0];
    }
    return check;
}
