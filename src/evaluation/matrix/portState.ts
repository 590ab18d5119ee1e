import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../../base/errors.ts';
import { isThere } from '../../base/there.ts';
import { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { identifyPatch, openPatch } from '../../patch/patch.ts';
import { readProvenance } from '../../port/provenanceFile.ts';
import type { MatrixFolder } from './matrixFolder.ts';
import type { PortUnit } from './units.ts';

/**
 * Whether a port is there.
 *
 * @throws InputError if it was made of another patch or base than those that are there now: outputs are never overwritten
 */
export async function isPorted(unit: PortUnit, folder: MatrixFolder): Promise<boolean> {
  if (!(await isThere(folder.evidenceOf(unit)))) return false;
  const { out, patch, onto } = unit.request;
  const { patch: ported, newBase } = await readProvenance(out);
  const opened = await openPatch(patch);
  try {
    await using base = await Checkpoint.open(onto);
    const { sha256, configSha256 } = await identifyPatch(opened);
    const isSame = ported.sha256 === sha256 && ported.configSha256 === configSha256;
    if (isSame && isDeepStrictEqual(newBase.files, base.identity.files)) return true;
  } finally {
    await opened.file.close();
  }
  throw new InputError(
    `${out} was ported from a patch or onto a base that has changed since.`,
    'Delete it, then run the matrix again.',
  );
}
