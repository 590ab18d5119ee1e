import { InputError } from '../../../base/errors.ts';
import type { Item, Request } from '../../types.ts';
import { str } from '../python/repr.ts';
import type { Value } from '../python/values.ts';
import type { Task } from '../task.ts';
import { questionText } from './context.ts';
import { targetDelimiter } from './delimiters.ts';
import { choicesOf, plainText, targetForItem, targetOf, textOf, type Reading } from './fields.ts';

interface Situation {
  /** The description and the examples. */
  readonly before: string;
  /** The choices are contexts, and the target follows each of them. */
  readonly severalContexts: boolean;
  readonly eosText: string | undefined;
}

/** What a model is asked about one document (lm-eval, api/task.py, `construct_requests`). @throws InputError */
export function asked(question: Reading, situation: Situation): Pick<Item, 'target' | 'choices' | 'requests'> {
  const { task } = question;
  const target = targetOf(question, 'doc_to_target', task.docToTarget);
  const choices = choicesOf(question, 'doc_to_choice', task.docToChoice);
  const requests = requestsOf(question, target, choices, situation);
  return { target: targetForItem(question, target), choices, requests };
}

function requestsOf(question: Reading, target: Value, choices: readonly string[], situation: Situation): Request[] {
  const { task } = question;
  const { before, severalContexts, eosText } = situation;
  switch (task.outputType) {
    case 'loglikelihood_rolling':
      return [{ kind: 'loglikelihood_rolling', text: asText(question, target) }];
    case 'multiple_choice':
      if (choices.length === 0) throw new InputError(`${question.document.place}: there are no choices.`);
      if (severalContexts) return choices.map((choice) => afterContext(question, before + choice, target));
      return afterPrompt(task, before + promptOf(question), choices);
    case 'loglikelihood': {
      const [context, continuation] = [before + promptOf(question), asText(question, target)];
      if (task.form !== undefined) return [loglikelihood(task, context, continuation)];
      // lm-eval puts no delimiter here: the template has it.
      return [{ kind: 'loglikelihood', context, continuation }];
    }
    case 'generate_until': {
      const { until = [], maxTokens = 0 } = task.generation ?? {};
      const ends = eosText === undefined || until.includes(eosText) ? until : [...until, eosText];
      return [{ kind: 'generate_until', context: before + promptOf(question), generation: { until: ends, maxTokens } }];
    }
  }
}

function promptOf(question: Reading): string {
  return questionText(question, textOf(question, 'doc_to_text', question.task.docToText));
}

function afterPrompt(task: Task, context: string, choices: readonly string[]): Request[] {
  return choices.map((choice) => loglikelihood(task, context, choice));
}

/** Where there are several contexts, lm-eval puts no delimiter before a prefix. */
function afterContext(question: Reading, context: string, target: Value): Request {
  const { task } = question;
  return loglikelihood(task, context + plainText(question, 'gen_prefix', task.genPrefix), str(target));
}

function loglikelihood(task: Task, context: string, answer: string): Request {
  const delimiter = targetDelimiter(task, task.targetDelimiter, context, answer);
  return { kind: 'loglikelihood', context, continuation: delimiter + answer };
}

function asText({ document }: Reading, target: Value): string {
  if (typeof target === 'string') return target;
  throw new InputError(
    `${document.place}: doc_to_target must give a text here.`,
    'Write it as a template: {{column}}.',
  );
}
