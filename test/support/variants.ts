import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TiedChoice } from '../../src/port/plan/planTypes.ts';
import { ROOT } from './paths.ts';

/** So many cases are committed: none disappears unseen. */
export const VARIANT_CASES = 88;

export interface VariantCase {
  readonly name: string;
  readonly folder: string;
  readonly patch: string;
  /** The old base. */
  readonly from: string;
  /** The new base. */
  readonly onto: string;
  /** What the port must give, onto either base. */
  readonly mergedOld: string;
  readonly expectedNew: string;
  readonly needsOldBase: boolean;
  readonly refused: boolean;
  readonly reason: RegExp | undefined;
  /** Whether an adapter can be made of it: what rescales the old base has none on the new one. */
  readonly adapter: boolean;
  /** What gives PEFT's merge, which adds to the one tied matrix; otherwise the default does. */
  readonly tied: TiedChoice | undefined;
  /** Of the tensor's largest value: one addition differs in the last place, longer sums in a few more. */
  readonly tolerance: number;
}

/** What is refused, and how that is said. */
const REASONS: Readonly<Record<string, RegExp>> = {
  alora: /aLoRA is active only after its invocation tokens/,
  arrow: /Arrow routes between adapters/,
  kasa: /KaSA works on a truncated base/,
  qalora: /QALoRA pools the inputs/,
  'olora-unconverted': /init_lora_weights is "olora": the patch is relative to a changed base/,
  'pissa-unconverted': /init_lora_weights is "pissa": the patch is relative to a changed base/,
  'conv-grouped': /a grouped convolution, which PEFT itself cannot merge/,
  'oft-conv': /PEFT's merge of an OFT on a convolution is not what it computes in training/,
  'prefix-tuning': /PREFIX_TUNING cannot be ported: it trains keys and values/,
  'prompt-tuning': /PROMPT_TUNING cannot be ported: it trains a prompt/,
  'vera-no-projection': /its random projections were not saved/,
};

const FOLDER = join(ROOT, 'test/golden/variants/cases');

export function readVariants(): VariantCase[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'bases')
    .flatMap(({ name }) =>
      (TIED[name] ?? [[undefined, false] as const]).map(([tied, untied]) => readVariant(name, tied, untied)),
    );
}

/**
 * PEFT's merge adds to the one tied matrix; what training computed, and the default gives, is untied. Of a patch that was kept
 * tied PEFT's merge adds Δ twice; that case is held against what the patched model computes.
 */
const TIED: Readonly<Record<string, readonly [choice: TiedChoice | undefined, untied: boolean][]>> = {
  'tied-head': [
    ['shared', false],
    [undefined, true],
  ],
  'tied-embedding': [
    ['shared', false],
    ['separate', true],
  ],
  'tied-ensured': [[undefined, true]],
};

function readVariant(name: string, tied: TiedChoice | undefined, untied: boolean): VariantCase {
  const folder = join(FOLDER, name);
  const found = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
    old: string;
    new: string;
    needsOldBase: boolean;
    refused: boolean;
  };
  return {
    name: name + (untied ? ', apart' : ''),
    folder,
    patch: join(folder, 'patch'),
    from: join(FOLDER, 'bases', found.old),
    onto: join(FOLDER, 'bases', found.new),
    mergedOld: `${untied ? 'untied' : 'merged'}-old.safetensors`,
    expectedNew: `${untied ? 'untied' : 'expected'}-new.safetensors`,
    needsOldBase: found.needsOldBase,
    refused: found.refused || Object.hasOwn(REASONS, name),
    reason: REASONS[name],
    adapter: !/^(dora|ia3|oft|boft)/.test(name),
    tied,
    tolerance: /^(dora|oft|boft)/.test(name) ? 2 ** -21 : 2 ** -23,
  };
}
