import { basename } from 'node:path';
import type { Divisible } from '../../base/partsFolder.ts';
import type { JobNode } from '../cluster/jobsTree.ts';
import type { EditorContext } from '../context.ts';
import type { Opening } from '../pages/page.ts';
import { tellOfPort } from './port.ts';

/** What a row of the jobs view is about. */
export function onJob(target: unknown, act: (out: string) => unknown): unknown {
  const node = target as Partial<JobNode> | undefined;
  return node?.type === 'job' && typeof node.out === 'string' ? act(node.out) : undefined;
}

/** What a cluster has made, as one made here opens. */
export async function openJobResult(editor: EditorContext, out: string): Promise<void> {
  const job = editor.cluster.all.find((one) => one.out === out);
  if (job !== undefined) await OPEN[job.kind](editor, out, 'asked');
}

type Results = Pick<EditorContext, 'library' | 'reports' | 'evaluations' | 'matrices' | 'diagnoses'>;
type Open = (editor: Results, out: string, opening: Opening) => Promise<void>;

const OPEN: Readonly<Record<Divisible, Open>> = {
  port: ({ reports }, folder, opening) => reports.open({ kind: 'port', folder }, opening),
  diagnose: ({ reports, diagnoses }, out, opening) =>
    reports.open({ kind: 'diagnosis', file: diagnoses.fileOfPlace(out) }, opening),
  evaluate: ({ evaluations }, out, opening) => evaluations.open([out], { out, title: basename(out) }, opening),
  matrix: ({ matrices }, out, opening) => matrices.open(out, opening),
};

/** A job has just ended well: what it made opens by itself, or is offered where it is a folder of models. */
export async function jobIsDone(
  editor: Results,
  { out, kind }: { readonly out: string; readonly kind: Divisible },
): Promise<void> {
  if (kind === 'port') return tellOfPort(editor, out);
  if (kind === 'diagnose') await editor.diagnoses.adopt(out);
  if (kind === 'matrix') editor.library.refresh();
  await OPEN[kind](editor, out, 'byItself');
}
