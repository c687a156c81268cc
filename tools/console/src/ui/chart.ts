// Charts of a report. What they show stands in a table beside them, so that nobody needs to see them.
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

export interface Column { readonly label: string; readonly value: number }
export interface Bar { readonly label: string; readonly share: number; readonly text: string }

const HEIGHT = 100;

// One for each day or so; `name` says what it is, and the most there is.
export function columnChart(name: string, columns: readonly Column[], most: string, first: string, last: string): TemplateResult {
  const top = Math.max(1, ...columns.map(({ value }) => value));
  const width = columns.length * 10;
  const one = ({ label, value }: Column, i: number): SVGTemplateResult => {
    const height = value ? Math.max(1.5, (value / top) * HEIGHT) : 0;
    return svg`<rect class="chart-column" x=${i * 10 + 1} y=${HEIGHT - height} width="8" height=${height}><title>${label}</title></rect>`;
  };
  return html`<figure class="chart"><div class="chart-plot"><span class="chart-most sub" aria-hidden="true">${most}</span>
    <svg class="chart-columns" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${name}><path class="chart-line" d="M0 0H${width}M0 ${HEIGHT / 2}H${width}M0 ${HEIGHT}H${width}"/>${columns.map(one)}</svg></div>
    <div class="chart-ends sub" aria-hidden="true"><span>${first}</span><span>${last}</span></div></figure>`;
}

// One line each, of a share of all.
export function barChart(name: string, bars: readonly Bar[]): TemplateResult {
  const of = ({ label, share, text }: Bar): TemplateResult => html`<div class="chart-bar-row"><span class="chart-bar-label">${label}</span>
    <svg class="chart-bar" viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="chart-bar-all" width="100" height="10"/><rect class="chart-bar-part ${share < 0.8 ? 'bad' : share < 0.95 ? 'warn' : ''}" width=${share * 100} height="10"/></svg><span class="chart-bar-text">${text}</span></div>`;
  return html`<figure class="chart"><div role="img" aria-label=${name}><div class="chart-bars" aria-hidden="true">${bars.map(of)}</div></div></figure>`;
}
