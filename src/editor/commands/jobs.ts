import { basename } from 'node:path';
import type { Divisible } from '../../base/partsFolder.ts';
import type { JobNode } from '../cluster/jobsTree.ts';
import type { EditorContext } from '../context.ts';
import { tellOfPort } from './port.ts';

/** What a row of the jobs view is about. */
export function onJob(target: unknown, act: (out: string) => unknown): unknown {
  const node = target as Partial<JobNode> | undefined;
  return node?.type === 'job' && typeof node.out === 'string' ? act(node.out) : undefined;
}

/** What a cluster has made, as one made here opens. */
export async function openJobResult(editor: EditorContext, out: string): Promise<void> {
  const job = editor.cluster.all.find((one) => one.out === out);
  if (job !== undefined) await OPEN[job.kind](editor, out);
}

type Open = (editor: EditorContext, out: string) => Promise<void>;

const OPEN: Readonly<Record<Divisible, Open>> = {
  port: ({ reports }, folder) => reports.open({ kind: 'port', folder }),
  diagnose: ({ reports, diagnoses }, out) => reports.open({ kind: 'diagnosis', file: diagnoses.fileOfPlace(out) }),
  evaluate: ({ evaluations }, out) => evaluations.open([out], { out, title: basename(out) }),
  matrix: ({ matrices }, out) => matrices.open(out),
};

/** A job has just ended well: what it made opens by itself, or is offered where it is a folder of models. */
export async function jobIsDone(
  editor: Pick<EditorContext, 'library' | 'reports' | 'evaluations' | 'matrices' | 'diagnoses'>,
  { out, kind }: { readonly out: string; readonly kind: Divisible },
): Promise<void> {
  switch (kind) {
    case 'port':
      return tellOfPort(editor, out);
    case 'diagnose':
      return editor.reports.open({ kind: 'diagnosis', file: await editor.diagnoses.adopt(out) }, 'byItself');
    case 'evaluate':
      return editor.evaluations.open([out], { out, title: basename(out) }, 'byItself');
    case 'matrix':
      editor.library.refresh();
      return editor.matrices.open(out, 'byItself');
  }
}
