import { InputError } from '../../../base/errors.ts';
import { literalEval } from '../python/literal.ts';
import { strip } from '../python/text.ts';
import { isList, PythonError, shortened, written } from '../python/values.ts';
import type { DocumentForm } from '../task.ts';

type Columns = Readonly<Record<string, unknown>>;

/** @throws InputError for a document that cannot be brought into the form */
export function formed(form: DocumentForm, columns: Columns, place: string): Columns {
  switch (form) {
    case 'winogrande':
      return { ...columns, ...winogrande(columns, place) };
    case 'choices': {
      const choices = choicesOf(columns.choices, place);
      return {
        ...columns,
        prompt: text(columns, 'prompt', place),
        choices,
        gold: goldOf(columns.gold, choices, place),
      };
    }
    case 'continuation':
      return { ...columns, prompt: text(columns, 'prompt', place), answer: answer(columns, place) };
  }
}

/**
 * lm-eval's tasks/winogrande/preprocess_winogrande.py: the contexts up to the options, what follows the gap, and the
 * gold option's number. llm-foundry's files hold just that, under other names.
 */
function winogrande(columns: Columns, place: string): Columns {
  if (Object.hasOwn(columns, 'context_options')) {
    const contexts = choicesOf(columns.context_options, place);
    const gold = columns.gold;
    if (typeof gold !== 'number' || contexts[gold] === undefined) return refuse(place, 'gold', gold, '0 and 1');
    return { contexts, continuation: strip(text(columns, 'continuation', place)), gold };
  }
  const sentence = text(columns, 'sentence', place);
  const gap = sentence.indexOf('_');
  if (gap < 0) throw new InputError(`${place}: the sentence has no gap (_): ${JSON.stringify(sentence.slice(0, 80))}.`);
  const gold = ['1', '2'].indexOf(String(columns.answer));
  if (gold < 0) return refuse(place, 'answer', columns.answer, '"1" and "2"');
  return {
    contexts: ['option1', 'option2'].map((option) => sentence.slice(0, gap) + text(columns, option, place)),
    continuation: strip(sentence.slice(gap + 1)),
    gold,
  };
}

/** A number as Python writes it: tables and JSON have no quotes where an answer is one. */
function answer(columns: Columns, place: string): string {
  const value = columns.answer;
  return typeof value === 'number' ? written(value) : text(columns, 'answer', place);
}

function text(columns: Columns, name: string, place: string): string {
  const value = columns[name];
  if (typeof value === 'string') return value;
  if (!Object.hasOwn(columns, name))
    throw new InputError(
      `${place}: there is no column ${name} (there are ${shortened(Object.keys(columns).join(', '))}).`,
    );
  throw new InputError(`${place}: ${name} must be a text and is ${written(value)}.`);
}

/** A list of texts; in a CSV file, one that is written as such. */
function choicesOf(value: unknown, place: string): readonly string[] {
  const list = typeof value === 'string' ? listFrom(value) : value;
  if (Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === 'string')) return list;
  throw new InputError(`${place}: the choices must be a list of texts and are ${written(value)}.`);
}

function listFrom(written: string): unknown {
  try {
    const value = literalEval(written);
    return isList(value) ? value : undefined;
  } catch (error) {
    if (error instanceof PythonError) return undefined;
    throw error;
  }
}

/**
 * A number counts the choices from 0. A text is the choice that it equals, white space at the ends aside; if it equals
 * none, it is a number, or one of the letters A, B, C … that count them.
 */
function goldOf(value: unknown, choices: readonly string[], place: string): number {
  const number = typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? named(value, choices) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < choices.length) return number;
  const last = String.fromCharCode(64 + choices.length);
  return refuse(place, 'gold', value, `0 to ${choices.length - 1}, A to ${last}, and the choices themselves`);
}

function named(value: string, choices: readonly string[]): number {
  if (choices.includes(value)) return choices.indexOf(value);
  const wanted = strip(value);
  const equal = choices.findIndex((choice) => strip(choice) === wanted);
  if (equal >= 0) return equal;
  if (/^\d+$/.test(wanted)) return Number(wanted);
  return /^[A-Z]$/.test(wanted) ? wanted.charCodeAt(0) - 65 : -1;
}

function refuse(place: string, name: string, value: unknown, known: string): never {
  throw new InputError(`${place}: the ${name} ${written(value)} is not known; known are ${known}.`);
}
