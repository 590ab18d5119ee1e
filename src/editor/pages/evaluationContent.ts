import { basename, dirname, resolve, sep } from 'node:path';
import type { Comparison } from '../../evaluation/results/compare.ts';
import type { Baseline } from '../../evaluation/results/baseline.ts';
import type { EvaluateResult } from '../../evaluation/run/result.ts';
import { readRunFacts } from '../evaluation/runFacts.ts';
import { viewOf } from '../evaluation/view.ts';
import type { EvaluationView } from '../evaluation/viewTypes.ts';
import type { Jobs } from '../jobs.ts';
import { assertTrusted } from '../trust.ts';

/** What a page shows. */
export interface Content {
  readonly files: readonly string[];
  /** The folder of the evaluation, where it is one. */
  readonly out: string | undefined;
  readonly title: string;
  /** The label of the column that others are compared with, where one was chosen. */
  readonly reference: string | undefined;
  readonly view: Promise<EvaluationView>;
}

/** An evaluation that runs: there is nothing to compare yet. */
export function contentOfRunning(out: string): Content {
  const folder = resolve(out);
  return { files: [], out: folder, title: basename(folder), reference: undefined, view: new Promise(() => undefined) };
}

/** What an evaluation ended with. */
export function contentOf({ files, out, comparison }: EvaluateResult, stopped: string | undefined): Content {
  const folder = resolve(out);
  return content(
    { files, out: folder, title: basename(folder), reference: undefined },
    () => Promise.resolve(comparison),
    stopped,
  );
}

/** Results files, compared by the worker. */
export function contentFrom(
  files: readonly string[],
  jobs: Jobs,
  { title = commonFolder(files), reference }: { title?: string | undefined; reference?: string | undefined } = {},
  {
    out,
    baseline,
    stopped,
  }: { out?: string | undefined; baseline?: Baseline | undefined; stopped?: string | undefined } = {},
): Content {
  return content(
    { files, out, title, reference },
    () => {
      assertTrusted('Comparing results');
      return jobs.quick('compare', { results: files, reference, page: { baseline } });
    },
    stopped,
  );
}

function content(what: Omit<Content, 'view'>, compare: () => Promise<Comparison>, stopped?: string): Content {
  const { title } = what;
  const load = async (): Promise<EvaluationView> => {
    const comparison = await compare();
    const runs = await readRunFacts([...new Set(comparison.columns.map(({ source }) => source))]);
    return viewOf(comparison, { title, runs, stopped });
  };
  const view = load();
  // Whoever shows it says so; until then it must not fail unheard.
  view.catch(() => undefined);
  return { ...what, view };
}

/** The name of the folder that holds all files: what the evaluation was called. */
function commonFolder(files: readonly string[]): string {
  const [first = '', ...others] = files.map(dirname);
  let folder = first;
  while (!others.every((other) => other === folder || other.startsWith(folder + sep)) && folder !== dirname(folder))
    folder = dirname(folder);
  // Files of two drives, or of folders that share nothing.
  return basename(folder) || basename(first);
}
