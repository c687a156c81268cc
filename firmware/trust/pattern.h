/* Path patterns of delegations (specification §4.5, PATHPATTERN; glob(7)). */
#ifndef PP_TRUST_PATTERN_H
#define PP_TRUST_PATTERN_H

#include <stdbool.h>

/* '*' matches any run of characters, '?' one, '[a-c]' and '[!a-c]' one of a set of ASCII characters; none of
 * them matches '/', so a path has as many segments as its pattern. There is no escape character; a '['
 * without its ']' stands for itself. A character is a UTF-8 one. Time is at most pattern length x path
 * length. */
bool trust_pattern_matches(const char *pattern, const char *path);

#endif
