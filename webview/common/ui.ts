/**
 * The one place that knows the archived UI toolkit. Its successor is @vscode-elements/elements; never load both, their
 * elements have the same names. https://github.com/microsoft/vscode-webview-ui-toolkit/issues/561
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
  type Button,
  type Checkbox,
  type Dropdown,
  type TextField,
} from '@vscode/webview-ui-toolkit';
import { element } from './dom.ts';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeTextField(),
);

export function button(label: string, kind: 'primary' | 'secondary', onClick: () => void, enabled = true): HTMLElement {
  const made = document.createElement('vscode-button') as Button;
  made.appearance = kind;
  made.textContent = label;
  made.disabled = !enabled;
  made.addEventListener('click', onClick);
  return made;
}

/** A labelled choice among a few. */
export function dropdown<T extends string>(
  label: string,
  options: readonly { readonly value: T; readonly label: string; readonly disabled?: boolean }[],
  chosen: T,
  onChange: (value: T) => void,
): HTMLElement {
  const made = document.createElement('vscode-dropdown') as Dropdown;
  made.id = `choice-${label.replaceAll(/\W+/g, '-')}`;
  made.setAttribute('aria-label', label);
  for (const option of options) {
    const row = document.createElement('vscode-option');
    row.setAttribute('value', option.value);
    row.toggleAttribute('disabled', option.disabled === true);
    row.toggleAttribute('selected', option.value === chosen);
    row.textContent = option.label;
    made.append(row);
  }
  made.addEventListener('change', () => onChange(made.value as T));
  return element('div', { class: 'chart-controls' }, element('span', {}, label), made);
}

export function checkbox(label: string, checked: boolean, onChange: (checked: boolean) => void): HTMLElement {
  const made = document.createElement('vscode-checkbox') as Checkbox;
  made.textContent = label;
  made.checked = checked;
  made.addEventListener('change', () => onChange(made.checked));
  return made;
}

/** A line of text; what is typed is told as it is typed. */
export function textField(
  label: string,
  placeholder: string,
  value: string,
  onInput: (value: string) => void,
): HTMLElement {
  const made = document.createElement('vscode-text-field') as TextField;
  // The toolkit takes its aria-label from here.
  made.textContent = label;
  made.placeholder = placeholder;
  made.value = value;
  made.addEventListener('input', () => onInput(made.value));
  return made;
}
