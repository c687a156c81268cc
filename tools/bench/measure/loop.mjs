// The longest turn of the agent's loop while each fsync takes its time, and the same with a flash that is as fast as this
// machine's; without what the loop waits for a processor, which is the machine's load. From the start, over an enrolment, publishes, states and a stretch without the headend, to the stop.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDisplay, until } from '../../../tests/e2e/lib/display.mjs';
import { startHeadend } from '../../../tests/e2e/lib/headend.mjs';
import * as content from '../lib/content.mjs';
import { program } from '../lib/main.mjs';
import { median, round } from '../lib/stats.mjs';

const FIGURES = ['turns', 'longestUs', 'ownUs', 'over', 'syncs', 'loopSyncs', 'cpuUs']; // loop_probe.c
const BUDGET_MS = 20;

export const packages = ['ffmpeg'];
export const options = { sync: { type: 'string', default: '200' }, rounds: { type: 'string', default: '5' }, runs: { type: 'string', default: '3' } };

function read(file) {
  const data = readFileSync(file);
  return Object.fromEntries(FIGURES.map((name, i) => [name, Number(data.readBigUInt64LE(i * 8))]));
}

async function run(syncMs, rounds) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-loop-'));
  const file = path.join(dir, 'figures');
  writeFileSync(file, Buffer.alloc(FIGURES.length * 8));
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  let display;
  try {
    await headend.publish('bench', [await content.small(0, dir), await content.small(1, dir)], ['--duration', '1']);
    display = await startDisplay(headend, { agentEnv: {
      LD_PRELOAD: program('tools/bench/bench-loop-probe.so'), LOOP_PROBE: file, LOOP_PROBE_SYNC_MS: String(syncMs) } });
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Bench', channel: 'bench' });
    await display.waitContent();
    const version = async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version ?? 0;
    for (let i = 0; i < rounds; i++) {
      const [before, from] = [await version(), display.agent.log.length];
      await headend.cli('screen', 'set', id, '--name', `Bench ${i}`);
      await headend.publish('bench', [await content.small(2 * i + 2, dir), await content.small(2 * i + 3, dir)], ['--duration', '1']);
      await display.agent.waitLog(/switched: /, from);
      await until(async () => await version() > before, 'the state to be reported');
    }
    await headend.stopServing();
    await display.agent.waitLog(/-> offline/);
    await display.stopAgent();
    return read(file);
  } finally {
    await display?.stop();
    await headend.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

export async function measure(values, say) {
  const series = { slow: [], fast: [] };
  for (let i = 0; i < Number(values.runs); i++) {
    for (const [name, ms] of [['fast', 0], ['slow', Number(values.sync)]]) {
      const figures = await run(ms, Number(values.rounds));
      series[name].push(figures);
      say(`  ${name}: ${figures.turns} turns, longest ${round(figures.ownUs / 1000, 1)} ms (${round(figures.longestUs / 1000, 1)} with waiting for a processor, ${round(figures.cpuUs / 1000, 1)} at most on it), `
        + `${figures.over} over ${BUDGET_MS} ms, ${figures.syncs} fsyncs, ${figures.loopSyncs} of them on the loop`);
    }
  }
  const longest = (name) => median(series[name].map(({ ownUs }) => ownUs)) / 1000;
  const sum = (name, what) => series[name].reduce((total, figures) => total + figures[what], 0);
  const [slow, fast] = [longest('slow'), longest('fast')];
  return [{ what: `longest turn of the agent's loop, fsync ${values.sync} ms slower`, budget: `<= ${BUDGET_MS} ms`,
    measured: `${round(slow, 1)} ms; of ${sum('slow', 'turns')} turns ${sum('slow', 'over')} over ${BUDGET_MS} ms`,
    beside: `a fast flash: ${round(fast, 1)} ms; ${round(slow / fast, 2)} x`, ratio: slow / fast, met: slow <= BUDGET_MS, series },
  { what: 'fsyncs on the loop\'s thread', budget: '0', measured: `${sum('slow', 'loopSyncs')} of ${sum('slow', 'syncs')}`,
    met: sum('slow', 'loopSyncs') === 0 }];
}
