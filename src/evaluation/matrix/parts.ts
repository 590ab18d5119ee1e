import { isAbsolute, join } from 'node:path';
import type { Divided } from '../../base/divided.ts';
import { InputError } from '../../base/errors.ts';
import { plural } from '../../base/format.ts';
import { csvText } from '../../base/csv.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { writeWhole } from '../../base/writeWhole.ts';
import { MatrixFolder } from './matrixFolder.ts';
import { matrixRows } from './matrixRows.ts';
import { matrixState } from './matrixState.ts';
import type { KnownTools } from '../run/parts/planKnown.ts';
import { memoryFor } from '../run/parts/divideEvaluation.ts';
import { planMatrix } from './planMatrix.ts';
import type { MatrixState } from './types.ts';

/** A part for each cell, and for each port. @throws InputError if a task, its data, a model or a patch cannot be used */
export async function divideMatrix(out: string, tools: KnownTools): Promise<Divided> {
  const folder = new MatrixFolder(out);
  const { spec } = await folder.read();
  const { units, missing, parameters } = await planMatrix(spec, folder, tools);
  const parts = await folder.beginParts();
  const { patches, bases, old, data, retrained = {}, memory, tasks } = spec;
  const more = Object.values(retrained).flatMap((own) => Object.values(own));
  return {
    out: folder.out,
    count: units.length,
    missing: missing.map((unit) => units.indexOf(unit) + 1),
    evidence: units.map((unit) => [folder.evidenceOf(unit)]),
    inputs: [
      ...Object.values(patches),
      ...Object.values(bases),
      ...more,
      old,
      data,
      ...tasks.filter(isAbsolute),
    ].flatMap((path) => path ?? []),
    folder: parts.folder,
    memoryBytes: memoryFor(parameters, memory),
  };
}

/** Writes the table of a matrix that is done. @throws InputError if cells are missing */
export async function assembleMatrix(out: string, signal: AbortSignal): Promise<MatrixState> {
  const state = await matrixState(out, signal);
  if (state.done < state.total)
    throw new InputError(
      `${plural(state.total - state.done, 'part')} of ${state.total} are missing.`,
      'portllm matrix with the same file and folder goes on.',
    );
  const problem = state.cells.flat().find((cell) => cell.problem !== null)?.problem;
  if (problem != null) throw new InputError(`A cell cannot be compared: ${problem}`);
  await writeWhole(join(state.out, 'matrix.csv'), csvText(matrixRows(state)), true);
  await new PartsFolder(state.out).remove();
  return state;
}
