import * as vscode from 'vscode';
import { plainText } from '../../base/plainText.ts';

/** A step ends with a value, with going back, or with giving up. */
export type StepOutcome<T> = { readonly value: T } | 'back' | 'cancelled';

export interface StepPosition {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/**
 * One choice from a list, with a Back button from the second step on.
 *
 * @param current what was chosen before
 */
export function pick<T>(
  position: StepPosition,
  placeholder: string,
  choices: readonly Choice<T>[],
  current?: T,
): Promise<StepOutcome<T>> {
  const input = vscode.window.createQuickPick<Choice<T>>();
  input.items = choices;
  input.activeItems = choices.filter(({ value }) => current !== undefined && value === current);
  input.matchOnDescription = true;
  input.matchOnDetail = true;
  input.placeholder = placeholder;
  return run(input, position, (accept) => {
    input.onDidAccept(() => {
      const chosen = input.selectedItems[0];
      if (chosen) accept(chosen.value);
    });
  });
}

/** What ends a choice among many: the ones that are ticked, or a row that leads elsewhere, with the ticks so far. */
export interface Picked<T, A> {
  /** Undefined where the choices were not known yet. */
  readonly values: readonly T[] | undefined;
  readonly action?: A | undefined;
}

/**
 * Any number of choices; a click on an action among them ends the step at once.
 *
 * @param meanwhile what is shown until the choices are known
 * @param keep is told what is ticked when the person goes back
 */
export function pickMany<T, A = never>(
  position: StepPosition,
  placeholder: string,
  choices: readonly (Choice<T> | vscode.QuickPickItem)[] | Promise<readonly (Choice<T> | vscode.QuickPickItem)[]>,
  meanwhile: readonly (vscode.QuickPickItem & { readonly action: A })[] = [],
  keep: (values: readonly T[]) => void = () => undefined,
): Promise<StepOutcome<Picked<T, A>>> {
  const input = vscode.window.createQuickPick<vscode.QuickPickItem>();
  Object.assign(input, { canSelectMany: true, matchOnDescription: true, matchOnDetail: true, placeholder });
  const values = (): T[] | undefined =>
    input.busy ? undefined : input.selectedItems.flatMap((item) => ('value' in item ? [item.value as T] : []));
  const actionsOf = (items: readonly vscode.QuickPickItem[]): A[] =>
    items.flatMap((item) => ('action' in item ? [item.action as A] : []));
  let before = 0;
  input.onDidTriggerButton(() => {
    const ticked = values();
    if (ticked !== undefined) keep(ticked);
  });
  return run(input, position, (accept, fail) => {
    input.onDidAccept(() => {
      const [action] = actionsOf(input.activeItems);
      if (action !== undefined) accept({ values: values(), action });
      else if (!input.busy) accept({ values: values() });
    });
    input.onDidChangeSelection((items) => {
      const chosen = actionsOf(items);
      // The box that ticks everything ticks actions too.
      if (chosen.length === 1 && before === 0) accept({ values: values(), action: chosen[0] });
      before = chosen.length;
    });
    void fill(input, choices, meanwhile).catch(fail);
  });
}

async function fill(
  input: vscode.QuickPick<vscode.QuickPickItem>,
  choices: readonly vscode.QuickPickItem[] | Promise<readonly vscode.QuickPickItem[]>,
  meanwhile: readonly vscode.QuickPickItem[],
): Promise<void> {
  input.busy = true;
  input.items = meanwhile;
  const items = await choices;
  input.items = items;
  input.selectedItems = items.filter(({ picked }) => picked);
  input.busy = false;
}

/**
 * One line of text, checked as it is typed and when it is accepted.
 *
 * @param keep is told what is typed when the person goes back
 */
export function ask(
  position: StepPosition,
  prompt: string,
  value: string,
  problemWith: (text: string) => Promise<string | undefined>,
  keep: (text: string) => void = () => undefined,
): Promise<StepOutcome<string>> {
  const input = vscode.window.createInputBox();
  input.prompt = plainText(prompt);
  input.value = value;
  const check = async (text: string): Promise<boolean> => {
    const problem = await problemWith(text);
    if (input.value === text) input.validationMessage = plainText(problem ?? '');
    return problem === undefined;
  };
  input.onDidChangeValue((text) => void check(text));
  void check(value);
  input.onDidTriggerButton(() => keep(input.value));
  return run(input, position, (accept) => {
    input.onDidAccept(() => {
      const text = input.value;
      void check(text).then((fine) => {
        if (fine) accept(text);
      });
    });
  });
}

type AnyInput = vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox;

function run<T, I extends Pick<AnyInput, keyof vscode.QuickInput | 'buttons' | 'onDidTriggerButton'>>(
  input: I,
  { title, step, totalSteps }: StepPosition,
  listen: (accept: (value: T) => void, fail: (error: unknown) => void) => void,
): Promise<StepOutcome<T>> {
  Object.assign(input, { title, step, totalSteps, ignoreFocusOut: true });
  if (step > 1) input.buttons = [vscode.QuickInputButtons.Back];
  return new Promise((resolve, reject) => {
    const end = (outcome: StepOutcome<T>): void => {
      resolve(outcome);
      input.dispose();
    };
    const fail = (error: unknown): void => {
      reject(error instanceof Error ? error : new Error(String(error)));
      input.dispose();
    };
    input.onDidTriggerButton(() => end('back'));
    input.onDidHide(() => end('cancelled'));
    listen((value) => end({ value }), fail);
    input.show();
  });
}
