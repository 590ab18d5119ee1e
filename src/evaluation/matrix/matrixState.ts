import pLimit from 'p-limit';
import { isThere } from '../../base/there.ts';
import { throwIfCancelled } from '../../base/abort.ts';
import { CancelledError, problemText, UserError } from '../../base/errors.ts';
import { compareResults, type TaskComparison } from '../results/compare.ts';
import { verdictOf } from '../results/comparison/difference.ts';
import { readResults, type ImportedColumn } from '../results/readResults.ts';
import { holm } from '../statistics/holm.ts';
import { MatrixFolder } from './matrixFolder.ts';
import type { ColumnRole } from '../request.ts';
import type {
  CellDifference,
  CellRecovery,
  MatrixCell,
  MatrixMeasure,
  MatrixRow,
  MatrixState,
  Score,
} from './types.ts';
import { scalesOf, shortTask, unitsOf, type MatrixUnit } from './units.ts';

/** What has been compared: a matrix that fills is looked at again and again. */
const compared = new Map<string, Promise<TaskComparison | undefined>>();
const MAX_COMPARED = 2000;
/** Comparisons: each holds the items of its files. */
const AT_ONCE = 4;

/**
 * How a matrix stands: what is done of it, and what follows of that.
 *
 * @throws InputError if the folder holds none; CancelledError
 */
export async function matrixState(out: string, signal: AbortSignal): Promise<MatrixState> {
  const folder = new MatrixFolder(out);
  const { name, spec } = await folder.read();
  const units = unitsOf(spec, folder.out);
  const results = await resultsOf(folder, units);
  const ports = await portsOf(folder, units);
  const rows = Object.keys(spec.patches).flatMap((patch) => scalesOf(spec).map((scale) => ({ patch, scale })));
  const places = Object.keys(spec.bases).flatMap((base) => spec.tasks.map((task) => ({ base, task })));
  const sourcesOf = (place: Place, row: MatrixRow | undefined): Sources => ({
    base: results.get(keyOf('new base', place)),
    ported: row && results.get(keyOf('ported', place, row)),
    retrained: row && results.get(keyOf('retrained', place, { patch: row.patch })),
  });
  const limit = pLimit(AT_ONCE);
  const lookAtRow = (row: MatrixRow | undefined): Promise<Found[]> =>
    Promise.all(places.map((place) => limit(() => lookAt(sourcesOf(place, row), signal))));
  const alone = await lookAtRow(undefined);
  const found = await Promise.all(rows.map(lookAtRow));
  const { cells, tests } = correct(found);
  return {
    ...{ name, out: folder.out, done: results.size + ports.length, total: units.length, rows, ports, cells, tests },
    columns: places.map((place, at) =>
      measureOf(
        place,
        [alone, ...found].flatMap((row) => row[at] ?? []),
      ),
    ),
    bases: alone.map(({ table }) => scoreOf(table, 0)),
  };
}

interface Place {
  readonly base: string;
  readonly task: string;
}

/** Names a cell among the results. */
function keyOf(
  role: ColumnRole | undefined,
  { base, task }: Place,
  row: { readonly patch?: string | undefined; readonly scale?: number | undefined } = {},
): string {
  return JSON.stringify([role, base, task, row.patch ?? null, row.scale ?? null]);
}

/** The results files of the cells that are done. */
async function resultsOf(folder: MatrixFolder, units: readonly MatrixUnit[]): Promise<Map<string, string>> {
  const results = new Map<string, string>();
  for (const unit of units) {
    const record = unit.kind === 'evaluate' ? await folder.get(unit) : undefined;
    if (unit.kind !== 'evaluate' || record === undefined || !(await isThere(record.results))) continue;
    const { role, base, patch, scale } = unit.column;
    results.set(keyOf(role, { base, task: unit.task }, { patch, scale }), record.results);
  }
  return results;
}

async function portsOf(folder: MatrixFolder, units: readonly MatrixUnit[]): Promise<string[]> {
  const ports: string[] = [];
  for (const unit of units)
    if (unit.kind === 'port' && (await isThere(folder.evidenceOf(unit)))) ports.push(unit.request.out);
  return ports;
}

