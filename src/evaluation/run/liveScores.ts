import { metricsOf } from '../tasks/score.ts';
import type { Scored } from '../types.ts';
import type { PreparedTask } from './prepareTask.ts';

/** How far an evaluation is, and what it has found so far: of metrics that are means. */
export interface LiveScores {
  readonly columns: readonly string[];
  readonly rows: readonly LiveRow[];
}

export interface LiveRow {
  readonly task: string;
  /** "acc", or null where no metric is a mean. */
  readonly metric: string | null;
  readonly cells: readonly LiveCell[];
}

export interface LiveCell {
  readonly done: number;
  readonly total: number;
  /** Of the items that are done; null before the first. */
  readonly value: number | null;
  /** s/√n; null with less than two. */
  readonly stderr: number | null;
}

interface Sum {
  done: number;
  sum: number;
  squares: number;
}

const INTERVAL_MS = 400;

/** Adds item by item, and tells at most so often. */
export class LiveTable {
  private readonly columns: readonly string[];
  private readonly tasks: readonly { readonly prepared: PreparedTask; readonly total: number }[];
  private readonly out: (scores: LiveScores) => void;
  private readonly sums = new Map<string, Sum>();
  private lastAt = -Infinity;

  constructor(
    columns: readonly string[],
    tasks: readonly { readonly prepared: PreparedTask; readonly total: number }[],
    out: (scores: LiveScores) => void,
  ) {
    this.columns = columns;
    this.tasks = tasks;
    this.out = out;
    this.tell(true);
  }

  add(column: number, { task }: PreparedTask, scored: readonly Scored[]): void {
    const info = meanOf(task);
    const value = scored.find(({ filter }) => filter === info?.filter)?.values[info?.metric ?? ''];
    const number = typeof value === 'number' ? value : 0;
    const sum = this.sumOf(column, task.name);
    sum.done++;
    sum.sum += number;
    sum.squares += number * number;
    this.tell(false);
  }

  /** What is there now, whenever it was told last. */
  tell(always: boolean): void {
    const now = performance.now();
    if (!always && now - this.lastAt < INTERVAL_MS) return;
    this.lastAt = now;
    this.out({ columns: this.columns, rows: this.tasks.map(({ prepared, total }) => this.rowOf(prepared, total)) });
  }

  private rowOf({ task }: PreparedTask, total: number): LiveRow {
    const info = meanOf(task);
    const cells = this.columns.map((_, column): LiveCell => {
      const { done, sum, squares } = this.sumOf(column, task.name);
      if (info === undefined || done === 0) return { done, total, value: null, stderr: null };
      const variance = done < 2 ? NaN : Math.max(0, squares - (sum * sum) / done) / (done - 1);
      return { done, total, value: sum / done, stderr: done < 2 ? null : Math.sqrt(variance / done) };
    });
    return { task: task.name, metric: info?.metric ?? null, cells };
  }

  private sumOf(column: number, task: string): Sum {
    const key = `${column} ${task}`;
    const known = this.sums.get(key) ?? { done: 0, sum: 0, squares: 0 };
    this.sums.set(key, known);
    return known;
  }
}

function meanOf(task: PreparedTask['task']): ReturnType<typeof metricsOf>[number] | undefined {
  return metricsOf(task).find(({ aggregation }) => aggregation === 'mean');
}
