import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { formatBytes } from '../base/format.ts';
import { cacheRepository } from '../checkpoint/shards.ts';
import type { BaseModelItem, LibraryItem, PatchItem } from '../library/item.ts';
import { traceLineage } from '../library/lineage.ts';
import type { OutputKind, PortRequest } from '../port/plan/planTypes.ts';
import { describeItem } from './itemText.ts';
import { ask, pick, type Choice, type StepOutcome, type StepPosition } from './multiStep.ts';

/** What is known already, from what was clicked. */
export interface PortDraft {
  patch?: string | undefined;
  onto?: string | undefined;
}

interface Answers extends PortDraft {
  as?: OutputKind;
  out?: string;
  scale?: number;
}

const TITLE = 'Port Patch';
const BROWSE = Symbol('browse');

/**
 * Asks for patch, new base, kind of output, folder and scale; what was clicked is not asked again. The old base is not
 * asked for: pure deltas, all that can be ported yet, do not depend on it.
 *
 * @returns undefined if the person gave up
 */
export async function askForPort(items: readonly LibraryItem[], draft: PortDraft): Promise<PortRequest | undefined> {
  const answers: Answers = { ...draft };
  const steps = [
    ...(draft.patch === undefined ? [(at: StepPosition) => askPatch(at, items, answers)] : []),
    ...(draft.onto === undefined ? [(at: StepPosition) => askBase(at, items, answers)] : []),
    (at: StepPosition) => askKind(at, items, answers),
    (at: StepPosition) => askFolder(at, answers),
    (at: StepPosition) => askScale(at, answers),
  ];
  for (let step = 0; step < steps.length;) {
    const outcome = await steps[step]?.({ title: TITLE, step: step + 1, totalSteps: steps.length });
    if (outcome === 'cancelled') return undefined;
    step += outcome === 'back' ? -1 : 1;
  }
  const { patch, onto, out, as, scale } = answers;
  if (patch === undefined || onto === undefined || out === undefined || as === undefined || scale === undefined)
    throw new Error('a step of the wizard left its answer open');
  return { patch, onto, out, as, scale };
}

type Step = Promise<'next' | 'back' | 'cancelled'>;

async function askPatch(at: StepPosition, items: readonly LibraryItem[], answers: Answers): Step {
  const patches = items.filter((item): item is PatchItem => item.kind === 'patch' && item.problem === undefined);
  const choices = patches.map((item) => itemChoice(item, `made for ${item.baseName ?? 'an unnamed base'}`));
  return take(await pickFolder(at, 'Which patch?', choices), (folder) => choose(answers, 'patch', folder));
}

async function askBase(at: StepPosition, items: readonly LibraryItem[], answers: Answers): Step {
  const patch = items.find((item): item is PatchItem => item.kind === 'patch' && item.path === answers.patch);
  const named = patch ? traceLineage(items).basesOf(patch) : [];
  const bases = items.filter((item) => isCheckpoint(item) && item.problem === undefined);
  const choices = bases.map((item) => itemChoice(item, describeBase(item, named)));
  return take(await pickFolder(at, 'Onto which new base?', choices), (folder) => choose(answers, 'onto', folder));
}

/** A ported checkpoint is a checkpoint too: patches can be added one after the other. */
function isCheckpoint(item: LibraryItem): boolean {
  return item.kind === 'baseModel' || (item.kind === 'portedModel' && item.output === 'checkpoint');
}

function describeBase(item: LibraryItem, named: readonly BaseModelItem[]): string {
  if (item.kind === 'portedModel') return `${item.patch.name} on ${item.newBase.name}, ported`;
  if (item.kind !== 'baseModel') return '';
  return named.includes(item) ? 'the base this patch was made for' : item.architecture;
}

/** Another patch or base has another folder suggested for it. */
function choose(answers: Answers, part: 'patch' | 'onto', folder: string): void {
  if (answers[part] !== folder) delete answers.out;
  answers[part] = folder;
}

async function askKind(at: StepPosition, items: readonly LibraryItem[], answers: Answers): Step {
  const size = (path: string | undefined): string => {
    const bytes = items.find((item) => item.path === path)?.bytes;
    return bytes === undefined ? '' : formatBytes(bytes);
  };
  const choices: Choice<OutputKind>[] = [
    {
      label: 'Patched checkpoint',
      description: size(answers.onto),
      detail: 'The new base with the patch added to its weights; every tool loads it.',
      value: 'checkpoint',
    },
    {
      label: 'Re-based adapter',
      description: size(answers.patch),
      detail: 'The patch itself, pointing to the new base; for PEFT and vLLM.',
      value: 'adapter',
    },
  ];
  return take(await pick(at, 'What shall be made?', choices), (kind) => (answers.as = kind));
}

async function askFolder(at: StepPosition, answers: Answers): Step {
  const suggestion = answers.out ?? suggestFolder(answers);
  const outcome = await ask(at, 'Folder to make (it must not exist yet)', suggestion, problemWithFolder);
  return take(outcome, (folder) => (answers.out = folder.trim()));
}

async function askScale(at: StepPosition, answers: Answers): Step {
  const prompt = 'Scale: multiplies the patch; 1 is the method as published';
  const outcome = await ask(at, prompt, String(answers.scale ?? 1), problemWithScale);
  return take(outcome, (text) => (answers.scale = Number(text)));
}

function take<T>(outcome: StepOutcome<T>, keep: (value: T) => unknown): 'next' | 'back' | 'cancelled' {
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  keep(outcome.value);
  return 'next';
}

function itemChoice(item: LibraryItem, detail: string): Choice<string> {
  return { label: item.name, description: describeItem(item), detail: `${detail} · ${item.path}`, value: item.path };
}

/** A choice among known folders, or any other by the system's dialog. */
async function pickFolder(
  at: StepPosition,
  placeholder: string,
  known: readonly Choice<string>[],
): Promise<StepOutcome<string>> {
  const browse: Choice<typeof BROWSE> = { label: '$(folder-opened) Browse…', alwaysShow: true, value: BROWSE };
  const outcome = await pick<string | typeof BROWSE>(at, placeholder, [...known, browse]);
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  if (outcome.value !== BROWSE) return { value: outcome.value };
  const [folder] =
    (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title: placeholder })) ?? [];
  // Closing the system's dialog goes back to the list.
  return folder === undefined ? pickFolder(at, placeholder, known) : { value: folder.fsPath };
}

/** Beside the new base; never inside the Hugging Face cache. */
function suggestFolder({ patch = '', onto = '' }: Answers): string {
  const name = `${lastPart(patch)}-on-${lastPart(onto)}`;
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const parent = cacheRepository(onto) === undefined ? dirname(onto) : (workspace ?? dirname(patch));
  return join(parent, name);
}

function lastPart(path: string): string {
  const repository = cacheRepository(path);
  const name = (repository ?? path).replaceAll('\\', '/');
  return name.slice(name.lastIndexOf('/') + 1).replace(/^models--.*--/, '');
}

async function problemWithFolder(text: string): Promise<string | undefined> {
  const path = text.trim();
  if (path === '') return 'A folder is needed.';
  if (!isAbsolute(path)) return 'An absolute path is needed.';
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists ? 'It exists already; nothing is ever overwritten.' : undefined;
}

function problemWithScale(text: string): Promise<string | undefined> {
  const fine = text.trim() !== '' && Number.isFinite(Number(text));
  return Promise.resolve(fine ? undefined : 'It must be a number, like 1 or 0.8.');
}
