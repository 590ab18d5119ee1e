import * as vscode from 'vscode';

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

/** One choice from a list, with a Back button from the second step on. */
export function pick<T>(
  position: StepPosition,
  placeholder: string,
  choices: readonly Choice<T>[],
): Promise<StepOutcome<T>> {
  const input = vscode.window.createQuickPick<Choice<T>>();
  input.items = choices;
  input.matchOnDescription = true;
  input.matchOnDetail = true;
  input.placeholder = placeholder;
  return run(input, position, (accept) => {
    const chosen = input.selectedItems[0];
    if (chosen) accept(chosen.value);
  });
}

/** One line of text, checked as it is typed and when it is accepted. */
export function ask(
  position: StepPosition,
  prompt: string,
  value: string,
  problemWith: (text: string) => Promise<string | undefined>,
): Promise<StepOutcome<string>> {
  const input = vscode.window.createInputBox();
  input.prompt = prompt;
  input.value = value;
  const check = async (text: string): Promise<boolean> => {
    const problem = await problemWith(text);
    if (input.value === text) input.validationMessage = problem ?? '';
    return problem === undefined;
  };
  input.onDidChangeValue((text) => void check(text));
  void check(value);
  return run(input, position, (accept) => {
    const text = input.value;
    void check(text).then((fine) => {
      if (fine) accept(text);
    });
  });
}

type AnyInput = (vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox) & {
  onDidAccept: vscode.Event<void>;
};

function run<T, I extends Pick<AnyInput, keyof vscode.QuickInput | 'onDidAccept' | 'buttons' | 'onDidTriggerButton'>>(
  input: I,
  { title, step, totalSteps }: StepPosition,
  onAccept: (accept: (value: T) => void) => void,
): Promise<StepOutcome<T>> {
  Object.assign(input, { title, step, totalSteps, ignoreFocusOut: true });
  if (step > 1) input.buttons = [vscode.QuickInputButtons.Back];
  return new Promise((resolve) => {
    const end = (outcome: StepOutcome<T>): void => {
      resolve(outcome);
      input.dispose();
    };
    input.onDidAccept(() => onAccept((value) => end({ value })));
    input.onDidTriggerButton(() => end('back'));
    input.onDidHide(() => end('cancelled'));
    input.show();
  });
}
