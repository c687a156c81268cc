// A rollout as somebody asks for it: which screens are first, and how long each step is looked at.
import type { RolloutPlan, RolloutStep } from '../api/schema.js';

// How long a step is looked at before the next one begins; "": until somebody says so.
export const WAITS = ['', 'PT15M', 'PT1H', 'PT4H', 'P1D', 'P3D'] as const;
// Who is first: so many per cent. A group's id stands there as well.
export const FIRSTS = [1, 5, 10, 25, 50] as const;
export const SECONDS = [25, 50, 75] as const;

export interface Choice { readonly first: string; readonly wait: string; readonly second: string; readonly last: string }

function step(who: string, after: string | undefined): RolloutStep {
  const percent = Number(who);
  return { ...(Number.isInteger(percent) && percent > 0 ? { percent } : { group: who }), ...(after ? { after } : {}) };
}

// A second step that is no more than the first one is left out.
export function planOf({ first, wait, second, last }: Choice): RolloutPlan {
  const skips = !second || (Number(first) > 0 && Number(second) <= Number(first));
  return { steps: [step(first, undefined), ...(skips ? [] : [step(second, wait)]), step('100', skips ? wait : last)] };
}

// "PT4H", in seconds; undefined where it is none.
export function waitSeconds(text: string | null | undefined): number | undefined {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text ?? '');
  if (!match || text === 'P') return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days ?? 0) * 24 + (hours ?? 0)) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}
