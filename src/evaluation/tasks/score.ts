import type { Aggregation } from '../statistics/aggregations.ts';
import { InputError } from '../../base/errors.ts';
import type { Answer, Item, MetricValue, Scored } from '../types.ts';
import { prepare } from './prompts/documents.ts';
import { choicesOf, hasSeveralContexts, targetOf, textOf, type Reading } from './prompts/fields.ts';
import { str } from './python/repr.ts';
import { countWords } from './python/text.ts';
import { isList } from './python/values.ts';
import { PatternClock, type PatternLimits } from './regex/patternClock.ts';
import { PatternError } from '../patternError.ts';
import { exactMatch } from './scoring/exactMatch.ts';
import { filterText } from './scoring/filters.ts';
import { goldChoices, scoreChoices } from './scoring/multipleChoice.ts';
import type { FilterPipeline, MetricDefinition, MetricName, Task } from './task.ts';

export interface MetricInfo {
  readonly metric: MetricName;
  readonly filter: string;
  readonly aggregation: Aggregation;
  readonly higherIsBetter: boolean;
}

/** In the order of lm-eval's results: filter by filter. */
export function metricsOf(task: Task): readonly MetricInfo[] {
  return task.filters.flatMap(({ name }) =>
    task.metrics.map(({ metric, aggregation, higherIsBetter }) => ({
      metric,
      filter: name,
      aggregation,
      higherIsBetter,
    })),
  );
}

/**
 * lm-eval's filters, then its `process_results` (api/task.py).
 *
 * @throws InputError for a gold answer that is no choice, and for a text on which a pattern takes too long
 */
export function scoreItem(task: Task, item: Item, answers: readonly Answer[]): Scored[] {
  if (answers.length !== item.requests.length)
    throw new Error(`${task.name}: ${answers.length} answers to ${item.requests.length} requests.`);
  const reading = readingOf(task, item);
  try {
    return scored(reading, item, answers);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new InputError(`${reading.document.place}: a pattern of the task cannot be used: ${error.message}.`);
  }
}

function scored(reading: Reading, item: Item, answers: readonly Answer[]): Scored[] {
  const { task } = reading;
  const limits = new PatternClock();
  return task.filters.map((pipeline) => {
    const filtered = answers.map((answer) => filteredAnswer(pipeline, answer, limits));
    const valueOf = scorerOf(reading, item, answers, filtered, limits);
    return {
      filter: pipeline.name,
      filtered,
      values: Object.fromEntries(task.metrics.map((metric) => [metric.metric, valueOf(metric)])),
    };
  });
}

/** The numbers of an item's right choices; none where the task has no choices to score. */
export function goldOf(task: Task, item: Item): readonly number[] {
  return task.outputType === 'multiple_choice' ? goldOfReading(readingOf(task, item), item) : [];
}

function readingOf(task: Task, { document, docId }: Item): Reading {
  const prepared = prepare(task, document, `${task.name}, document ${docId} (counted from 0)`);
  return { task, document: prepared, features: new Set(prepared.columns.keys()) };
}

function goldOfReading(reading: Reading, item: Item): readonly number[] {
  const { task, document } = reading;
  const gold = hasSeveralContexts(reading)
    ? textOf(reading, 'doc_to_text', task.docToText)
    : targetOf(reading, 'doc_to_target', task.docToTarget);
  return goldChoices(gold, item.choices, document.place);
}

/** As lm-eval's samples file has it. */
function filteredAnswer(pipeline: FilterPipeline, answer: Answer, limits: PatternLimits): unknown {
  switch (answer.kind) {
    case 'loglikelihood':
      return [answer.logProbability, answer.greedy];
    case 'loglikelihood_rolling':
      return answer.logProbability;
    case 'generate_until':
      return filterText(pipeline, answer.text, limits);
  }
}

function scorerOf(
  reading: Reading,
  item: Item,
  answers: readonly Answer[],
  filtered: readonly unknown[],
  limits: PatternLimits,
): (metric: MetricDefinition) => MetricValue {
  const [answer] = answers;
  if (reading.task.outputType === 'multiple_choice') {
    const valueOf = scoreChoices(item, goldOfReading(reading, item), answers);
    return ({ metric }) => valueOf(metric);
  }
  switch (answer?.kind) {
    case 'loglikelihood':
      return ({ metric }) => (metric === 'acc' ? Number(answer.greedy) : answer.logProbability);
    case 'loglikelihood_rolling': {
      const text = String(item.target);
      return ({ metric }) => [
        answer.logProbability,
        metric === 'word_perplexity' ? countWords(text) : Buffer.byteLength(text),
      ];
    }
    case 'generate_until': {
      const [text] = filtered;
      const golds = goldTexts(reading);
      return ({ options }) => Number(typeof text === 'string' && exactMatch(text, golds, options, limits));
    }
    case undefined:
      throw new Error(`${reading.task.name}: an item without requests cannot be scored.`);
  }
}

/** The texts of which one must be generated: the target, all of a list, or the choice that it counts. */
function goldTexts(reading: Reading): readonly string[] {
  const { task, document } = reading;
  const target = targetOf(reading, 'doc_to_target', task.docToTarget);
  if (task.docToChoice === undefined) return isList(target) ? target.map((each) => str(each)) : [str(target)];
  const choices = choicesOf(reading, 'doc_to_choice', task.docToChoice);
  return goldChoices(target, choices, document.place).map((number) => choices[number] ?? '');
}
