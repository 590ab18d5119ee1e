import { basename, resolve } from 'node:path';
import { CancelledError, InputError, UserError } from '../../base/errors.ts';
import { formatProgress, plural } from '../../base/format.ts';
import type { Progress } from '../../base/progress.ts';
import type { EvaluateRequest } from '../../evaluation/request.ts';
import type { EvaluateResult } from '../../evaluation/run/result.ts';
import type { LibraryItem } from '../../library/item.ts';
import type { JobParameters } from '../../worker/contract.ts';
import { diagnosedRequest, targetFolder, targetItem } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { showInformation } from '../messages.ts';
import { readSettings } from '../settings.ts';
import { assertTrusted } from '../trust.ts';
import { worldOf } from '../world.ts';
import { subjectOf, type Subject, type World } from '../wizard/evaluation/answers.ts';
import { askForEvaluation, type KnownAnswers } from '../wizard/evaluation/evaluationWizard.ts';

/** Evaluate…: asks, evaluates, and opens the comparison; what was stopped is shown as far as it came. */
export async function evaluateModels(editor: EditorContext, target: unknown, selected: unknown): Promise<void> {
  assertTrusted('Evaluating');
  const world = await worldOf(editor);
  const { subject, known } = await subjectFrom(target, selected, world);
  const request = await askForEvaluation(subject, world, readSettings().evaluate, known);
  if (request === undefined) return;
  if (readSettings().runner === 'slurm')
    return editor.cluster.submit('evaluate', basename(request.out), { kind: 'evaluate', request });
  await editor.jobs.device();
  await run(editor, request);
}

interface Clicked {
  readonly subject: Subject | undefined;
  readonly known: KnownAnswers;
}

/** A report knows which bases and which retrained patch its patch is about. */
async function subjectFrom(target: unknown, selected: unknown, world: World): Promise<Clicked> {
  const diagnosed = diagnosedRequest(target);
  if (diagnosed === undefined) {
    const clicked = await clickedItems([target, ...(Array.isArray(selected) ? (selected as unknown[]) : [])], world);
    return { subject: subjectOf(clicked), known: {} };
  }
  const { patch, onto, from, against } = diagnosed;
  const known: KnownAnswers = {
    newBase: onto,
    ...(from === undefined ? {} : { oldBase: from }),
    ...(against === undefined ? {} : { retrained: await world.lookUp(against) }),
  };
  return { subject: subjectOf([await world.lookUp(patch)]), known };
}

function clickedItems(targets: readonly unknown[], { items, lookUp }: World): Promise<LibraryItem[]> {
  const folders = new Set(targets.map((target) => targetItem(target, items)?.path ?? targetFolder(target)));
  return Promise.all([...folders].flatMap((folder) => (folder === undefined ? [] : [lookUp(folder)])));
}

async function run(editor: EditorContext, request: EvaluateRequest): Promise<void> {
  const { jobs } = editor;
  const parameters = { request, device: jobs.deviceChoice };
  const { columns, tasks } = request;
  const title = `Evaluating ${plural(columns.length, 'column')} on ${plural(tasks.length, 'task')}`;
  const out = resolve(request.out);
  if (editor.runs.liveOf(out) !== undefined)
    throw new UserError(`An evaluation into ${out} is under way.`, 'Wait for it, stop it, or choose another folder.');
  const controller = new AbortController();
  const run = editor.runs.start(out, () => controller.abort());
  editor.evaluations.begin(request.out);
  try {
    const onProgress = (progress: Progress): void => run.progress(formatProgress(progress));
    const result = await jobs.long('evaluate', title, parameters, { controller, onProgress, onLive: run.live });
    run.end('finished');
    open(editor, result);
  } catch (error) {
    run.end(error instanceof CancelledError ? 'stopped' : 'failed');
    // Nearly all that cannot be evaluated is found out before anything is answered.
    if (error instanceof InputError) throw error;
    const isStopped = error instanceof CancelledError;
    await showWhatIsKnown(editor, parameters, isStopped ? 'Stopped' : 'The evaluation ended early').catch(
      (unknown: unknown) => {
        if (isStopped) throw unknown;
      },
    );
    if (!isStopped) throw error;
  } finally {
    await editor.evaluations.end(request.out);
  }
}

/** Draws of the standard errors that need a bootstrap: nobody reports a part. */
const DRAWS = 1000;

/** The answers outlive the process that was cancelled, or died. */
async function showWhatIsKnown(
  editor: EditorContext,
  { request, device }: JobParameters<'evaluate'>,
  why: string,
): Promise<void> {
  const counted = { ...request, bootstrapIterations: Math.min(request.bootstrapIterations, DRAWS) };
  try {
    const parameters = { request: counted, device, onlyKnown: true };
    const result = await editor.jobs.long('evaluate', 'Counting the answers that are kept', parameters);
    const kept = `${why}: ${result.items.answered} of ${plural(result.items.asked, 'item')} are kept`;
    void showInformation(`${kept}; Evaluate… with the same folder goes on.`);
    open(editor, result, `${kept}.`);
  } catch (error) {
    if (error instanceof CancelledError) return;
    if (!(error instanceof UserError)) throw error;
    void showInformation(`${why}: no item is kept. ${error.message}`);
  }
}

function open({ log, evaluations }: EditorContext, result: EvaluateResult, stopped?: string): void {
  for (const warning of result.warnings) log.warn(`${result.out}: ${warning}`);
  evaluations.show(result, stopped);
}
