import type { PortedTensor } from '../../src/port/provenance.ts';
import type { MeasureName } from '../contract.ts';

/** One of the numbers that the heat map can show. */
export interface Measure {
  readonly name: MeasureName;
  readonly label: string;
  readonly explanation: string;
  /** Undefined where it was not measured. */
  readonly of: (tensor: PortedTensor) => number | undefined;
  readonly format: (value: number) => string;
}

export const MEASURES: readonly Measure[] = [
  {
    name: 'delta',
    label: '‖Δ‖',
    explanation: 'Frobenius norm of what is added to the tensor.',
    of: ({ deltaNorm }) => deltaNorm,
    format: (value) => value.toPrecision(3),
  },
  {
    name: 'relative',
    label: '‖Δ‖ / ‖W‖',
    explanation: "The patch beside the new base's own weights: how large it is, not whether it works.",
    of: ({ deltaNorm, measured }) => (measured?.weightNorm ? deltaNorm / measured.weightNorm : undefined),
    format: (value) => `${(100 * value).toPrecision(3)} %`,
  },
  {
    name: 'rounding',
    label: 'Lost to rounding',
    explanation: 'Error of the delta that arrived, ‖W′ − W − Δ‖ / ‖Δ‖: rounding to the dtype swallows small changes.',
    of: ({ deltaNorm, measured }) =>
      measured?.roundingError != null && deltaNorm > 0 ? measured.roundingError / deltaNorm : undefined,
    format: (value) => `${(100 * value).toPrecision(3)} %`,
  },
];

export interface HeatCell {
  readonly row: number;
  readonly column: number;
  readonly tensor: PortedTensor;
  readonly value: number | undefined;
}

/** Layers × modules. Tensors outside the layers (embedding, head) have a row of their own, named "–". */
export interface HeatModel {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly HeatCell[];
  readonly maximum: number;
}

const ORDER = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

export function heatModel(tensors: readonly PortedTensor[], measure: Measure): HeatModel {
  const paths = [...new Set(tensors.map(modulePath))].sort(byCustom);
  const layers = [...new Set(tensors.map(({ layer }) => layer))].sort((a, b) => (a ?? -1) - (b ?? -1));
  const cells = tensors
    .map((tensor) => ({
      row: layers.indexOf(tensor.layer),
      column: paths.indexOf(modulePath(tensor)),
      tensor,
      value: measure.of(tensor),
    }))
    .sort((a, b) => a.row - b.row || a.column - b.column);
  return {
    rows: layers.map((layer) => (layer === null ? '–' : String(layer))),
    columns: shortNames(paths),
    cells,
    maximum: Math.max(0, ...cells.map(({ value }) => value ?? 0)),
  };
}

/** What follows the layer's number: self_attn.q_proj. */
function modulePath({ module, layer }: PortedTensor): string {
  if (layer === null) return module;
  const marker = `.${layer}.`;
  return module.slice(module.indexOf(marker) + marker.length);
}

/** The last part where it is unique (GPT-2 has two c_proj). */
function shortNames(paths: readonly string[]): string[] {
  const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(last(path), (counts.get(last(path)) ?? 0) + 1);
  return paths.map((path) => (counts.get(last(path)) === 1 ? last(path) : path));
}

function byCustom(a: string, b: string): number {
  const place = (path: string): number => {
    const found = ORDER.indexOf(path.slice(path.lastIndexOf('.') + 1));
    return found === -1 ? ORDER.length : found;
  };
  return place(a) - place(b) || (a < b ? -1 : 1);
}
