import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { matrixOf } from '../../patch/delta.ts';
import { canonicalKey } from '../../patch/names.ts';
import type { Patch } from '../../patch/patch.ts';
import type { DoraRecipe } from '../../patch/recipe.ts';
import type { Refusal } from '../../patch/refusal.ts';
import { floatEntry, hasFloats, readBaseRows, readFloats, readRows } from '../../patch/tensorReader.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import { PROVENANCE_FILE } from '../provenance.ts';
import { readProvenance } from '../provenanceFile.ts';
import { candidates } from './candidates.ts';

/** What speaks for or against a base being the one that a patch was trained on, each with its numbers. */
export interface Evidence {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  /** Where it is certain that this is another base. */
  readonly refusals: readonly Refusal[];
}

export const NO_EVIDENCE: Evidence = { lines: [], warnings: [], refusals: [] };

/** Tensors and rows that are looked at: a sample tells bases apart. */
const MAX_TENSORS = 6;
const MAX_ROWS = 16;
/** Rows of one training keep cosines near 1; rows of another model have those of chance. Between the two it is a warning. */
const SURELY_OTHER = 0.3;
const LIKELY_SAME = 0.8;
/** Training moves DoRA's magnitudes by a few percent (Liu et al. 2024, figure 2). */
const USUAL_DRIFT = 0.3;

/** Compares what the patch holds of its old base with the candidate: saved copies, and the norms of DoRA. */
export async function gatherEvidence(patch: Patch, oldBase: Checkpoint, newBase: Checkpoint): Promise<Evidence> {
  const found = [
    await portEvidence(patch, oldBase),
    nameEvidence(patch, oldBase),
    await copyEvidence(patch, oldBase, newBase),
    await doraEvidence(patch, oldBase),
  ];
  return {
    lines: found.flatMap(({ lines }) => lines),
    warnings: found.flatMap(({ warnings }) => warnings),
    refusals: found.flatMap(({ refusals }) => refusals),
  };
}

/** A ported adapter states the very files that it was ported onto. */
async function portEvidence({ folder, names }: Patch, { identity }: Checkpoint): Promise<Evidence> {
  if (!names.has(PROVENANCE_FILE)) return NO_EVIDENCE;
  const { newBase } = await readProvenance(folder);
  const stated = new Map(newBase.files.map((file) => [file.name, file.sha256 ?? file.headerSha256]));
  const same = identity.files.every(({ name, sha256, headerSha256 }) =>
    [sha256, headerSha256].includes(stated.get(name) ?? ''),
  );
  return same
    ? { ...NO_EVIDENCE, lines: [`The patch was ported onto ${newBase.name}, and the old base has its files.`] }
    : {
        ...NO_EVIDENCE,
        warnings: [`The patch was ported onto ${newBase.name}, and the old base has other files than that.`],
      };
}

function nameEvidence({ config }: Patch, { identity }: Checkpoint): Evidence {
  const stated = config.base_model_name_or_path;
  if (stated == null || stated === '') return NO_EVIDENCE;
  const last = (path: string): string =>
    path
      .replace(/[\\/]+$/, '')
      .replace(/^.*[\\/]/, '')
      .toLowerCase();
  const revision = config.revision;
  if (
    revision != null &&
    /^[0-9a-f]{40}$/.test(revision) &&
    identity.revision !== null &&
    revision !== identity.revision
  )
    return {
      ...NO_EVIDENCE,
      warnings: [
        `The patch names revision ${revision.slice(0, 8)} of its base; the old base is ${identity.revision.slice(0, 8)}.`,
      ],
    };
  if (last(stated) === last(identity.name))
    return { ...NO_EVIDENCE, lines: [`The patch names ${stated} as its base.`] };
  return { ...NO_EVIDENCE, warnings: [`The patch names ${stated} as its base, and the old base is ${identity.name}.`] };
}

/** Saved tensors, and the copies of original modules that raw state dictionaries hold. */
async function copyEvidence(patch: Patch, oldBase: Checkpoint, newBase: Checkpoint): Promise<Evidence> {
  const pairs = copiesIn(patch, oldBase).slice(0, MAX_TENSORS);
  const [lines, warnings, refusals] = [[] as string[], [] as string[], [] as Refusal[]];
  for (const { name, base } of pairs) {
    const { same, cosine, width, distance } = await compareSample(patch.file, name, base);
    const other = newBase.tensors.get(base.entry.name);
    if (other && (await isCloserTo(other, distance, patch.file, name)))
      warnings.push(`${name} is closer to the new base than to the old one: are the two confused?`);
    const numbers = `cosine ${cosine.toFixed(3)}, chance ± ${(1 / Math.sqrt(width)).toFixed(3)}`;
    if (same === 1) lines.push(`${base.entry.name} of the old base is the saved copy, value for value.`);
    else if (cosine < SURELY_OTHER)
      refusals.push({
        tensor: name,
        kind: 'absolute',
        reason: `it does not come from this old base: its rows have nothing in common with ${base.entry.name} (${numbers})`,
      });
    else if (cosine < LIKELY_SAME)
      warnings.push(`${base.entry.name} of the old base differs much from the saved one (${numbers}).`);
    else lines.push(`${base.entry.name} of the old base resembles the saved, trained one (${numbers}).`);
  }
  return { lines, warnings, refusals };
}

