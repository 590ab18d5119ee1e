/** Every figure against plain float64 NumPy on PEFT's own Δ (test/golden/diagnostics/make_diagnostics.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { diagnose } from '../../../src/diagnostics/diagnose.ts';
import type {
  Aggregate,
  Diagnosis,
  DiagnoseRequest,
  Histogram,
  OutputDtype,
  TensorDiagnosis,
} from '../../../src/diagnostics/types.ts';
import { OUTPUT_DTYPES } from '../../../src/diagnostics/types.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { ROOT } from '../../support/paths.ts';

type Figures = Readonly<Record<string, number>>;

interface Case {
  readonly scale: number;
  readonly directions: number;
  readonly count: number;
  readonly tensors: Readonly<Record<string, Figures & { readonly values: unknown; readonly histogram: unknown }>>;
  readonly all: Figures;
}

const FILE = join(ROOT, 'test/golden/diagnostics/figures.json');
const CASES = JSON.parse(readFileSync(FILE, 'utf8')) as Readonly<Record<string, Case>>;
const VARIANTS = join(ROOT, 'test/golden/variants/cases');
const SAMPLES = join(ROOT, 'samples');
const BASES = { from: join(VARIANTS, 'bases/llama-old'), onto: join(VARIANTS, 'bases/llama-new') };

const INPUTS: Readonly<Record<string, Pick<DiagnoseRequest, 'patch' | 'from' | 'onto' | 'against'>>> = {
  kind: {
    patch: join(SAMPLES, 'patches/kind'),
    from: join(SAMPLES, 'models/storyteller-v1'),
    onto: join(SAMPLES, 'models/storyteller-v2'),
    against: join(SAMPLES, 'reference/kind-retrained'),
  },
  lora: { patch: join(VARIANTS, 'layers-to-transform/patch'), ...BASES },
  dora: { patch: join(VARIANTS, 'dora-linear/patch'), ...BASES },
};
/** float32 products against float64. */
const CLOSE = 2e-5;
/** Shares. Of matrices with more than 64 rows and columns, singular directions are found by random sketches. */
const SKETCHED = 0.005;
const EXACT = 1e-5;
/** An element at the border of two roundings may go either way. */
const BORDERLINE = 1e-3;

function close(actual: number | null | undefined, expected: number | undefined, tolerance: number, what: string): void {
  assert.ok(actual != null && expected !== undefined, `${what} is missing`);
  const allowed = tolerance * Math.max(Math.abs(expected), 1e-3);
  assert.ok(Math.abs(actual - expected) <= allowed, `${what}: ${actual}, not ${expected}`);
}

function compareDerived(found: Aggregate | TensorDiagnosis, expected: Figures): void {
  const cosine = 'alignment' in found ? found.alignment?.cosine : found.cosine;
  for (const key of ['delta', 'weight', 'evolution', 'oldWeight'] as const)
    close(found.norms[key], expected[key], CLOSE, key);
  close(found.lineage, expected.lineage, CLOSE, 'lineage');
  close(cosine?.value, expected.cosine, 1e-3, 'cosine');
  close(cosine?.chance, expected.cosineChance, CLOSE, 'cosine by chance');
  for (const dtype of OUTPUT_DTYPES) {
    const { absorbed, error } = found.rounding[dtype];
    assert.ok(Math.abs(absorbed - (expected[`${dtype} absorbed`] ?? NaN)) <= BORDERLINE, `${dtype} absorbed`);
    close(error, expected[`${dtype} error`], dtype === 'F32' ? 0.1 : 5e-3, `${dtype} error`);
  }
  if (expected.retrained === undefined) return;
  close(found.retrained?.norm, expected.retrained, CLOSE, 'retrained');
  close(found.retrained?.distance.value, expected.distance, CLOSE, 'distance');
  close(found.retrained?.distance.chance, expected.distanceChance, CLOSE, 'distance by chance');
  close(found.retrained?.cosine.value, expected.retrainedCosine, 1e-3, 'cosine of the retrained patch');
}

function compareSubspaces(found: TensorDiagnosis, expected: Figures): void {
  const tolerance = Math.min(...found.shape) > 64 ? SKETCHED : EXACT;
  const near = (actual: number | null | undefined, expected: number | undefined, what: string): void => {
    assert.ok(Math.abs((actual ?? NaN) - (expected ?? NaN)) <= tolerance, `${what}: ${actual}, not ${expected}`);
  };
  for (const side of ['columns', 'rows'] as const) {
    near(found.alignment?.[side]?.value, expected[side], side);
    close(found.alignment?.[side]?.chance, expected[`${side}Chance`], CLOSE, `${side} by chance`);
  }
  near(found.kept?.newBase, expected.keptNew, 'kept by the new base');
  near(found.kept?.oldBase, expected.keptOld, 'kept by the old base');
  close(found.kept?.chance, expected.keptChance, CLOSE, 'kept by chance');
}

interface GoldenHistogram extends Readonly<Record<OutputDtype, readonly number[]>> {
  readonly from: number;
  readonly counts: readonly number[];
}

