/*
 * An alert in words, for a mail: a subject, plain text and HTML, in the rule's language and by its time zone; and the
 * document that a webhook gets:
 *
 *   {"type": "alert.trouble", "timestamp": "2026-11-30T12:00:00Z", "data": {…}}
 *
 * `data` are the message's facts (ops/alert_watch.h), with the address of the page of each screen.
 */
#ifndef HEADEND_SERVE_ALERT_WORDS_H
#define HEADEND_SERVE_ALERT_WORDS_H

#include "headend/ops/alert_queue.h"

struct strings;

#define ALERT_SUBJECT_MAX 200         /* bytes */
#define ALERT_WORDS_MAX   (96 * 1024) /* bytes, of each */

struct alert_words {
    char subject[ALERT_SUBJECT_MAX + 1];
    struct pp_buf text, html;
};
void alert_words_begin(struct alert_words *words);
void alert_words_finish(struct alert_words *words);
#define alert_words_auto PP_CLEANUP(alert_words_finish)

/* `address` is where people reach this headend: "https://screens.example.org". */
PP_MUST_USE bool alert_words_write(const struct strings *strings, const struct alert_rule *rule,
                                   const struct alert_message *message, const char *address,
                                   struct alert_words *words, struct pp_error *error);
PP_MUST_USE bool alert_document_write(const struct alert_message *message, const char *address,
                                      struct pp_buf *document, struct pp_error *error);

#endif
