import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Group, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';

/** OFT: a row of the upper triangle of a skew-symmetric matrix for each block. */
export function readOft({ module, entries, rules }: Group, config: AdapterConfig): Read[] {
  const embedding = entries.get('oft_embedding_R');
  const entry = entries.get('oft_R') ?? embedding;
  if (entry === undefined) return [];
  const [blocks = 0, cells = 0] = entry.shape;
  const blockSize = Math.round((1 + Math.sqrt(1 + 8 * cells)) / 2);
  if (
    entry.shape.length !== 2 ||
    blocks === 0 ||
    cells === 0 ||
    (blockSize * (blockSize - 1)) / 2 !== cells ||
    !hasFloats(entry)
  )
    return [refuse(entry.name, 'it is not a stack of upper triangles (an OFT of an older kind)', 'base-relative')];
  const shared = config.block_share === true;
  return [
    {
      module,
      parameter: 'weight',
      kind: 'base-relative',
      rules,
      recipe: {
        method: 'OFT',
        tensors: { triangles: entry.name },
        shape: [null, shared ? null : blocks * blockSize],
        linear: embedding === undefined,
        blockSize,
        blocks,
        shared,
        // Configurations without the setting are older, and solved exactly.
        neumannTerms: config.use_cayley_neumann === true ? (config.num_cayley_neumann_terms ?? 5) : null,
        // PEFT 0.18 halved the series' last term; it states its version since then.
        lastTerm: config.peft_version == null ? 2 : 1,
        constraint: config.coft === true ? (config.eps ?? 6e-5) : null,
      },
    },
  ];
}

/** BOFT: whole blocks, and a factor for every output. */
export function readBoft({ module, entries, rules }: Group): Read[] {
  const [rotation, factors] = [entries.get('boft_R'), entries.get('boft_s')];
  const some = rotation ?? factors;
  if (some === undefined) return [];
  if (!rotation || !factors) return [refuse(some.name, 'its partner is missing', 'base-relative')];
  const [butterflies = 0, blocks = 0, blockSize = 0, other] = rotation.shape;
  const halves = 2 ** (butterflies - 1);
  const unbalanced = butterflies > 1 && (blocks % halves !== 0 || blockSize % 2 !== 0);
  if (butterflies * blocks * blockSize === 0 || unbalanced)
    return [refuse(rotation.name, 'its blocks cannot be arranged in butterflies', 'base-relative')];
  if (rotation.shape.length !== 4 || other !== blockSize || !hasFloats(rotation) || !hasFloats(factors))
    return [refuse(rotation.name, 'it is not a stack of square blocks', 'base-relative')];
  return [
    {
      module,
      parameter: 'weight',
      kind: 'base-relative',
      rules,
      recipe: {
        method: 'BOFT',
        tensors: { rotation: rotation.name, factors: factors.name },
        shape: [factors.shape.reduce((all, n) => all * n, 1), blocks * blockSize],
        linear: true,
        butterflies,
        blocks,
        blockSize,
      },
    },
  ];
}
