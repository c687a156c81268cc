/* What a check can find, and what a technician can do about it. */
#ifndef PP_DIAGNOSE_FINDINGS_H
#define PP_DIAGNOSE_FINDINGS_H

#include <stddef.h>

enum verdict {
    VERDICT_OK,
    VERDICT_SKIPPED, /* it makes no sense here, or what it needs has failed */
    VERDICT_UNKNOWN, /* it cannot be seen from here */
    VERDICT_WARNING,
    VERDICT_FAULT,
};
const char *verdict_name(enum verdict verdict);

struct finding {
    const char *name;  /* "tls-untrusted" */
    const char *check; /* "tls" */
    enum verdict verdict;
    const char *text[2]; /* in English and French */
};

/* NULL where there is none of that name. */
const struct finding *finding_find(const char *name);
const struct finding *finding_at(size_t index); /* NULL behind the last */
/* A check's name, in words; the name itself where there is none. */
const char *check_title(const char *check, int french);

#endif
