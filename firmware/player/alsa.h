/* libasound writes to standard error by itself, a line for each underrun. */
#ifndef PP_PLAYER_ALSA_H
#define PP_PLAYER_ALSA_H

/* Takes its words away, where SDL has loaded it: what a technician needs, SDL_GetError says. */
void alsa_silence(void);

#endif
