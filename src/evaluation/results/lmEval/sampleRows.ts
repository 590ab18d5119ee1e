import { PyFloat } from '../../tasks/python/values.ts';
import type { Answer, MetricValue, Request, Scored } from '../../types.ts';
import type { ItemRecord, TaskRun } from '../types.ts';
import { hashesOf, targetText, type ItemHashes } from './hashes.ts';
import { dumps } from './pythonJson.ts';
import { sanitiseList } from './sanitise.ts';

/** Lines of a samples file, filter by filter, as lm-eval 0.4.13 has them (evaluator.py, loggers/evaluation_tracker.py). */
export function* sampleLines(run: TaskRun, hashes: readonly ItemHashes[]): Generator<string> {
  for (const { name } of run.task.filters)
    for (const [i, record] of run.records.entries()) {
      const scored = record.scored.find(({ filter }) => filter === name);
      const known = hashes[i];
      if (scored && known) yield `${dumps(sampleRow(run, record, scored, known))}\n`;
    }
}

/** Of all records, in their order. */
export function hashesOfRun(run: TaskRun): readonly ItemHashes[] {
  return run.records.map(({ item }) => hashesOf(item));
}

function sampleRow(run: TaskRun, { item, answers }: ItemRecord, scored: Scored, hashes: ItemHashes): object {
  return {
    doc_id: item.docId,
    doc: item.document,
    target: targetText(item.target),
    arguments: Object.fromEntries(item.requests.map((request, i) => [`gen_args_${i}`, argumentsOf(run, request)])),
    resps: answers.map((answer) => [sanitiseList(response(answer))]),
    filtered_resps: sanitiseList(scored.filtered),
    filter: scored.filter,
    metrics: Object.keys(scored.values),
    doc_hash: hashes.docHash,
    prompt_hash: hashes.promptHash,
    target_hash: hashes.targetHash,
    ...Object.fromEntries(Object.entries(scored.values).map(([metric, value]) => [metric, metricValue(value)])),
  };
}

function argumentsOf({ task }: TaskRun, request: Request): object {
  switch (request.kind) {
    case 'loglikelihood':
      return { arg_0: request.context, arg_1: request.continuation };
    case 'loglikelihood_rolling':
      return { arg_0: request.text };
    case 'generate_until': {
      // lm-eval adds the tokenizer's end of sequence to the stop texts only later.
      const { until, maxTokens } = task.generation ?? request.generation;
      return {
        arg_0: request.context,
        arg_1: { until, do_sample: false, temperature: new PyFloat(0), max_gen_toks: maxTokens },
      };
    }
  }
}

function response(answer: Answer): unknown {
  switch (answer.kind) {
    case 'loglikelihood':
      return [answer.logProbability, answer.greedy];
    case 'loglikelihood_rolling':
      return answer.logProbability;
    case 'generate_until':
      return answer.text;
  }
}

/** A float, so that a column of a table has one type; pairs hold labels and counts. */
function metricValue(value: MetricValue): unknown {
  return typeof value === 'number' ? new PyFloat(value) : value;
}
