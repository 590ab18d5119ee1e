import type { ReportView, ViewDetail, ViewMetric, ViewTensor } from '../../src/editor/report/viewTypes.ts';
import { element } from '../common/dom.ts';
import type { Tooltip } from '../common/tooltip.ts';
import { button, checkbox, dropdown } from '../common/ui.ts';
import type { ReportContract } from '../contract.ts';
import { coloursOf, type Colours } from './colours.ts';
import { detailSection } from './detail/detail.ts';
import { geometryOf, type Geometry } from './geometry.ts';
import { ALL_MODULES, filtered, filtersOf, gridOf, type Grid } from './grid.ts';
import { heatMap } from './heatMap.ts';
import { legend } from './legend.ts';
import { inWords } from './numbers.ts';
import { profile } from './profile.ts';
import { tensorTable } from './tensorTable.ts';

type State = ReportContract['state'];

export interface ChartsHost {
  readonly state: () => State;
  readonly keep: (change: Partial<State>) => void;
  readonly askForDetail: (target: string) => void;
  readonly removeOther: () => void;
}

/** Side by side from this width on. */
const BESIDE = 900;
const GAP = 24;

interface Shown {
  readonly view: ReportView;
  readonly grid: Grid;
  readonly index: number;
}

/** Heat map, profile, table and detail, drawn again whenever metric, filter, width or tensor change. */
export class Charts {
  readonly element: HTMLElement;
  private readonly view: ReportView;
  private readonly other: ReportView | null;
  private readonly host: ChartsHost;
  private readonly controls = element('div', { class: 'controls' });
  private readonly place = element('div', {});
  private readonly below = element('div', {});
  private readonly tooltip: Tooltip;
  private detail: ViewDetail | undefined;
  private width = 0;

  constructor(view: ReportView, other: ReportView | null, tip: Tooltip, host: ChartsHost) {
    this.tooltip = tip;
    this.view = view;
    this.other = other;
    this.host = host;
    this.element = element('div', { class: 'report-charts' }, this.controls, this.place, this.below);
    const resized = new ResizeObserver(() => {
      if (!this.element.isConnected) resized.disconnect();
      else if (this.element.clientWidth !== this.width) this.drawCharts();
    });
    resized.observe(this.element);
  }

  get metricLabel(): string {
    return this.metric.label;
  }

  /** What an export holds. */
  pictures(): SVGSVGElement[] {
    return [...this.place.querySelectorAll<SVGSVGElement>('svg')];
  }

  draw(): void {
    this.drawControls();
    this.drawCharts();
    const { tensor } = this.host.state();
    if (tensor !== null && this.find(this.view, tensor) !== undefined) this.host.askForDetail(tensor);
  }

  showDetail(detail: ViewDetail): void {
    if (detail.target !== this.host.state().tensor) return;
    this.detail = detail;
    this.drawDetail();
  }

  private get metric(): ViewMetric {
    const { metrics } = this.view;
    const wanted = this.host.state().metric ?? this.view.verdict?.figure;
    const found = metrics.find(({ name }) => name === wanted) ?? metrics[0];
    if (found === undefined) throw new Error('the report has no figures');
    return found;
  }

  private drawControls(): void {
    const { metrics, tensors } = this.view;
    const { modules, logarithmic } = this.host.state();
    const all = this.other === null ? tensors : [...tensors, ...this.other.tensors];
    const filters = filtersOf(all).map((value) => ({ value, label: value === ALL_MODULES ? 'all modules' : value }));
    const choose = (change: Partial<State>): void => {
      this.host.keep(change);
      this.drawCharts();
    };
    this.controls.replaceChildren(
      dropdown(
        'Show',
        metrics.map(({ name, label, group }) => ({ value: name, label: `${group}: ${label}` })),
        this.metric.name,
        (metric) => choose({ metric }),
      ),
      dropdown('of', filters, filters.some(({ value }) => value === modules) ? modules : ALL_MODULES, (value) =>
        choose({ modules: value }),
      ),
      checkbox('Logarithmic colours', logarithmic, (checked) => choose({ logarithmic: checked })),
      ...(this.other === null ? [] : [button('Remove Comparison', 'secondary', this.host.removeOther)]),
    );
  }

