import type { Row, RowPage } from '../../src/library/glance/types.ts';

/** A place in the list that the tree is drawn as. */
export interface VisibleRow {
  /** Its place in its group: it stays the same while the row itself is still to come. */
  readonly key: string;
  /** Undefined while the host has not answered. */
  readonly row: Row | undefined;
  readonly level: number;
  readonly position: number;
  readonly size: number;
  readonly isExpanded: boolean;
  /** Where in the list its group is; -1 at the top. */
  readonly parent: number;
  readonly group: string;
}

interface Level {
  total: number;
  readonly rows: Map<number, Row>;
}

/** What has been heard of the tree so far, and which groups are open. */
export class TreeModel {
  private readonly levels = new Map<string, Level>();
  private readonly open: Set<string>;
  private list: readonly VisibleRow[] | undefined;

  constructor(expanded: Iterable<string>) {
    this.open = new Set(expanded);
  }

  get expanded(): string[] {
    return [...this.open];
  }

  add(group: string, { from, total, rows }: RowPage): void {
    const level = this.levels.get(group) ?? { total, rows: new Map<number, Row>() };
    level.total = total;
    for (const [i, row] of rows.entries()) level.rows.set(from + i, row);
    this.levels.set(group, level);
    this.list = undefined;
  }

  setExpanded(group: string, isExpanded: boolean): void {
    if (isExpanded) this.open.add(group);
    else this.open.delete(group);
    this.list = undefined;
  }

  /** All rows below open groups, in order. */
  get visible(): readonly VisibleRow[] {
    if (this.list === undefined) {
      const list: VisibleRow[] = [];
      this.collect('', 1, -1, list);
      this.list = list;
    }
    return this.list;
  }

  /** A group whose rows are not known yet stands for one row. */
  private collect(group: string, level: number, parent: number, list: VisibleRow[]): void {
    const { total, rows } = this.levels.get(group) ?? { total: 1, rows: new Map<number, Row>() };
    for (let i = 0; i < total; i++) {
      const row = rows.get(i);
      const isExpanded = row?.type === 'group' && this.open.has(row.id);
      const place = { level, position: i + 1, size: total, parent, group };
      list.push({ key: `${i}\n${group}`, row, isExpanded, ...place });
      if (isExpanded) this.collect(row.id, level + 1, list.length - 1, list);
    }
  }
}

/** Tensors in a list, as a search finds them. */
export function listOf({ rows }: RowPage): VisibleRow[] {
  return rows.map((row, i) => ({
    key: `${i}\nfound`,
    row,
    level: 1,
    position: i + 1,
    size: rows.length,
    isExpanded: false,
    parent: -1,
    group: '',
  }));
}
