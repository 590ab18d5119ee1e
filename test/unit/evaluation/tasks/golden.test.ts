/** Against lm-eval's own tasks and the YAML files of test/golden/tasks (make_tasks.py there). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeItems } from '../../../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { metricsOf, scoreItem } from '../../../../src/evaluation/tasks/score.ts';
import { evaluationSplit, fewShotSplit, type Task } from '../../../../src/evaluation/tasks/task.ts';
import type { Item, Request } from '../../../../src/evaluation/types.ts';
import { answerOf, GOLDEN, tasks, type Run, type Splits } from './reference.ts';

const AGGREGATION_FUNCTIONS: Readonly<Record<string, string>> = { f1_score: 'f1' };

async function open(run: Run): Promise<{ task: Task; splits: Splits; items: Item[] }> {
  const own = tasks.own[run.task];
  const task = await loadTask(own ? join(GOLDEN, 'yaml', `${run.task}.yaml`) : run.task);
  const splits = own ?? tasks.builtIn[run.task] ?? {};
  const shots = fewShotSplit(task);
  const items = makeItems(task, splits[evaluationSplit(task)] ?? [], shots === undefined ? undefined : splits[shots], {
    fewShot: run.shots ?? undefined,
    limit: run.limit ?? undefined,
  });
  return { task, splits, items };
}

function asAsked(request: Request, task: Task): unknown[] {
  switch (request.kind) {
    case 'loglikelihood':
      return [request.context, request.continuation];
    case 'loglikelihood_rolling':
      return [request.text];
    case 'generate_until':
      assert.deepEqual(request.generation, task.generation);
      return [request.context, [...request.generation.until]];
  }
}

function asReference(item: Run['items'][number]): unknown[] {
  return item.asked.map(([context, then]) => {
    const text = item.contexts[context];
    if (then === undefined) return [text];
    return [text, typeof then === 'string' ? then : [then.until].flat()];
  });
}

describe('a task', () => {
  for (const run of tasks.runs) {
    const name = `${run.task}, ${run.shots ?? 'its own'} shots${run.limit === null ? '' : `, the first ${run.limit}`}`;

    it(`asks to the character what lm-eval asks: ${name}`, async () => {
      const { task, items } = await open(run);
      assert.equal(items.length, run.items.length);
      for (const [i, item] of items.entries()) {
        const reference = run.items[i]!;
        assert.deepEqual(item.requests.map((request) => asAsked(request, task)), asReference(reference)); // prettier-ignore
        assert.equal(item.docId, i);
        if (typeof item.target === 'string' && Array.isArray(reference.target))
          assert.equal(item.target.length > 0, true);
        else assert.deepEqual(item.target, reference.target);
      }
    });

    it(`filters and scores as lm-eval does: ${name}`, async () => {
      const { task, items } = await open(run);
      for (const [i, item] of items.entries()) {
        const reference = run.items[i]!;
        assert.deepEqual(scoreItem(task, item, reference.answers.map(answerOf)), reference.scored);
      }
    });

    it(`names the same metrics: ${name}`, async () => {
      const { task } = await open(run);
      const filters = run.items[0]!.scored.map(({ filter }) => filter);
      const expected = filters.flatMap((filter) =>
        Object.entries(run.aggregations).map(([metric, aggregation]) => ({
          metric,
          filter,
          aggregation: AGGREGATION_FUNCTIONS[aggregation] ?? aggregation,
          higherIsBetter: run.higherIsBetter[metric],
        })),
      );
      assert.deepEqual(metricsOf(task), expected);
      if (run.version !== 'Yaml') assert.equal(task.version, run.version);
    });
  }

  it('is in the reference, every built-in one and every YAML file', () => {
    const covered = new Set(tasks.runs.map(({ task }) => task));
    for (const name of [...Object.keys(tasks.builtIn), ...Object.keys(tasks.own)]) assert.ok(covered.has(name), name);
    assert.equal(covered.size, 16);
  });
});
