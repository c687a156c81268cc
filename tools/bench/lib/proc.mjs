// What /proc tells of processes. Reading another program's memory map needs root where that program forbids it, as
// the agent does.
import { readFileSync, readdirSync } from 'node:fs';

const TICKS = 100; // of utime and stime in a second, USER_HZ on every Linux

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return undefined; // it has ended
    throw error;
  }
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

// The fields behind the name, which may hold anything: state is 0, ppid 1, utime 11, stime 12, cutime 13, cstime 14.
const statOf = (pid) => read(`/proc/${pid}/stat`)?.replace(/^.*\) /s, '').split(' ');

export const nameOf = (pid) => read(`/proc/${pid}/comm`)?.trim();

/** `roots` and all their descendants. */
export function family(...roots) {
  const parents = new Map();
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name)).map(Number)) {
    const stat = statOf(pid);
    if (stat) parents.set(pid, Number(stat[1]));
  }
  const all = new Set(roots);
  for (let before = 0; before !== all.size;) {
    before = all.size;
    for (const [pid, parent] of parents) if (all.has(parent)) all.add(pid);
  }
  return [...all].filter((pid) => parents.has(pid));
}

/** Seconds of processor time of the processes and of their children that have ended. */
export function cpuSeconds(pids) {
  let ticks = 0;
  for (const pid of pids) ticks += (statOf(pid) ?? []).slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS;
}

/** Proportional set size, in MiB. */
export function pssMib(pids) {
  let kib = 0;
  for (const pid of pids) kib += Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);
  return kib / 1024;
}

/** Times that any thread was put to sleep and woken again, by thread. */
export function wakeups(pids) {
  const counts = new Map();
  for (const pid of pids) {
    for (const thread of list(`/proc/${pid}/task`)) {
      const status = read(`/proc/${pid}/task/${thread}/status`);
      const count = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status ?? '')?.[1];
      if (count) counts.set(`${nameOf(pid)}/${thread}`, Number(count));
    }
  }
  return counts;
}
