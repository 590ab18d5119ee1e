import { mkdir, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { PART_RECORD } from '../../base/partRecord.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { getSealed, putSealed } from '../../base/sealed.ts';
import { writeWhole } from '../../base/writeWhole.ts';
import { PROVENANCE_FILE } from '../../port/provenance.ts';
import { MATRIX_SPEC, type MatrixSpec } from './spec.ts';
import type { EvaluateUnit, MatrixUnit } from './units.ts';

/** Says what the matrix is of; the editor opens it. */
const MATRIX_FILE = 'matrix.json';
const MATRIX_PARTS = z.object({ out: z.string() });
const FILE = z.object({ portllm: z.string(), version: z.literal(1), name: z.string(), spec: MATRIX_SPEC });

/** That a cell is computed; the results file is relative to the matrix's folder. */
const CELL = PART_RECORD.extend({ results: z.string() });
export type CellRecord = z.output<typeof CELL>;

/** `matrix.json`; `results/`, an ordinary folder of results; `cells/`, a record for each that is done; `ports/`. */
export class MatrixFolder {
  readonly out: string;

  constructor(out: string) {
    this.out = resolve(out);
  }

  get results(): string {
    return join(this.out, 'results');
  }

  /** Writes down what it is of; one that is there goes on, with what has been added to it. */
  async begin(name: string, spec: MatrixSpec, toolVersion: string): Promise<void> {
    // One that was begun just now, or was killed at its beginning, has no more than its cells.
    const names: string[] = await readdir(this.out).catch((): string[] => []);
    if (!names.includes(MATRIX_FILE) && names.some((name) => name !== 'cells' && !name.endsWith('.tmp')))
      throw new InputError(`${this.out} exists already, and is no matrix.`, 'Choose another folder.');
    await mkdir(join(this.out, 'cells'), { recursive: true });
    const text = JSON.stringify({ portllm: toolVersion, version: 1, name, spec }, null, 2);
    await writeWhole(this.file, `${text}\n`, true);
  }

  /** What its parts lie beside: all else is in its own folder. */
  async beginParts(): Promise<PartsFolder> {
    const parts = new PartsFolder(this.out);
    await parts.begin('matrix', MATRIX_PARTS, { out: this.out });
    return parts;
  }

  /** @throws InputError if it is none */
  read(): Promise<z.output<typeof FILE>> {
    return readJsonFile(this.file, FILE);
  }

  /** What is there once a unit is done. */
  evidenceOf(unit: MatrixUnit): string {
    return unit.kind === 'port' ? join(unit.request.out, PROVENANCE_FILE) : join(this.out, 'cells', `${unit.id}.json`);
  }

  async put(unit: EvaluateUnit, record: CellRecord): Promise<void> {
    const results = relative(this.out, record.results);
    await putSealed(this.evidenceOf(unit), { ...record, results });
  }

  /** Undefined if it is not done, or its record was damaged; the results file by its path. */
  async get(unit: EvaluateUnit): Promise<CellRecord | undefined> {
    const record = await getSealed(this.evidenceOf(unit), CELL).catch(() => undefined);
    return record && { ...record, results: join(this.out, record.results) };
  }

  private get file(): string {
    return join(this.out, MATRIX_FILE);
  }
}
