/** Whole probes of the samples: kinds of tasks and patches, what is refused, progress and cancelling. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../../src/base/errors.ts';
import type { Progress } from '../../../../src/base/progress.ts';
import { SCALES, type Probe } from '../../../../src/diagnostics/probeTypes.ts';
import { probe } from '../../../../src/evaluation/probe/probe.ts';
import type { ProbeRequest } from '../../../../src/evaluation/probe/request.ts';
import { OrtKernel } from '../../../../src/kernels/runtime/ortKernel.ts';
import { readFloats } from '../../../../src/patch/tensorReader.ts';
import { TensorFile } from '../../../../src/safetensors/file.ts';
import { writeTensors } from '../../../support/fixtures.ts';
import { CPU, tensorsOf, type FloatTensor } from '../../../support/models.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../../support/paths.ts';

const [OLD, NEW] = [join(SAMPLES, 'models/storyteller-v1'), join(SAMPLES, 'models/storyteller-v2')];
const [KIND, MOOD] = [join(SAMPLES, 'tasks/kind.test.jsonl'), join(SAMPLES, 'tasks/mood.test.jsonl')];
/** Feed-forward neurons in the reverse order. */
function otherNeurons({ name, shape: [rows = 0, columns = 0], values }: FloatTensor): Float32Array {
  const [isUp, isDown] = [/(gate|up)_proj/.test(name), name.includes('down_proj')];
  return values.map((value, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (isUp) return values[(rows - 1 - row) * columns + column] ?? NaN;
    return isDown ? (values[row * columns + columns - 1 - column] ?? NaN) : value;
  });
}

const LIMIT = 6;
const POINTS = 10;

