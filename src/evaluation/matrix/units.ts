import { join } from 'node:path';
import { sha256Of } from '../../base/hash.ts';
import type { OutputKind, PortRequest } from '../../port/plan/planTypes.ts';
import type { ColumnRequest, EvaluateRequest } from '../request.ts';
import { portedLabel, type MatrixSpec } from './spec.ts';

/** lm-eval's own, of few-shot examples and of the standard errors of f1 and perplexity. */
const SEED = 1234;
const BOOTSTRAP = 100_000;

/** A model of the matrix: a base alone, with a ported patch, or with one that was trained on it. */
export interface MatrixColumn extends ColumnRequest {
  readonly base: string;
  readonly patch?: string;
  readonly scale?: number;
}

/** The smallest that is computed by itself. */
export type MatrixUnit = EvaluateUnit | PortUnit;

export interface EvaluateUnit {
  readonly kind: 'evaluate';
  /** Names its file; the same as long as what it stands for is. */
  readonly id: string;
  /** For people. */
  readonly what: string;
  readonly column: MatrixColumn;
  readonly task: string;
}

export interface PortUnit {
  readonly kind: 'port';
  readonly id: string;
  readonly what: string;
  readonly request: PortRequest;
}

export function scalesOf({ scales = [1] }: MatrixSpec): readonly number[] {
  return scales;
}

/** Base by base, so that one that is loaded is used for all that it is needed for. */
export function columnsOf(spec: MatrixSpec): MatrixColumn[] {
  return Object.entries(spec.bases).flatMap(([base, model]) => [
    { base, model, label: base, role: 'new base' as const, patches: [] },
    ...Object.entries(spec.patches).flatMap(([patch, folder]) => [
      ...scalesOf(spec).map((scale) => ({
        ...{ base, patch, scale, model },
        label: portedLabel(base, patch, scale),
        role: 'ported' as const,
        patches: [{ patch: folder, scale, from: spec.old }],
      })),
      ...retrainedOf(spec, base, patch).map((own) => ({
        ...{ base, patch, model },
        label: `${base} + ${patch} (retrained)`,
        role: 'retrained' as const,
        patches: [{ patch: own, scale: 1 }],
      })),
    ]),
  ]);
}

function retrainedOf({ retrained = {} }: MatrixSpec, base: string, patch: string): string[] {
  const own = Object.hasOwn(retrained, base) ? (retrained[base] ?? {}) : {};
  return Object.hasOwn(own, patch) ? [own[patch] ?? ''] : [];
}

/** In the order of the parts' numbers. @param out the matrix's folder */
export function unitsOf(spec: MatrixSpec, out: string): MatrixUnit[] {
  const evaluated = columnsOf(spec).flatMap((column) =>
    spec.tasks.map((task): EvaluateUnit => {
      const what = `${column.label} on ${shortTask(task)}`;
      return { kind: 'evaluate', id: idOf(what, [column, task, settingsOf(spec)]), what, column, task };
    }),
  );
  return [...evaluated, ...portsOf(spec, out)];
}

function portsOf(spec: MatrixSpec, out: string): PortUnit[] {
  const { outputs } = spec;
  if (outputs === undefined) return [];
  return Object.entries(spec.bases).flatMap(([base, onto]) =>
    Object.entries(spec.patches).flatMap(([patch, folder]) =>
      scalesOf(spec).map((scale) => portUnit(spec, outputs, { base, onto, patch, folder, scale, out })),
    ),
  );
}

interface Port {
  readonly base: string;
  readonly onto: string;
  readonly patch: string;
  readonly folder: string;
  readonly scale: number;
  readonly out: string;
}

function portUnit(spec: MatrixSpec, as: OutputKind, { base, onto, patch, folder, scale, out }: Port): PortUnit {
  const what = `${portedLabel(base, patch, scale)} as ${as}`;
  const own = { patch: folder, onto, from: spec.old, scale, as };
  const id = idOf(what, own);
  return { kind: 'port', id, what, request: { ...own, out: join(out, 'ports', id) } };
}

/** What a unit's answers depend on besides its column and task. */
function settingsOf({ data, limit, fewShot, maxGenToks, bos, seed }: MatrixSpec): unknown {
  return [data, limit, fewShot, maxGenToks, bos, seed];
}

/** Of some columns and tasks, into the matrix's results. */
export function requestFor(
  spec: MatrixSpec,
  columns: readonly MatrixColumn[],
  tasks: readonly string[],
  results: string,
): EvaluateRequest {
  const { data, limit, fewShot, maxGenToks, bos = 'auto', memory, seed = SEED } = spec;
  return {
    columns,
    tasks,
    ...{ data, limit, fewShot, maxNewTokens: maxGenToks, bos, memory, seed },
    bootstrapIterations: BOOTSTRAP,
    out: results,
  };
}

/** A file by its name, which is what its task is called. */
export function shortTask(task: string): string {
  return task.replace(/^.*[/\\]/, '').replace(/\.[^.]+$/, '');
}

/** A name that every file system takes, and a hash of what it stands for. */
function idOf(what: string, of: unknown): string {
  const words = what
    .replaceAll(/[^\w.@-]+/g, '-')
    .replaceAll(/^[-.]+/g, '')
    .slice(0, 80);
  return `${words}-${sha256Of(JSON.stringify(of)).slice(0, 8)}`;
}
