/*
 * The end of an erase, in memory: the agent is as one that was just started. What stands in struct agent is forgotten
 * unless it is of the process, of the machine, or for the next owner to hear of the erase; so a part that is new is
 * forgotten, too.
 */
#ifndef PP_AGENT_FORGET_H
#define PP_AGENT_FORGET_H

struct agent;

/* Once all is stopped, closed and erased (startup_close): nothing of what goes is in use any more. */
void agent_forget(struct agent *agent);

#endif