/** Results files of one cell, as far as they are there. */
interface Sources {
  readonly base?: string | undefined;
  readonly ported?: string | undefined;
  readonly retrained?: string | undefined;
}

interface Found {
  readonly sources: readonly string[];
  readonly table: TaskComparison | undefined;
  /** Place of the ported column in the table. */
  readonly ported: number | undefined;
  readonly problem: string | null;
}

async function lookAt({ base, ported, retrained }: Sources, signal: AbortSignal): Promise<Found> {
  const sources = [base, ported, retrained].flatMap((source) => source ?? []);
  const place = ported === undefined ? undefined : base === undefined ? 0 : 1;
  if (sources.length === 0) return { sources, table: undefined, ported: place, problem: null };
  try {
    throwIfCancelled(signal);
    return { sources, table: await comparison(sources), ported: place, problem: null };
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof CancelledError) throw error;
    return { sources, table: undefined, ported: place, problem: problemText(error) };
  }
}

function comparison(sources: readonly string[]): Promise<TaskComparison | undefined> {
  const key = JSON.stringify(sources);
  const known = compared.get(key);
  if (known !== undefined) return known;
  const made = compare(sources);
  if (compared.size >= MAX_COMPARED) compared.clear();
  compared.set(key, made);
  made.catch(() => compared.delete(key));
  return made;
}

/** Of the task's first metric; without the items, which are read again where somebody looks at them. */
async function compare(sources: readonly string[]): Promise<TaskComparison | undefined> {
  const read: ImportedColumn[] = [];
  for (const source of sources) read.push(...(await readResults(source)));
  const [table] = (await compareResults(read)).tables;
  return table && { ...table, differences: table.differences.map((difference) => ({ ...difference, flips: null })) };
}

/** The tests of all cells are one family: of many, some are below any level by chance. */
function correct(found: readonly (readonly Found[])[]): { cells: MatrixCell[][]; tests: number } {
  const tested = found.flat().flatMap((one) => {
    const test = differenceIn(one)?.test;
    return test ? [{ one, p: test.p }] : [];
  });
  const adjusted = holm(tested.map(({ p }) => p));
  const pOf = new Map(tested.map(({ one }, at) => [one, adjusted[at] ?? NaN]));
  return { cells: found.map((row) => row.map((one) => cellOf(one, pOf.get(one)))), tests: tested.length };
}

function cellOf(found: Found, p: number | undefined): MatrixCell {
  return {
    score: found.ported === undefined ? null : scoreOf(found.table, found.ported),
    difference: toDifference(found, p),
    recovery: toRecovery(found),
    problem: found.problem,
    sources: found.sources,
  };
}

/** The ported patch against the base alone. */
function differenceIn({ table, ported }: Found): TaskComparison['differences'][number] | undefined {
  return ported === 1 ? table?.differences.find(({ column, against }) => column === 1 && against === 0) : undefined;
}

function toDifference(found: Found, p: number | undefined): CellDifference | null {
  const own = differenceIn(found);
  if (own === undefined) return null;
  const { difference, interval } = own;
  const verdict = verdictOf(difference, interval, p, found.table?.higherIsBetter ?? true);
  return { value: difference, low: interval.low, high: interval.high, p: p ?? null, verdict };
}

function toRecovery({ table }: Found): CellRecovery | null {
  const recovery = table?.recoveries[0]?.recovery;
  if (recovery === undefined) return null;
  const { value, interval, reason } = recovery;
  return { value: value ?? null, low: interval?.low ?? null, high: interval?.high ?? null, reason: reason ?? null };
}

function scoreOf(table: TaskComparison | undefined, column: number): Score | null {
  const cell = table?.cells[column];
  if (cell?.value == null) return null;
  return { value: cell.value, stderr: cell.stderr, n: cell.n };
}

/** By the first of its cells that is known. */
function measureOf({ base, task }: Place, found: readonly Found[]): MatrixMeasure {
  const table = found.find((one) => one.table !== undefined)?.table;
  return {
    ...{ base, task: table?.task ?? shortTask(task) },
    metric: table?.metric ?? null,
    unit: table?.unit ?? 'plain',
    higherIsBetter: table?.higherIsBetter ?? true,
  };
}
