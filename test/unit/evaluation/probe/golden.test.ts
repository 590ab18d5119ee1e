/** Losses item by item against transformers and PEFT (make_probe.py), and against evaluations of the same models. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ProbePoint } from '../../../../src/diagnostics/probeTypes.ts';
import { planBlends } from '../../../../src/evaluation/probe/alongBases.ts';
import { planScales } from '../../../../src/evaluation/probe/alongScales.ts';
import type { Measured } from '../../../../src/evaluation/probe/lines.ts';
import type { ProbeTools } from '../../../../src/evaluation/probe/measure.ts';
import { probe } from '../../../../src/evaluation/probe/probe.ts';
import type { ProbeRequest } from '../../../../src/evaluation/probe/request.ts';
import type { ColumnRequest } from '../../../../src/evaluation/request.ts';
import { readResults } from '../../../../src/evaluation/results/readResults.ts';
import { evaluate } from '../../../../src/evaluation/run/evaluate.ts';
import { prepareTask } from '../../../../src/evaluation/run/prepareTask.ts';
import { OrtKernel } from '../../../../src/kernels/runtime/ortKernel.ts';
import { CPU } from '../../../support/models.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../../support/paths.ts';

interface Golden {
  readonly limit: number;
  /** By t or λ, of each item. */
  readonly blend: Readonly<Record<string, readonly number[]>>;
  readonly scales: Readonly<Record<string, readonly number[]>>;
}

const GOLDEN = JSON.parse(readFileSync(join(ROOT, 'test/golden/diagnostics/probe.json'), 'utf8')) as Golden;
const [OLD, NEW] = [join(SAMPLES, 'models/storyteller-v1'), join(SAMPLES, 'models/storyteller-v2')];
const PATCH = join(SAMPLES, 'patches/kind');
const TASK = join(SAMPLES, 'tasks/kind.test.jsonl');
const REQUEST: ProbeRequest = {
  ...{ patch: PATCH, scale: 1, onto: NEW, from: OLD, tasks: [TASK] },
  ...{ limit: GOLDEN.limit, bos: 'auto', seed: 1234 },
};
/** Of sums of a few log-probabilities in float32. */
const CLOSE = 5e-5;

describe('the losses of a probe', () => {
  let tools: ProbeTools & { readonly kernel: OrtKernel };
  before(async () => {
    const kernel = await OrtKernel.create('cpu');
    tools = { runtime: CPU, kernel, sink: () => undefined, signal: new AbortController().signal };
  });
  after(() => tools.kernel.release());

  async function measured(): Promise<{ readonly scales: Measured[]; readonly blend: Measured[] }> {
    const prepared = await prepareTask(TASK, { ...REQUEST, maxNewTokens: undefined }, tools.signal);
    const planned = await planScales(REQUEST, [prepared], tools);
    await using blends = await planBlends(REQUEST, tools);
    const tasks = [{ task: prepared.task, items: prepared.items('<end>'), documents: prepared.documents.length }];
    const scales = (await planned.measure(tasks, tools)).flat();
    const blend = (await blends?.measure(tasks, planned.tokenizer, tools))?.flat() ?? [];
    return { scales, blend: [...blend, ...scales.filter(({ parameter }) => parameter === 1)] };
  }

  it("are transformers' and PEFT's, item by item", async () => {
    for (const [line, points] of Object.entries(await measured())) {
      const expected = GOLDEN[line as 'scales' | 'blend'];
      assert.deepEqual(points.map(({ parameter }) => String(parameter)).toSorted(), Object.keys(expected).toSorted());
      for (const { parameter, losses } of points)
        losses.forEach(({ loss }, item) => {
          const wanted = expected[String(parameter)]?.[item] ?? NaN;
          assert.ok(Math.abs(loss - wanted) <= CLOSE, `${line} ${parameter}, item ${item}: ${loss}, not ${wanted}`);
        });
    }
  });

  async function evaluated(column: Omit<ColumnRequest, 'label'>): Promise<{ losses: number[]; accuracy: number }> {
    await using out = await temporaryFolder();
    const { data, limit, bos, seed, tasks } = { data: undefined, ...REQUEST };
    const request = { columns: [{ label: 'x', ...column }], data, limit, bos, seed, tasks };
    const { files } = await evaluate(
      { ...request, bootstrapIterations: 0, out: out.path },
      { ...tools, toolVersion: '0', onlyKnown: false },
    );
    const [result] = await readResults(files[0] ?? '');
    const [task] = Object.values(result?.tasks ?? {});
    const gold = readFileSync(TASK, 'utf8')
      .split('\n', GOLDEN.limit)
      .map((line) => (JSON.parse(line) as { gold: number }).gold);
    const items = task?.items ?? [];
    const losses = items.map(({ choiceLogProbabilities = [] }, i) => -(choiceLogProbabilities[gold[i] ?? -1] ?? NaN));
    return { losses, accuracy: task?.metrics['acc,none']?.value ?? NaN };
  }

  it('are those of evaluations at the ends: old base + patch, new base, port', async () => {
    const { tasks } = await probe(REQUEST, tools);
    const [{ blend, scales } = assert.fail()] = tasks;
    const at = (points: readonly ProbePoint[], parameter: number): ProbePoint =>
      points.find((point) => point.parameter === parameter) ?? assert.fail();
    const blends = blend?.points ?? [];
    const patches = [{ patch: PATCH, scale: 1 }];
    const ends: readonly (readonly [ProbePoint, Omit<ColumnRequest, 'label'>])[] = [
      [at(blends, 0), { model: OLD, patches }],
      [at(blends, 1), { model: NEW, patches }],
      [at(scales.points, 0), { model: NEW, patches: [] }],
      [at(scales.points, 1), { model: NEW, patches }],
    ];
    for (const [point, column] of ends) {
      const { losses, accuracy } = await evaluated(column);
      assert.equal(losses.length, GOLDEN.limit);
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      assert.ok(Math.abs(point.loss - mean) <= 2e-6, `${point.loss}, not ${mean}`);
      assert.equal(point.accuracy, accuracy);
    }
  });
});
