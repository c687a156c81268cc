/* In a file of its own: who only reports links no libseccomp. */
#include <stdio.h>

#include "sandbox/sandbox.h"

void sandbox_report(uint8_t level, char text[SANDBOX_REPORT_MAX]) {
    snprintf(text, SANDBOX_REPORT_MAX, "%s, %s, %s, %s", level & SANDBOX_SECCOMP ? "seccomp" : "no seccomp",
             level & SANDBOX_NO_NEW_PRIVS ? "no new privileges" : "new privileges possible",
             level & SANDBOX_USER_NAMESPACE ? "own namespaces" : "shared namespaces",
             level & SANDBOX_LANDLOCK ? "Landlock" : "no Landlock");
}
