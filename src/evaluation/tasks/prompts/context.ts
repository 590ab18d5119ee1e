import { InputError } from '../../../base/errors.ts';
import { isList, typeName, type Value } from '../python/values.ts';
import { joinWords, needsDelimiter, targetDelimiter } from './delimiters.ts';
import { choicesOf, plainText, targetOf, textOf, type Reading } from './fields.ts';

/** What stands before the question: the description and the examples (lm-eval, api/task.py, `fewshot_context`). */
export function beginning(question: Reading, examples: readonly Reading[], severalContexts: boolean): string {
  const { description } = question.task;
  const texts = examples.map((example) => exampleText(example, severalContexts));
  return plainText(question, 'description', description) + texts.join('');
}

/** An example with its answer, and the delimiter after it (`build_qa_turn`). */
function exampleText(reading: Reading, severalContexts: boolean): string {
  const { fewShot } = reading.task;
  const text = textOf(reading, 'doc_to_text', fewShot.docToText);
  const choices =
    fewShot.docToChoice === undefined ? undefined : choicesOf(reading, 'doc_to_choice', fewShot.docToChoice);
  const target = targetOf(reading, 'doc_to_target', fewShot.docToTarget);
  const prefix = plainText(reading, 'gen_prefix', fewShot.genPrefix);
  const prompt = severalContexts ? choice(reading, choices ?? [], text) : text;
  if (typeof prompt !== 'string') return notText(reading, prompt);
  if (target === '' || target === null)
    return prompt + delimiterBefore(prefix, prompt, fewShot.targetDelimiter) + prefix;
  const answer = answerText(reading, severalContexts ? undefined : choices, target);
  const delimiter =
    prefix === ''
      ? targetDelimiter(reading.task, fewShot.targetDelimiter, prompt, answer)
      : delimiterBefore(prefix, prompt, fewShot.targetDelimiter);
  return prompt + delimiter + joinWords(prefix, answer) + fewShot.fewShotDelimiter;
}

/** A question as it is asked, with the beginning of the answer if the task gives one. */
export function questionText(reading: Reading, prompt: string | number): string {
  if (typeof prompt !== 'string') return notText(reading, prompt);
  const prefix = plainText(reading, 'gen_prefix', reading.task.genPrefix);
  return prompt + delimiterBefore(prefix, prompt, reading.task.targetDelimiter) + prefix;
}

function delimiterBefore(prefix: string, prompt: string, delimiter: string): string {
  return needsDelimiter(prompt, prefix) ? delimiter : '';
}

function answerText(reading: Reading, choices: readonly string[] | undefined, target: Value): string {
  const index = typeof target === 'boolean' ? Number(target) : target;
  const answer =
    choices !== undefined && choices.length > 0 && typeof index === 'number'
      ? choice(reading, choices, index)
      : isList(target)
        ? target[0]
        : target;
  if (typeof answer === 'string') return answer;
  throw new InputError(
    `${reading.document.place}: doc_to_target gives ${answer === undefined ? 'an empty list' : `a value of the type ${typeName(answer)}`} where an example needs a text.`,
    'Write it as a template: {{column}}.',
  );
}

function choice(reading: Reading, choices: readonly string[], index: string | number): string {
  const found = typeof index === 'number' ? choices[index] : undefined;
  if (found !== undefined) return found;
  throw new InputError(
    `${reading.document.place}: ${JSON.stringify(index)} is the number of none of the ${choices.length} choices.`,
  );
}

function notText(reading: Reading, prompt: number): never {
  throw new InputError(`${reading.document.place}: doc_to_text gives the number ${prompt} where a text is needed.`);
}
