// What somebody likes in this browser: theme, density, how the list is shown.
type Choice<T extends string> = { get(): T; set(value: T): void };

function choice<T extends string>(key: string, values: readonly T[], apply: (value: T) => void): Choice<T> {
  const first = values[0] as T;
  const get = (): T => values.find((one) => one === localStorage.getItem(`pingplay.${key}`)) ?? first;
  return {
    get,
    set(value) {
      if (value === first) localStorage.removeItem(`pingplay.${key}`);
      else localStorage.setItem(`pingplay.${key}`, value);
      apply(value);
    },
  };
}

const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];
const applyTheme = (value: Theme): void => {
  if (value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
};
export const theme = choice('theme', themes, applyTheme);

const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];
const applyDensity = (value: Density): void => {
  document.documentElement.dataset['density'] = value;
  dispatchEvent(new Event('resize')); // rows have another height
};
export const density = choice('density', densities, applyDensity);

// Whether the first hour is over, in this browser.
export const begun = choice('begun', ['no', 'yes'] as const, () => {});

export const view = choice('view', ['list', 'grid'] as const, () => {});

export function startSettings(): void {
  applyTheme(theme.get());
  document.documentElement.dataset['density'] = density.get();
}