/** Matrices of the patch that stand for one of the base, of one shape with it. */
function copiesIn({ changes, witnesses, file }: Patch, oldBase: Checkpoint): { name: string; base: LocatedTensor }[] {
  const saved = changes.flatMap(({ module, parameter, recipe }) =>
    recipe.method === 'whole tensor' ? [{ name: recipe.tensors.saved ?? '', wanted: `${module}.${parameter}` }] : [],
  );
  const originals = witnesses.map((name) => ({
    name,
    wanted: canonicalKey(name)
      .key.replace(/^base_model\.model\./, '')
      .replace('.original_module.', '.'),
  }));
  return [...saved, ...originals].flatMap(({ name, wanted }) => {
    const [only, ...others] = candidates(wanted, (candidate) => oldBase.tensors.has(candidate));
    const base = only && others.length === 0 ? oldBase.tensors.get(only.name) : undefined;
    const entry = file.entry(name);
    const comparable = base && hasFloats(entry) && hasFloats(base.entry) && entry.shape.length === 2;
    return comparable && String(entry.shape) === String(base.entry.shape) ? [{ name, base }] : [];
  });
}

/** Whether what was saved lies nearer to this tensor than the given distance. */
async function isCloserTo(other: LocatedTensor, distance: number, file: TensorFile, name: string): Promise<boolean> {
  const comparable = hasFloats(other.entry) && String(other.entry.shape) === String(file.entry(name).shape);
  return comparable && (await compareSample(file, name, other)).distance < distance;
}

async function compareSample(
  file: TensorFile,
  name: string,
  base: LocatedTensor,
): Promise<{ same: number; cosine: number; width: number; distance: number }> {
  const entry = floatEntry(file, name);
  const { rows, columns } = matrixOf(entry.shape);
  const step = Math.max(1, Math.floor(rows / MAX_ROWS));
  let [same, count, product, ours, theirs, distance] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row += step) {
    const [saved, old] = [await readRows(file, entry, row, 1), await readBaseRows(base, row, 1)];
    for (let i = 0; i < columns; i++) {
      const [x, y] = [saved[i] ?? 0, old[i] ?? 0];
      // A copy may have been rounded to another dtype on the way.
      if (Math.abs(x - y) <= Math.abs(y) * 2 ** -8) same++;
      count++;
      distance += (x - y) ** 2;
      product += x * y;
      ours += x * x;
      theirs += y * y;
    }
  }
  const cosine = product / Math.sqrt(ours * theirs);
  return { same: same / count, cosine: Number.isFinite(cosine) ? cosine : 0, width: count, distance };
}

/** DoRA starts from ‖W_old‖ row by row, so trained magnitudes are near it. */
async function doraEvidence({ changes, file }: Patch, oldBase: Checkpoint): Promise<Evidence> {
  const dora = changes.filter(({ recipe }) => recipe.method === 'DoRA' && recipe.linear).slice(0, MAX_TENSORS);
  let [drift, count] = [0, 0];
  for (const { module, recipe } of dora) {
    const base = oldBase.tensors.get(`${module}.weight`);
    const [out] = recipe.shape;
    if (base === undefined || base.entry.shape[0] !== out || base.entry.shape.length !== 2 || !hasFloats(base.entry))
      continue;
    const magnitudes = await readFloats(file, (recipe as DoraRecipe).tensors.magnitude ?? '');
    const step = Math.max(1, Math.floor(magnitudes.length / MAX_ROWS));
    for (let row = 0; row < magnitudes.length; row += step) {
      const norm = Math.hypot(...(await readBaseRows(base, row, 1)));
      drift += Math.abs((magnitudes[row] ?? 0) / norm - 1);
      count++;
    }
  }
  if (count === 0) return NO_EVIDENCE;
  const text = `DoRA's magnitudes are on average ${((100 * drift) / count).toFixed(1)} % away from the norms of the old base's rows`;
  if (!(drift / count > USUAL_DRIFT)) return { ...NO_EVIDENCE, lines: [`${text}.`] };
  return { ...NO_EVIDENCE, warnings: [`${text}, which is much: is it the right one?`] };
}
