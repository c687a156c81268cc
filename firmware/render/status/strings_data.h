/* The files of assets/strings, as they are. Private to the module. */
#ifndef PP_RENDER_STATUS_STRINGS_DATA_H
#define PP_RENDER_STATUS_STRINGS_DATA_H

extern const char strings_data_en[];
extern const char strings_data_fr[];

#endif
