import type { ViewTensor } from '../../src/editor/report/viewTypes.ts';

export interface GridCell {
  readonly row: number;
  readonly column: number;
  readonly tensor: ViewTensor;
}

/** Modules × layers. Tensors outside the layers (embedding, head) have a column of their own, the first. */
export interface Grid {
  readonly layers: readonly (number | null)[];
  /** As they are shown. */
  readonly modules: readonly string[];
  /** By row, then by column. */
  readonly cells: readonly GridCell[];
}

const ORDER = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

/** @param shown what decides on rows and columns: of several reports, all their tensors */
export function gridOf(tensors: readonly ViewTensor[], shown: readonly ViewTensor[] = tensors): Grid {
  const paths = [...new Set(shown.map(modulePath))].sort(byCustom);
  const layers = [...new Set(shown.map(({ layer }) => layer))].sort((a, b) => (a ?? -1) - (b ?? -1));
  const [rows, columns] = [places(paths), places(layers)];
  const cells = tensors
    .map((tensor) => ({
      row: rows.get(modulePath(tensor)) ?? 0,
      column: columns.get(tensor.layer) ?? 0,
      tensor,
    }))
    .sort((a, b) => a.row - b.row || a.column - b.column);
  return { layers, modules: shortNames(paths), cells };
}

function places<T>(values: readonly T[]): Map<T, number> {
  return new Map(values.map((value, place) => [value, place]));
}

/** What follows the layer's number: self_attn.q_proj. */
function modulePath({ module, layer }: ViewTensor): string {
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

export const ALL_MODULES = 'all';
const GROUPS = ['attention', 'feed-forward', 'other'];

/** What the tensors can be filtered by: their groups where there are several, and their types. */
export function filtersOf(tensors: readonly ViewTensor[]): string[] {
  const groups = GROUPS.filter((group) => tensors.some((tensor) => tensor.group === group));
  const types = [...new Set(tensors.map(({ type }) => type))].sort(byCustom);
  return [ALL_MODULES, ...(groups.length > 1 ? groups : []), ...types.filter((type) => !groups.includes(type))];
}

export function filtered(tensors: readonly ViewTensor[], filter: string): readonly ViewTensor[] {
  if (filter === ALL_MODULES) return tensors;
  return tensors.filter(({ group, type }) => (GROUPS.includes(filter) ? group === filter : type === filter));
}

/** The nearest cell in the direction, over places that hold none. */
export function nextCell(grid: Grid, from: GridCell, [down, across]: readonly [number, number]): GridCell | undefined {
  const { layers, modules, cells } = grid;
  let { row, column } = from;
  for (;;) {
    row += down;
    column += across;
    if (row < 0 || column < 0 || row >= modules.length || column >= layers.length) return undefined;
    const found = cells.find((cell) => cell.row === row && cell.column === column);
    if (found !== undefined) return found;
  }
}