/** Δ in float32 and in float64 may lie on two sides of a power of two, and of the middle between two roundings. */
function compareHistograms(found: Histogram, expected: GoldenHistogram): void {
  const spread = (from: number, counts: readonly number[]): Map<number, number> =>
    new Map(counts.map((count, i) => [from + i, count]));
  const total = expected.counts.reduce((sum, count) => sum + count, 0);
  const same = (own: readonly number[], golden: readonly number[], what: string): void => {
    const [a, b] = [spread(found.from, own), spread(expected.from, golden)];
    for (const bin of new Set([...a.keys(), ...b.keys()]))
      assert.ok(Math.abs((a.get(bin) ?? 0) - (b.get(bin) ?? 0)) <= BORDERLINE * total, `${what}, 2^${bin}`);
  };
  same(found.counts, expected.counts, 'sizes');
  for (const dtype of OUTPUT_DTYPES) same(found.absorbed[dtype], expected[dtype], `absorbed by ${dtype}`);
}

function compareAngles({ angles }: TensorDiagnosis, expected: Readonly<Record<string, unknown>>): void {
  for (const side of ['columns', 'rows'] as const) {
    const golden = expected[`${side}Angles`] as number[] | undefined;
    assert.equal(angles === null, golden === undefined);
    assert.equal(angles?.[side].cosines.length, golden?.length);
    golden?.forEach((cosine, i) => {
      const found = angles?.[side].cosines[i] ?? NaN;
      assert.ok(Math.abs(found - cosine) < 1e-5, `angle ${i} of ${side}: ${found}, not ${cosine}`);
    });
  }
}

describe('diagnose', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());
  const run = (name: string, other: Partial<DiagnoseRequest> = {}): Promise<Diagnosis> => {
    const { scale, directions } = CASES[name] ?? assert.fail(name);
    const inputs = INPUTS[name] ?? assert.fail(name);
    return diagnose({ ...inputs, scale, directions, ...other }, kernel, () => undefined, new AbortController().signal);
  };

  for (const [name, expected] of Object.entries(CASES))
    it(`finds NumPy's figures: ${name}`, async () => {
      const found = await run(name);
      assert.equal(found.tensors.length, expected.count);
      compareDerived(found.all, expected.all);
      for (const [target, figures] of Object.entries(expected.tensors)) {
        const tensor = found.tensors.find((one) => one.target === target) ?? assert.fail(target);
        compareDerived(tensor, figures);
        compareSubspaces(tensor, figures);
        close(tensor.spectrum.stableRank, figures.stableRank, 1e-4, 'stable rank');
        compareAngles(tensor, figures);
        compareHistograms(tensor.histogram, figures.histogram as GoldenHistogram);
        const values = figures.values as number[];
        tensor.spectrum.values
          .slice(0, values.length)
          .forEach((value, i) =>
            close(value / (values[0] ?? 0), (values[i] ?? 0) / (values[0] ?? 0), 1e-3, `value ${i}`),
          );
      }
    });

  it('scales with the patch, and leaves what is relative as it is', async () => {
    const [one, two] = [await run('lora', { scale: 1 }), await run('lora', { scale: 2 })];
    close(two.all.norms.delta, 2 * one.all.norms.delta, 1e-6, 'norm');
    close(two.all.cosine?.value, one.all.cosine?.value, 1e-5, 'cosine');
    const [first, second] = [one.tensors[0], two.tensors[0]];
    close(second?.spectrum.stableRank, first?.spectrum.stableRank, 1e-6, 'stable rank');
    close(second?.kept?.newBase, first?.kept?.newBase, 1e-5, 'kept');
  });

  it('says what a patch of zero is', async () => {
    const { tensors, all } = await run('lora', { scale: 0 });
    assert.ok(tensors.every(({ spectrum, kept }) => spectrum.stableRank === 0 && kept === null));
    assert.deepEqual([all.norms.delta, all.cosine?.value, all.rounding.BF16], [0, 0, { absorbed: 0, error: 0 }]);
    assert.ok(
      tensors.every(({ histogram }) => histogram.counts.length === 0),
      'what is not changed has no size',
    );
  });

  it('does without the old base, and without subspaces', async () => {
    const { all, tensors, oldBase, summary } = await run('lora', { from: undefined });
    assert.deepEqual([oldBase, all.norms.evolution, all.lineage, all.cosine], [null, null, null, null]);
    assert.ok(tensors.every(({ kept, alignment }) => kept?.oldBase === null && alignment === null));
    assert.equal(summary.verdict, 'look closer');
    assert.match(summary.findings.map(({ text }) => text).join('\n'), /Without the old base/);
    const quick = await run('lora', { directions: 0 });
    assert.ok(quick.tensors.every(({ kept, alignment }) => kept === null && alignment?.columns === null));
  });

  it('finds a base that did not move', async () => {
    const still = await run('lora', { from: BASES.onto });
    assert.equal(still.all.norms.evolution, 0);
    assert.ok(still.tensors.every(({ alignment }) => alignment?.columns === null));
    close(still.all.lineage, 1, 1e-9, 'lineage');
  });
});
