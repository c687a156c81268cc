/* The program's commands, one row each in the table of commands.c. */
#ifndef HEADEND_COMMANDS_H
#define HEADEND_COMMANDS_H

#include "base/error.h"

/* Runs what the words after the program's name ask for. */
bool command_run(int argc, char **argv, struct pp_error *error);

/* command_init.c */
bool command_init(int argc, char **argv, struct pp_error *error);
bool command_user_add(int argc, char **argv, struct pp_error *error);
/* command_screen.c */
bool command_approve(int argc, char **argv, struct pp_error *error);
bool command_screen_list(int argc, char **argv, struct pp_error *error);
bool command_screen_show(int argc, char **argv, struct pp_error *error);
bool command_screen_set(int argc, char **argv, struct pp_error *error);
bool command_screen_retire(int argc, char **argv, struct pp_error *error);
/* command_publish.c */
bool command_publish(int argc, char **argv, struct pp_error *error);

#endif
