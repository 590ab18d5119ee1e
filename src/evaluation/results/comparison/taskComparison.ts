import { InputError } from '../../../base/errors.ts';
import { recovery } from '../../statistics/recovery.ts';
import type { CompareOptions } from '../../statistics/compare.ts';
import type { Unit } from '../../statistics/format.ts';
import type { ImportedColumn, ImportedMetric, ImportedTask } from '../importing/imported.ts';
import { splitKey } from '../importing/metrics.ts';
import { own } from '../own.ts';
import { summariseTies } from '../ties.ts';
import { differenceOf, type Direction } from './difference.ts';
import { matchItems, type Matched } from './matchItems.ts';
import type { Roles } from './roles.ts';
import { sweepOf } from './sweep.ts';
import type { Cell, ComparedColumn, Difference, PortRecovery, Sweep, SweptColumns, TaskComparison } from './types.ts';

/** Metrics that take the choice of the highest log-probability, undivided by anything. */
const BY_LOG_PROBABILITY = ['acc', 'f1', 'mcc'];

export interface Compared {
  readonly imported: readonly ImportedColumn[];
  readonly columns: readonly ComparedColumn[];
  readonly roles: Roles;
  readonly sweeps: readonly SweptColumns[];
}

/** One metric of one task over all columns. */
export async function compareTask(
  task: string,
  key: string,
  compared: Compared,
  options: CompareOptions,
): Promise<TaskComparison> {
  const { imported, roles } = compared;
  const tasks = imported.map((column) => own(column.tasks, task));
  const metrics = tasks.map((each) => each?.metrics[key]);
  const [metric, filter = 'none'] = splitKey(key);
  const { aggregation = null, higherIsBetter = null } = metrics.find((each) => each) ?? {};
  const cells = tasks.map((each, i) => cellOf(each, metrics[i], metric));
  const notes: string[] = [];
  const attempts = new Attempts(compared, tasks, key, notes);
  const base = { task, key, metric, filter, aggregation, higherIsBetter, unit: unitOf(metrics), cells, notes };
  if (aggregation === null || higherIsBetter === null) {
    if (roles.pairs.length > 0) notes.push(`Nobody says how ${metric} is averaged, or which way it is better.`);
    return { ...base, differences: [], recoveries: [], sweeps: [] };
  }
  const direction = { aggregation, higherIsBetter };
  return {
    ...base,
    differences: await differences(attempts, direction, options),
    recoveries: await recoveries(attempts, direction, options),
    sweeps: await sweeps(attempts, cells, direction, options),
  };
}

/** Of what can fail for a reason that a person should read, while the rest goes on. */
class Attempts {
  readonly compared: Compared;
  readonly tasks: readonly (ImportedTask | undefined)[];
  readonly key: string;
  private readonly notes: string[];

  constructor(compared: Compared, tasks: readonly (ImportedTask | undefined)[], key: string, notes: string[]) {
    this.compared = compared;
    this.tasks = tasks;
    this.key = key;
    this.notes = notes;
  }

  /** Undefined where one of the columns does not have this result, or no items. */
  match(columns: readonly number[]): Matched | undefined {
    const having = columns.filter((column) => this.tasks[column]?.metrics[this.key]);
    if (having.length < columns.length) return undefined;
    const lists = columns.map((column) => this.tasks[column]?.items);
    const without = columns.filter((_, i) => lists[i] === undefined);
    if (without.length === 0) {
      const matched = matchItems(
        lists.flatMap((items) => (items ? [items] : [])),
        this.key,
      );
      if (matched.pairing.n > 0) return matched;
      this.note(`${this.labels(columns)} share no items: nothing can be compared in pairs.`);
    } else this.note(`${this.labels(without)}: without a samples file nothing can be compared in pairs.`);
    return undefined;
  }

  async try<T>(columns: readonly number[], action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.note(`${this.labels(columns)}: ${error.message}`);
      return undefined;
    }
  }

  private note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  private labels(columns: readonly number[]): string {
    return columns.map((column) => this.compared.columns[column]?.label ?? '').join(', ');
  }
}

async function differences(attempts: Attempts, direction: Direction, options: CompareOptions): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const pair of attempts.compared.roles.pairs) {
    const matched = attempts.match(pair);
    if (!matched) continue;
    const difference = await attempts.try(pair, () => differenceOf(pair, matched, direction, options));
    if (difference) found.push(difference);
  }
  return found;
}

async function recoveries(attempts: Attempts, direction: Direction, options: CompareOptions): Promise<PortRecovery[]> {
  const found: PortRecovery[] = [];
  for (const { ported, retrained, newBase } of attempts.compared.roles.ports) {
    const columns = [ported, retrained, newBase];
    const matched = attempts.match(columns);
    if (!matched) continue;
    const [ofPorted = [], ofRetrained = [], ofBase = []] = matched.values;
    const values = { ported: ofPorted, retrained: ofRetrained, newBase: ofBase };
    const result = await attempts.try(columns, () => recovery(values, { ...options, ...direction }));
    if (result) found.push({ ported, retrained, newBase, pairing: matched.pairing, recovery: result });
  }
  return found;
}

async function sweeps(
  attempts: Attempts,
  cells: readonly (Cell | null)[],
  direction: Direction,
  options: CompareOptions,
): Promise<Sweep[]> {
  const { compared, tasks, key } = attempts;
  const items = tasks.map((task) => (task?.metrics[key] ? task.items : undefined));
  const inputs = { items, cells, key, reference: compared.roles.reference };
  const found: Sweep[] = [];
  for (const [of, swept] of compared.sweeps.entries()) {
    const columns = swept.points.map(({ column }) => column);
    const sweep = await attempts.try(columns, () => sweepOf(of, swept, inputs, direction, options));
    if (sweep) found.push(sweep);
  }
  return found;
}

function cellOf(task: ImportedTask | undefined, metric: ImportedMetric | undefined, name: string): Cell | null {
  if (!task || !metric) return null;
  const { n, documents, complete, truncated, items = [] } = task;
  const choices = items.map(({ docId, choiceLogProbabilities: logProbabilities = [] }) => ({
    docId,
    logProbabilities,
  }));
  const ties = BY_LOG_PROBABILITY.includes(name) ? summariseTies(choices) : null;
  const [value, stderr] = [finite(metric.value), finite(metric.stderr)];
  return { value, stderr, n, documents, complete, truncated, ties };
}

function finite(value: number | null): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Shares between 0 and 1 that are better when higher: accuracies, matches, F1. */
function unitOf(metrics: readonly (ImportedMetric | undefined)[]): Unit {
  const known = metrics.filter((metric) => metric !== undefined);
  const areShares = known.every(
    ({ value, aggregation, higherIsBetter }) =>
      (aggregation === 'mean' || aggregation === 'f1') && higherIsBetter === true && value >= 0 && value <= 1,
  );
  return areShares ? 'percent' : 'plain';
}
