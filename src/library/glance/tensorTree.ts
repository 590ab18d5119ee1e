import { inOrder } from './order.ts';
import type { GlanceTensor, GroupRow, Row, RowPage } from './types.ts';

/** Rows that are handed out at once. */
export const PAGE_ROWS = 200;

/**
 * Tensors by the parts of their dotted names. A level is worked out when it is first asked for, so that a header of any size,
 * and names of any depth, cost no more than what is looked at. Groups with one child only are joined with it.
 */
export class TensorTree {
  private readonly tensors: readonly GlanceTensor[];
  private readonly levels = new Map<string, readonly Row[]>();

  constructor(tensors: readonly GlanceTensor[]) {
    this.tensors = tensors;
  }

  /** @param group the id of a group, or '' for the top; one that is not there has no rows */
  page(group: string, from: number): RowPage {
    const rows = this.level(group);
    return { from, total: rows.length, rows: rows.slice(from, from + PAGE_ROWS) };
  }

  private level(group: string): readonly Row[] {
    let rows = this.levels.get(group);
    if (rows === undefined) {
      const inside = this.tensors.filter(({ name }) => name.startsWith(group));
      rows = inOrder(rowsOf(inside, group.length), ({ label }) => label);
      this.levels.set(group, rows);
    }
    return rows;
  }
}

function rowsOf(tensors: readonly GlanceTensor[], start: number): Row[] {
  const parts = new Map<string, GlanceTensor[]>();
  const rows: Row[] = [];
  for (const tensor of tensors) {
    const dot = tensor.name.indexOf('.', start);
    if (dot === -1) {
      rows.push({ type: 'tensor', label: tensor.name.slice(start), tensor });
      continue;
    }
    const part = tensor.name.slice(start, dot);
    const others = parts.get(part);
    if (others === undefined) parts.set(part, [tensor]);
    else others.push(tensor);
  }
  for (const inside of parts.values()) {
    const [first] = inside;
    if (first !== undefined)
      rows.push(
        inside.length === 1
          ? { type: 'tensor', label: first.name.slice(start), tensor: first }
          : groupRow(inside, first, start),
      );
  }
  return rows;
}

function groupRow(inside: readonly GlanceTensor[], first: GlanceTensor, start: number): GroupRow {
  let common = first.name.length;
  let [parameters, bytes] = [0, 0];
  for (const tensor of inside) {
    common = sameUpTo(first.name, tensor.name, start, common);
    parameters += tensor.parameters;
    bytes += tensor.bytes;
  }
  const end = first.name.lastIndexOf('.', common - 1);
  return {
    type: 'group',
    id: first.name.slice(0, end + 1),
    label: first.name.slice(start, end),
    tensors: inside.length,
    parameters,
    bytes,
  };
}

/** How many of their first `end` characters two names share, if they share the first `start`. */
function sameUpTo(one: string, other: string, start: number, end: number): number {
  const last = Math.min(end, other.length);
  let at = start;
  while (at < last && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}
