// What can be asked of a screen from here, and what goes with it. Others are for the command line: their results are no business of a page, or
// cannot be taken back.
import type { CommandName } from '../api/schema.js';

export interface CommandRow {
  readonly name: CommandName;
  readonly choice?: readonly ('on' | 'off')[];
  readonly least?: number;
  readonly most?: number;
  readonly usual?: number;
  readonly interrupts?: true; // what the screen shows: asked for once more
}

export const commands: readonly CommandRow[] = [
  { name: 'identify', least: 1, most: 300, usual: 15 },
  { name: 'display', choice: ['on', 'off'] },
  { name: 'volume', least: 0, most: 100, usual: 50 },
  { name: 'brightness', least: 0, most: 100, usual: 80 },
  { name: 'restart-player', interrupts: true },
  { name: 'restart', interrupts: true },
  { name: 'reboot', interrupts: true },
  { name: 'clear-cache', interrupts: true },
  { name: 'renew-certificate' },
  { name: 'diagnose' },
];
