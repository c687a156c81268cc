/* The texts of a program's pages, as it has them in itself (embedded.h): the same ones in both languages. For whoever
 * has included that and cmocka. */
#ifndef PP_TEST_LANGUAGES_H
#define PP_TEST_LANGUAGES_H

#include <cjson/cJSON.h>

static inline void languages_have_the_same_texts(void **state) {
    (void)state;
    cJSON *english = cJSON_Parse((const char *)embedded_find(embedded_files, "strings.en.json")->data);
    cJSON *french = cJSON_Parse((const char *)embedded_find(embedded_files, "strings.fr.json")->data);
    const cJSON *text;
    cJSON_ArrayForEach(text, english) {
        if (!cJSON_HasObjectItem(french, text->string))
            fail_msg("French lacks %s", text->string);
    }
    assert_int_equal(cJSON_GetArraySize(english), cJSON_GetArraySize(french));
    cJSON_Delete(english);
    cJSON_Delete(french);
}

#endif
