/*
 * The program pingplay-headend-look: looks at one file and ends, so that what a file does to it is done to that file
 * alone. Its descriptor 3 is a socket on which LOOK comes (message.h), with the sealed file and the socket for the
 * answer; it closes its cage (cage.h), finds out what the file is (content_look.h), and starts the screens' renderer
 * for all else. It is started by headend-ingest while the headend serves, and by the commands that publish.
 */
#ifndef HEADEND_INGEST_LOOKER_H
#define HEADEND_INGEST_LOOKER_H

/* The exit status. An answer was given where it is 0. */
int looker_run(void);

#endif
