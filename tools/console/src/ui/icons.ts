// The console's own icons: 24 by 24, drawn with lines of the text's colour. They say nothing by themselves to a screen reader.
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

const shapes = {
  screens: svg`<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M8.5 20.5h7M12 16.5v4"/>`,
  add: svg`<path d="M12 5v14M5 12h14"/>`,
  group: svg`<rect x="3" y="4" width="11" height="8" rx="1.5"/><path d="M17 7.500h2.500A1.500 1.500 0 0 1 21 9v6a1.500 1.500 0 0 1-1.500 1.500H12A1.500 1.500 0 0 1 10.500 15M8.500 20h7"/>`,
  search: svg`<circle cx="11" cy="11" r="6.5"/><path d="m20 20-4.2-4.2"/>`,
  list: svg`<path d="M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4 6.5h.01M4 12h.01M4 17.5h.01"/>`,
  grid: svg`<rect x="4" y="4" width="7" height="7" rx="1.5"/><rect x="13" y="4" width="7" height="7" rx="1.5"/><rect x="4" y="13" width="7" height="7" rx="1.5"/><rect x="13" y="13" width="7" height="7" rx="1.5"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  back: svg`<path d="M19 12H5M11 6l-6 6 6 6"/>`,
  more: svg`<path d="M5.5 12h.01M12 12h.01M18.5 12h.01"/>`,
  down: svg`<path d="m6 9.5 6 6 6-6"/>`,
  user: svg`<circle cx="12" cy="8.5" r="3.75"/><path d="M4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5"/>`,
  eye: svg`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="2.75"/>`,
  hidden: svg`<path d="M4 4l16 16M10 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.9 3.7M6.2 7.6A15.5 15.5 0 0 0 2.5 12S6 18.5 12 18.5c1.5 0 2.8-.4 4-1"/>`,
  camera: svg`<path d="M4 8.5A2 2 0 0 1 6 6.5h1.7L9 4.5h6l1.3 2H18a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2Z"/><circle cx="12" cy="12.75" r="3.25"/>`,
  download: svg`<path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14"/>`,
  copy: svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M15.5 8.5v-2a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  upload: svg`<path d="M12 16V5M7.5 9.5 12 5l4.5 4.5M5 19.5h14"/>`,
  content: svg`<rect x="3.5" y="5" width="17" height="14" rx="2"/><circle cx="9" cy="10" r="1.6"/><path d="m4 17 5-4.5 3.5 3 3-2.5 4.5 4"/>`,
  image: svg`<rect x="3.5" y="5" width="17" height="14" rx="2"/><circle cx="9" cy="10" r="1.6"/><path d="m4 17 5-4.5 3.5 3 3-2.5 4.5 4"/>`,
  video: svg`<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="m10 9 5 3-5 3Z"/>`,
  folder: svg`<path d="M3.5 18V6.5h6l2 2.5h9v9a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 18Z"/>`,
  tag: svg`<path d="M4 4.5h7.5l8 8-7 7-8.5-8.5ZM8 8.5h.01"/>`,
  channel: svg`<rect x="3" y="7.5" width="18" height="12" rx="2"/><path d="M6 4.5h12M10.5 11v5l4-2.5Z"/>`,
  calendar: svg`<rect x="3.5" y="5.5" width="17" height="15" rx="2"/><path d="M3.5 10h17M8 3v4M16 3v4M8 14h.01M12 14h.01M16 14h.01M8 17.500h.01M12 17.500h.01"/>`,
  handle: svg`<path d="M9 6.5h.01M15 6.5h.01M9 12h.01M15 12h.01M9 17.5h.01M15 17.5h.01"/>`,
  move: svg`<path d="M8 20V5M4.5 8.5 8 5l3.500 3.500M16 4v15M12.500 15.500 16 19l3.500-3.500"/>`,
  play: svg`<path d="M7.5 5v14l11-7Z"/>`,
  pause: svg`<path d="M8.5 5.5v13M15.5 5.5v13"/>`,
  undo: svg`<path d="M9 7 4.5 11.5 9 16M5 11.5h9.5a5 5 0 0 1 0 10H12"/>`,
  key: svg`<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8-8M16 7.5l3 3M13.5 10l2 2"/>`,
  edit: svg`<path d="M4.5 19.5 5.5 15 16 4.5l3.5 3.5L9 18.5ZM13.5 7l3.5 3.5"/>`,
  bin: svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 10.5v5.5M14 10.5v5.5"/>`,
  bell: svg`<path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15ZM10 20.500a2.200 2.200 0 0 0 4 0"/>`,
  mail: svg`<rect x="3.5" y="5.5" width="17" height="13" rx="2"/><path d="m4.500 7.500 7.500 6 7.500-6"/>`,
  send: svg`<path d="M20.500 3.500 3.500 10l6.500 3.500L13.500 20ZM10 13.500l4.500-4"/>`,
  chart: svg`<path d="M4 4v16h16M8.500 16v-4M13 16V8M17.500 16v-6"/>`,
  people: svg`<circle cx="9" cy="8.500" r="3.250"/><path d="M3 19.500c.600-3.200 3-5 6-5s5.400 1.800 6 5M15.500 5.600a3.250 3.250 0 0 1 0 5.800M17.500 14.800c1.900.700 3.100 2.300 3.500 4.700"/>`,
  lock: svg`<rect x="5" y="10.500" width="14" height="9.500" rx="2"/><path d="M8 10.500V8a4 4 0 0 1 8 0v2.500"/>`,
  out: svg`<path d="M14 5H7a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h7M10.5 12H21M17.5 8.5 21 12l-3.5 3.5"/>`,
  external: svg`<path d="M14 5h5v5M19 5l-8 8M17 14v3a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2h3"/>`,
  // states: each of another shape, so that no colour is needed to tell them
  online: svg`<circle cx="12" cy="12" r="8.5"/><path d="m8 12.3 2.7 2.7L16 9.5"/>`,
  idle: svg`<circle cx="12" cy="12" r="8.5"/><path d="M10 9v6M14 9v6"/>`,
  trouble: svg`<path d="M12 3.8 21.2 19.5H2.8Z"/><path d="M12 10v4.2M12 16.9h.01"/>`,
  offline: svg`<path d="M4 4l16 16M8.3 15.5a5.2 5.2 0 0 1 7.4 0M5 12.2a10 10 0 0 1 4.2-2.5M2 9a14.5 14.5 0 0 1 4-2.7M13 9.3a10 10 0 0 1 6 2.9M10.8 5.5A14.5 14.5 0 0 1 22 9M12 19h.01"/>`,
  waiting: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>`,
  retired: svg`<circle cx="12" cy="12" r="8.5"/><path d="M6 18 18 6"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type Icon = keyof typeof shapes;

export const icon = (name: Icon): TemplateResult => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[name]}</svg>`;
export const brand = (): TemplateResult => html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false"><circle class="mark-ring" cx="16" cy="16" r="13"/><circle class="mark-dot" cx="16" cy="16" r="6"/></svg>`;
