import { formatBytes, formatCount, plural } from '../../src/base/format.ts';
import type { GlanceTensor, Row } from '../../src/library/glance/types.ts';

/** The cells of a row beside its name: what it is, how much it is, its size, its file. */
export type Cells = readonly [what: string, amount: string, size: string, file: string];

export function cellsOf(row: Row): Cells {
  if (row.type === 'group')
    return [plural(row.tensors, 'tensor'), `${formatCount(row.parameters)} params`, formatBytes(row.bytes), ''];
  const { dtype, shape, bytes, file } = row.tensor;
  if (dtype === null) return ['missing', '', '', file];
  return [dtype, shapeText(shape ?? []), formatBytes(bytes), file];
}

export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join(' × ');
}

/** "1 of 3" where the name says so. */
export function shortFile(file: string): string {
  const [, number, total] = /-(\d+)-of-(\d+)\.safetensors$/.exec(file) ?? [];
  return number === undefined ? file : `${Number(number)} of ${Number(total)}`;
}

/** What a screen reader says of a row. */
export function rowLabel(row: Row): string {
  const [what, amount, size, file] = cellsOf(row);
  // The file in short, as it is seen, then in full.
  const shown = [what, amount, size, shortFile(file), shortFile(file) === file ? '' : file];
  return [nameOf(row.label), ...shown.filter((cell) => cell !== '')].join(', ');
}

/** A name may be, or end in, nothing. */
export function nameOf(label: string): string {
  return label === '' ? '(no name)' : label;
}

export function exactCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function tensorFacts({ dtype, shape, parameters, bytes, file }: GlanceTensor): [string, string][] {
  if (dtype === null || shape === null) return [['File', `${file}, which cannot be read`]];
  return [
    ['Dtype', dtype],
    ['Shape', shapeText(shape)],
    ['Parameters', exactCount(parameters)],
    ['Size', formatBytes(bytes)],
    ['File', file],
  ];
}

/** Four digits, small and large ones as powers of ten. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? Number(value.toPrecision(4)).toString() : value.toExponential(3);
}

export function shareText(count: number, of: number): string {
  if (count === 0 || of === 0) return exactCount(count);
  const percent = (100 * count) / of;
  const share = percent < 0.01 ? '< 0.01' : percent > 99.99 && count < of ? '> 99.99' : Number(percent.toPrecision(3));
  return `${exactCount(count)} (${share} %)`;
}
