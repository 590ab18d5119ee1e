/** The check that a provider must pass: it believes the CPU, and no provider that leaves something out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GraphRuntime, HostTensor } from '../../../src/kernels/graphRuntime.ts';
import { checkProvider } from '../../../src/model/selfCheck.ts';
import { CPU, OTHER_DEVICE } from '../../support/models.ts';

type Outputs = Record<string, HostTensor>;

/** A provider that sees another graph than it is given, or whose results are changed. */
function wrong(
  runtime: GraphRuntime,
  change: (model: Uint8Array) => void,
  results: (outputs: Outputs) => Outputs = (outputs) => outputs,
): GraphRuntime {
  return {
    device: runtime.device,
    async load(model, options) {
      const copy = model.slice();
      change(copy);
      const session = await runtime.load(copy, options);
      return {
        run: async (inputs) => results(await session.run(inputs)),
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
  };
}

/** Puts `bytes` some way behind each place where a text stands in a message. */
function overwrite(model: Uint8Array, text: string, bytes: readonly number[], behind = 0): void {
  const buffer = Buffer.from(model.buffer, model.byteOffset, model.byteLength);
  const needle = Buffer.from(text, 'latin1');
  for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1))
    model.set(bytes, at + needle.length + behind);
}

/** Another operator of as many letters and inputs. */
function replaceOperator(from: string, to: string): (model: Uint8Array) => void {
  return (model) =>
    overwrite(model, `\x22${String.fromCharCode(from.length)}${from}`, [...Buffer.from(to)], -from.length);
}

/** An attribute's name is followed by the tag of its value (field 2, 32 bits; field 3, a number). */
function attribute(name: string, tag: number, value: readonly number[]): (model: Uint8Array) => void {
  return (model) => overwrite(model, `${name}${String.fromCharCode(tag)}`, value);
}

const KEEP = (): void => undefined;

function changed(outputs: Outputs, change: (data: Float32Array) => void): Outputs {
  for (const { type, data } of Object.values(outputs)) if (type === 'float32') change(data as Float32Array);
  return outputs;
}

describe('the self-check of a provider', () => {
  for (const runtime of [CPU, OTHER_DEVICE])
    it(`accepts the CPU, with the graphs for the device "${runtime.device}"`, async () => {
      const { ok, worst, detail } = await checkProvider(runtime, CPU);
      assert.ok(ok, detail);
      assert.ok(worst < 1e-5);
      assert.match(detail, /^log-probabilities differ from the CPU's by up to \d\.\de-\d+$|0\.0e\+0$/);
    });

  for (const [what, runtime, reason] of [
    ['ignores soft caps', wrong(CPU, attribute('softcap', 0x15, [0, 0, 0, 0])), /differ|other tokens/],
    ['ignores windows', wrong(CPU, attribute('local_window_size', 0x18, [99])), /other tokens/],
    ['has another tanh', wrong(OTHER_DEVICE, replaceOperator('Tanh', 'Sinh')), /differ|other tokens/],
    ['has another exponential', wrong(OTHER_DEVICE, replaceOperator('Exp', 'Abs')), /differ/],
    [
      'is a little off',
      wrong(CPU, KEEP, (outputs) => changed(outputs, (data) => (data[40] = (data[40] ?? 0) + 2e-3))),
      /differ/,
    ],
    ['gives no numbers', wrong(CPU, KEEP, (outputs) => changed(outputs, (data) => data.fill(NaN))), /NaN/],
  ] as const)
    it(`refuses one that ${what}`, async () => {
      const { ok, detail } = await checkProvider(runtime, CPU);
      assert.equal(ok, false, detail);
      assert.match(detail, reason);
    });

  it('says how one fails', async () => {
    const fails: GraphRuntime = { device: 'broken', load: () => Promise.reject(new Error('no adapter\nof many')) };
    assert.deepEqual(await checkProvider(fails, CPU), {
      ok: false,
      worst: Infinity,
      detail: 'a decoder like Gemma fails: no adapter',
    });
  });

  it('sees tokens that are generated otherwise', async () => {
    const second = wrong(CPU, KEEP, (outputs) => {
      for (const { type, data } of Object.values(outputs)) if (type === 'int64') (data as BigInt64Array).fill(3n);
      return outputs;
    });
    const { ok, detail } = await checkProvider(second, CPU);
    assert.deepEqual([ok, detail], [false, 'a decoder like Gemma generates other tokens']);
  });
});