describe('probe', () => {
  let kernel: OrtKernel;
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let loads: number;
  const runtime: typeof CPU = {
    device: 'cpu',
    load(...graph) {
      loads++;
      return CPU.load(...graph);
    },
  };
  before(async () => {
    kernel = await OrtKernel.create('cpu');
    scratch = await temporaryFolder();
  });
  after(async () => {
    await kernel.release();
    await scratch[Symbol.asyncDispose]();
  });

  const at = (name: string): string => join(scratch.path, name);

  async function run(
    other: Partial<ProbeRequest>,
    { sink = () => undefined, signal = new AbortController().signal }: Partial<Parameters<typeof probe>[1]> = {},
  ): Promise<Probe> {
    loads = 0;
    const request: ProbeRequest = {
      ...{ patch: join(SAMPLES, 'patches/kind'), scale: 1, onto: NEW, from: OLD, tasks: [KIND] },
      ...{ limit: LIMIT, bos: 'auto', seed: 1234, ...other },
    };
    return probe(request, { runtime, kernel, sink, signal });
  }

  async function yaml(name: string, text: string): Promise<string> {
    await cp(KIND, at('kind.jsonl'));
    await writeFile(
      at(`${name}.yaml`),
      `task: ${name}\ndataset_path: json\ndataset_kwargs: {data_files: {test: kind.jsonl}}\ntest_split: test\n${text}`,
    );
    return at(`${name}.yaml`);
  }

  /** The patch, with a norm of the old base that was trained on too. */
  async function savedNorm(): Promise<string> {
    const own = join(SAMPLES, 'patches/kind');
    const folder = at('saved norm');
    await cp(own, folder, { recursive: true });
    await using file = await TensorFile.open(join(own, 'adapter_model.safetensors'));
    const tensors: FloatTensor[] = [];
    for (const { name, shape } of file.header.tensors.values())
      tensors.push({ name, shape, values: await readFloats(file, name) });
    const norm = (await tensorsOf(OLD)).find(({ name }) => name === 'model.norm.weight') ?? assert.fail();
    const values = norm.values.map((value) => 0.5 * value);
    await writeTensors(join(folder, 'adapter_model.safetensors'), [
      ...tensors,
      { ...norm, name: `base_model.model.${norm.name}`, values },
    ]);
    const config = JSON.parse(await readFile(join(own, 'adapter_config.json'), 'utf8')) as object;
    await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ ...config, modules_to_save: ['norm'] }));
    return folder;
  }

  it('probes only the scales where the old base is not named, with one network for all of them', async () => {
    const { tasks, findings, from, notes } = await run({ from: undefined });
    assert.deepEqual([tasks[0]?.blend, tasks[0]?.items, tasks[0]?.documents, from], [null, LIMIT, 500, null]);
    assert.deepEqual([findings.length, loads], [1, 2], 'a body and a head');
    assert.match(notes.join(), /^cpu, float32 arithmetic, weights resident, BOS auto$/);
  });

  it('takes several tasks over the same networks', async () => {
    const { tasks, findings } = await run({ tasks: [KIND, MOOD] });
    // Two bodies, with and without masks, and a head: for the scales, and for each of four blends.
    assert.deepEqual([loads, findings.length], [15, 4]);
    const alone = await run({ tasks: [MOOD] });
    assert.deepEqual(tasks[1], alone.tasks[0]);
  });

  it('takes patches that stand for weights, with a network for each point', async () => {
    const [saved, plain] = [await run({ patch: await savedNorm() }), await run({})];
    const at0 = ({ tasks: [task] }: Probe): [old: number, now: number] => [
      task?.blend?.points[0]?.loss ?? NaN,
      task?.scales.points[0]?.loss ?? NaN,
    ];
    const [savedOld, savedNew] = at0(saved);
    const [plainOld, plainNew] = at0(plain);
    assert.equal(savedNew, plainNew, 'at λ = 0 nothing is left of it');
    assert.ok(Math.abs(savedOld - plainOld) > 0.1, 'at t = 0 it is all there');
  });

  it('sees a bump between two models that compute the same with other neurons', async () => {
    const tensors = (await tensorsOf(NEW)).map((tensor) => ({ ...tensor, values: otherNeurons(tensor) }));
    await cp(OLD, at('other neurons'), { recursive: true });
    await writeTensors(join(at('other neurons'), 'model.safetensors'), tensors);
    const { tasks, findings } = await run({ from: at('other neurons'), limit: 40 });
    const { at: place, value = 0, stderr } = tasks[0]?.blend?.barrier ?? {};
    assert.ok(place === 0.5 && value > 5 && value > 5 * (stderr ?? Infinity), JSON.stringify([place, value, stderr]));
    assert.equal(findings[0]?.verdict, 'look closer');
    assert.match(findings[0].text, /a bump: the bases may not lie in one basin/);
  });

  it('multiplies the scale of the patch with λ', async () => {
    const [half, whole] = [await run({ scale: 0.5 }), await run({})].map(({ tasks: [task] }) => task?.scales.points);
    assert.equal(half?.[4]?.loss, whole?.[2]?.loss);
    assert.equal(half?.[0]?.loss, whole?.[0]?.loss);
  });

  it('takes the loss of targets and of whole texts, without an accuracy where there is none', async () => {
    const target = await yaml(
      'target',
      'output_type: loglikelihood\ndoc_to_text: "{{context}}"\ndoc_to_target: "{{choices[gold]}}"\nmetric_list: [{metric: acc}]\n',
    );
    const text = await yaml(
      'text',
      'output_type: loglikelihood_rolling\ndoc_to_text: ""\ndoc_to_target: "{{context}}"\nmetric_list: [{metric: word_perplexity}]\n',
    );
    const { tasks } = await run({ tasks: [target, text, KIND], from: undefined });
    const ports = tasks.map(({ scales }) => scales.points[4] ?? assert.fail());
    const [ofTarget = assert.fail(), ofText = assert.fail(), ofChoices = assert.fail()] = ports;
    assert.ok(Math.abs(ofTarget.loss - ofChoices.loss) < 1e-5, 'the target is the gold choice');
    assert.equal(ofTarget.tokens, ofChoices.tokens);
    assert.equal(typeof ofTarget.accuracy, 'number');
    assert.equal(ofText.accuracy, null);
    assert.ok(ofText.tokens > 3 * ofTarget.tokens);
    assert.ok(ofText.loss > 20);
  });

  const refused: Readonly<Record<string, readonly [request: () => Promise<Partial<ProbeRequest>>, says: RegExp]>> = {
    'no task': [() => Promise.resolve({ tasks: [] }), /No task was named/],
    'an empty task': [
      async () => {
        await writeFile(at('empty.jsonl'), '');
        return { tasks: [at('empty.jsonl')] };
      },
      /empty\.jsonl/,
    ],
    'generated answers': [
      async () => ({
        tasks: [
          await yaml('generated', 'output_type: generate_until\ndoc_to_text: "{{context}}"\ndoc_to_target: "x"\n'),
        ],
      }),
      /generated: its answers are generated/,
    ],
    'a gold answer that is no choice': [
      async () => {
        await writeFile(at('gold.jsonl'), '{"context": "The cat", "choices": [" sat", " ran"], "gold": 2}\n');
        return { tasks: [at('gold.jsonl')] };
      },
      /gold\.jsonl/,
    ],
    'an old base that is not there': [() => Promise.resolve({ from: at('nowhere') }), /nowhere/],
    'a patch that stands for weights without its old base': [
      async () => ({ patch: await savedNorm(), from: undefined }),
      /1 change of this patch is a difference against the base it was trained on/,
    ],
  };
  for (const [what, [request, says]] of Object.entries(refused))
    it(`refuses ${what} before anything is computed`, async () => {
      await assert.rejects(run(await request()), (error) => error instanceof InputError && says.test(error.message));
      assert.equal(loads, 0);
    });

  const apart: typeof refused = {
    'an old base of another architecture': [
      () => Promise.resolve({ from: join(ROOT, 'test/golden/variants/cases/bases/qwen2-old') }),
      /no line between .*qwen2-old and .*storyteller-v2: they differ in class/,
    ],
    'an old base of another size': [
      async () => {
        await cp(OLD, at('grown'), { recursive: true });
        const config = await readFile(join(OLD, 'config.json'), 'utf8');
        await writeFile(join(at('grown'), 'config.json'), config.replace('"vocab_size": 2048', '"vocab_size": 2040'));
        return { from: at('grown') };
      },
      /they differ in vocabulary \(2040, then 2048\)/,
    ],
  };
  for (const [what, [request, says]] of Object.entries(apart))
    it(`probes the scales alone beside ${what}, and says why`, async () => {
      const { tasks, warnings } = await run(await request());
      assert.deepEqual([tasks[0]?.blend, tasks[0]?.scales.points.length], [null, SCALES.length]);
      assert.match(warnings.join('\n'), says);
      assert.match(warnings.join('\n'), /Only the scales of the patch on the new base were probed/);
    });

  it('counts all points and items in its progress', async () => {
    const seen: Progress[] = [];
    await run({}, { sink: (progress) => seen.push(progress) });
    const jobs = seen.flatMap(({ job }) => job ?? []);
    assert.equal(jobs.length, seen.length);
    assert.ok(jobs.every(({ total }) => total === POINTS * LIMIT));
    assert.ok(jobs.every(({ done }, i) => done >= (jobs[i - 1]?.done ?? 0)));
    assert.equal(jobs.at(-1)?.done, POINTS * LIMIT);
    assert.ok(seen.some(({ rate, secondsLeft, unit }) => unit === 'items' && rate > 0 && (secondsLeft ?? 0) > 0));
  });

  it('leaves out bases between that would not fit into memory, and says how much they would need', async (test) => {
    // Of so small a model they take no more than the columns of the scales, which are looked at before them, and loaded after.
    let asked = 0;
    test.mock.method(process, 'availableMemory', () => (++asked === SCALES.length + 1 ? 1e6 : 1e9));
    const { tasks, warnings } = await run({});
    assert.equal(tasks[0]?.blend, null);
    assert.match(warnings.join(), /The bases between .* would need about 1\d\d MB/);
  });

  for (const [phase, share] of [
    ['λ = 0.5 · kind.test', 1],
    ['blend', 0],
    ['t = 0.25 · kind.test', 0],
  ] as const)
    it(`ends at once when it is cancelled: ${phase}`, async () => {
      const controller = new AbortController();
      const after: string[] = [];
      const sink = ({ phase: current, bytesDone, bytesTotal }: Progress): void => {
        if (controller.signal.aborted) after.push(current);
        if (current === phase && bytesDone > 0 && bytesDone >= share * bytesTotal) controller.abort();
      };
      await assert.rejects(run({ limit: 60 }, { sink, signal: controller.signal }), CancelledError);
      const begun = after.filter((later) => later !== phase && later.includes('·'));
      assert.deepEqual(begun, []);
    });
});
