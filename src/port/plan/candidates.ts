/** A name that a parameter of the patch may have in a base, and the rule that led there. */
export interface Candidate {
  readonly name: string;
  readonly rule: string;
}

type Rewrite = readonly [from: RegExp, to: string];

/** Both ways round: transformers moved these between its versions (conversion_mapping.py), or a class adds a prefix. */
const MOVES: readonly Rewrite[] = [
  [/^model\.language_model\./, 'language_model.model.'],
  [/^language_model\.model\./, 'model.language_model.'],
  [/^model\.language_model\./, 'model.'],
  [/^model\.(?!language_model\.)/, 'model.language_model.'],
  [/^language_model\.model\./, 'model.'],
  [/^model\.(?!language_model\.)/, 'language_model.model.'],
  [/^language_model\.lm_head\./, 'lm_head.'],
  [/^lm_head\./, 'language_model.lm_head.'],
  [/^model\.(visual|vision_tower|multi_modal_projector|audio_tower)\./, '$1.'],
  [/^(visual|vision_tower|multi_modal_projector|audio_tower)\./, 'model.$1.'],
];
const PREFIXES = ['model', 'transformer', 'gpt_neox', 'bert', 'roberta', 'distilbert', 'electra', 'deberta', 'encoder'];

/** Mixtral on the disk, and as transformers 5 names it in memory. */
const EXPERTS: readonly Rewrite[] = [
  [/\.mlp\.experts\.(\d+)\.gate_proj\./, '.block_sparse_moe.experts.$1.w1.'],
  [/\.mlp\.experts\.(\d+)\.up_proj\./, '.block_sparse_moe.experts.$1.w3.'],
  [/\.mlp\.experts\.(\d+)\.down_proj\./, '.block_sparse_moe.experts.$1.w2.'],
  [/\.block_sparse_moe\.experts\.(\d+)\.w1\./, '.mlp.experts.$1.gate_proj.'],
  [/\.block_sparse_moe\.experts\.(\d+)\.w3\./, '.mlp.experts.$1.up_proj.'],
  [/\.block_sparse_moe\.experts\.(\d+)\.w2\./, '.mlp.experts.$1.down_proj.'],
  [/\.mlp\.gate\./, '.block_sparse_moe.gate.'],
  [/\.block_sparse_moe\.gate\./, '.mlp.gate.'],
  [/\.mlp\.experts\./, '.block_sparse_moe.experts.'],
  [/\.block_sparse_moe\.experts\./, '.mlp.experts.'],
];

/** Names one rule away from `name`; each is announced by what it changes. */
function neighbours(name: string): Candidate[] {
  const found: Candidate[] = [];
  for (const [from, to] of [...MOVES, ...EXPERTS]) {
    const match = from.exec(name);
    if (!match) continue;
    const renamed = name.replace(from, to);
    found.push({ name: renamed, rule: `${strip(match[0])} is ${strip(match[0].replace(from, to))}` });
  }
  for (const prefix of PREFIXES) {
    if (name.startsWith(`${prefix}.`)) found.push({ name: name.slice(prefix.length + 1), rule: `without ${prefix}.` });
    else found.push({ name: `${prefix}.${name}`, rule: `with ${prefix}. in front` });
  }
  return found;
}

function strip(text: string): string {
  return text.replace(/^\.|\.$/g, '');
}

/**
 * The names of a base that `name` of a patch may stand for: itself, else those that one rule leads to, else two. More than
 * one is for the caller to refuse: nothing is guessed.
 */
export function candidates(name: string, exists: (name: string) => boolean): Candidate[] {
  if (exists(name)) return [{ name, rule: 'same name' }];
  const near = neighbours(name);
  const found = distinct(near.filter((candidate) => exists(candidate.name)));
  if (found.length > 0) return found;
  const further = near.flatMap((first) =>
    neighbours(first.name).map((second) => ({ name: second.name, rule: `${first.rule}, ${second.rule}` })),
  );
  return distinct(further.filter((candidate) => exists(candidate.name)));
}

function distinct(found: readonly Candidate[]): Candidate[] {
  return [...new Map([...found].reverse().map((candidate) => [candidate.name, candidate])).values()];
}

/** Of names that were written with underscores for dots; a prefix of the class may be missing. */
export function unflattened(name: string, names: Iterable<string>): Candidate[] {
  const flat = (text: string): string => text.replace(/\.weight$/, '').replaceAll('.', '_');
  const wanted = flat(name);
  const found = [...names].filter((other) => {
    const candidate = flat(other);
    return candidate === wanted || PREFIXES.some((prefix) => candidate === `${prefix}_${wanted}`);
  });
  return found.map((other) => ({ name: other, rule: `is ${other.replace(/\.weight$/, '')}` }));
}
