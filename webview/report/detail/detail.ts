import type { OutputDtype } from '../../../src/diagnostics/types.ts';
import type { ReportView, ViewDetail, ViewMetric, ViewTensor } from '../../../src/editor/report/viewTypes.ts';
import { element, type Child } from '../../common/dom.ts';
import { table, type Column } from '../../common/parts.ts';
import { written } from '../numbers.ts';
import { anglesSection } from './anglesChart.ts';
import { histogramSection } from './histogramChart.ts';
import { spectrumSection } from './spectrumChart.ts';

const ROUNDED = ['BF16', 'F16', 'F32'] as const;

export interface Other {
  readonly view: ReportView;
  readonly tensor: ViewTensor | undefined;
}

/** Everything about one tensor; of another report the numbers beside. `detail` comes a moment later. */
export function detailSection(
  view: ReportView,
  tensor: ViewTensor,
  detail: ViewDetail | undefined,
  other: Other | undefined,
): HTMLElement {
  const { target, shape, dtype, method } = tensor;
  return element(
    'section',
    { class: 'detail', 'aria-label': `Tensor ${target}`, tabindex: -1 },
    element('h2', {}, target),
    element('p', { class: 'subtitle' }, `${method} · ${shape.join(' × ')} · ${dtype}`),
    numbers(view, tensor, other),
    ...(detail === undefined ? [] : charts(detail, dtype)),
  );
}

interface Row {
  readonly metric: ViewMetric;
  readonly index: number;
}

function numbers({ metrics }: ReportView, tensor: ViewTensor, other: Other | undefined): HTMLElement {
  const rows = metrics.flatMap((metric, index): Row[] => (tensor.values[index] === null ? [] : [{ metric, index }]));
  const columns: Column<Row>[] = [
    { title: 'Figure', value: ({ metric }) => metric.label },
    { title: 'Value', kind: 'number', value: ({ metric, index }) => written(tensor.values[index], metric.unit) },
    { title: 'Beside it', value: ({ metric, index }) => beside(metric, tensor.chances[index]) },
    ...(other === undefined ? [] : [otherColumn(other)]),
    { title: 'What it is', kind: 'words', value: ({ metric }) => metric.explanation },
  ];
  return table(`Figures of ${tensor.target}`, columns, rows);
}

function otherColumn({ view, tensor }: Other): Column<Row> {
  const valueOf = ({ metric }: Row): Child => {
    const index = view.metrics.findIndex(({ name }) => name === metric.name);
    return written(tensor?.values[index], metric.unit);
  };
  return { title: `In ${view.title}`, kind: 'number', value: valueOf };
}

function beside({ beside: words, unit }: ViewMetric, chance: number | null | undefined): string {
  return words === null || chance == null ? '' : `${words} ${written(chance, unit === 'signed' ? 'number' : unit)}`;
}

function charts({ spectrum, histogram, angles }: ViewDetail, stored: string): HTMLElement[] {
  const dtype: OutputDtype = ROUNDED.find((one) => one === stored) ?? 'F32';
  const shown = [
    ...(spectrum === null ? [] : [spectrumSection(spectrum)]),
    ...(histogram === null ? [] : [histogramSection(histogram, dtype)]),
    ...(angles === null ? [] : [anglesSection('outputs', angles.columns), anglesSection('inputs', angles.rows)]),
  ];
  return shown.length === 0 ? [] : [element('div', { class: 'charts' }, ...shown)];
}