  private drawCharts(): void {
    this.width = this.element.clientWidth;
    this.tooltip.hide();
    const { metric } = this;
    const reports = [this.view, ...(this.other === null ? [] : [this.other])];
    const isBeside = reports.length > 1 && this.width >= BESIDE;
    const available = isBeside ? (this.width - GAP) / 2 : this.width;
    const { modules, logarithmic } = this.host.state();
    const chosen = reports.map((view) => filtered(view.tensors, modules));
    const shown = reports.map((view, i): Shown => ({
      view,
      grid: gridOf(chosen[i] ?? [], chosen.flat()),
      index: view.metrics.findIndex(({ name }) => name === metric.name),
    }));
    const values = shown.flatMap(({ grid, index }) => grid.cells.flatMap(({ tensor }) => tensor.values[index] ?? []));
    const colours = coloursOf(values, metric.unit === 'signed', logarithmic);
    const geometry = geometryOf(shown[0]?.grid ?? gridOf([]), available);
    const columns = shown.map((one) => this.report(one, geometry, colours, shown));
    this.place.replaceChildren(
      element('p', { class: 'note metric-note' }, metric.explanation),
      element('div', { class: isBeside ? 'beside' : '' }, ...columns),
    );
    this.drawDetail();
  }

  private report(one: Shown, geometry: Geometry, colours: Colours, all: readonly Shown[]): HTMLElement {
    const { view, grid, index } = one;
    const { metric } = this;
    const title = all.length > 1 ? [element('h3', {}, view.title)] : [];
    if (index === -1)
      return element('div', {}, ...title, element('p', { class: 'note' }, `${metric.label} is not known here.`));
    const map = heatMap({
      ...{ grid, geometry, metric, index, colours, tooltip: this.tooltip, chosen: this.host.state().tensor },
      onChoose: (tensor) => this.choose(tensor),
      more: (tensor) =>
        all
          .filter((other) => other !== one)
          .map((other) => this.elsewhere(tensor, other))
          .join(''),
    });
    return element(
      'div',
      {},
      ...title,
      map,
      legend(metric, colours),
      profile(grid, geometry, view, view.metrics[index] ?? metric),
    );
  }

  private elsewhere({ target }: ViewTensor, { view, index }: Shown): string {
    const found = this.find(view, target);
    return `; in ${view.title}: ${inWords(this.metric, found?.values[index], found?.chances[index])}`;
  }

  private find({ tensors }: ReportView, target: string): ViewTensor | undefined {
    return tensors.find((tensor) => tensor.target === target);
  }

  private choose({ target }: ViewTensor): void {
    this.host.keep({ tensor: target });
    this.detail = undefined;
    for (const cell of this.place.querySelectorAll('.cell.chosen')) cell.classList.remove('chosen');
    for (const cell of this.place.querySelectorAll(`.cell[data-tensor="${CSS.escape(target)}"]`))
      cell.classList.add('chosen');
    this.host.askForDetail(target);
  }

  private drawDetail(): void {
    const { tensor: target, modules } = this.host.state();
    const tensor = target === null ? undefined : this.find(this.view, target);
    const other =
      this.other === null || target === null ? undefined : { view: this.other, tensor: this.find(this.other, target) };
    const detail = this.detail?.target === target ? this.detail : undefined;
    const isOpen = this.below.querySelector<HTMLDetailsElement>('details.all-tensors')?.open === true;
    this.below.replaceChildren(
      ...(tensor === undefined
        ? [
            element(
              'p',
              { class: 'note' },
              'Click a cell, or press Enter on it, to see that tensor: all its figures, its spectrum, and what rounding does to it.',
            ),
          ]
        : [detailSection(this.view, tensor, detail, other)]),
      tensorTable(this.view, filtered(this.view.tensors, modules), isOpen),
    );
  }
}
