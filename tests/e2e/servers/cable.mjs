// In a network namespace of its own (`unshare --net node cable.mjs`): a display that is started before there is a network, and
// what its agent says once there is one, as JSON.
import { execFileSync } from 'node:child_process';
import { startDisplay } from '../lib/display.mjs';
import { startHeadend } from '../lib/headend.mjs';

const ip = (...words) => execFileSync('ip', words);

ip('link', 'set', 'lo', 'up');
const headend = await startHeadend();
ip('link', 'set', 'lo', 'down');
const display = await startDisplay(headend);
try {
  await display.agent.waitLog(/enrolment-network: /);
  ip('link', 'set', 'lo', 'up');
  // As a cable brings one; that of the loopback is not said.
  ip('address', 'add', '192.0.2.1/32', 'dev', 'lo');
  await display.waitCode();
  process.stdout.write(JSON.stringify(display.agent.log.split('\n')));
} finally {
  await display.stop();
  await headend.stop();
}
