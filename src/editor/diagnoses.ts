import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeError } from '../base/errors.ts';
import { sha256Of } from '../base/hash.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { isThere } from '../base/there.ts';
import { VERSION } from '../base/version.ts';
import { writeWhole } from '../base/writeWhole.ts';
import { DIAGNOSIS_ENDING, diagnosisFile, readDiagnosis, type DiagnosisFile } from '../diagnostics/diagnosisFile.ts';
import type { Probe } from '../diagnostics/probeTypes.ts';
import type { DiagnoseRequest, Diagnosis } from '../diagnostics/types.ts';
import { diagnosisTitle } from '../diagnostics/title.ts';
import type { Provenance } from '../port/provenance.ts';

/** A diagnosis that was kept. */
export interface KeptDiagnosis {
  readonly file: string;
  readonly title: string;
  readonly made: string;
}

/** A ported model that a diagnosis belongs to. */
export interface DiagnosedPort {
  readonly folder: string;
  readonly provenance: Provenance;
}

/** Of one that a cluster makes. */
const ELSEWHERE = '.cluster.json';
/** Of the oldest there is one too many. */
const KEPT = 200;

/** Diagnoses read weights for minutes, so they are kept, in the folder that VS Code gives the extension; nothing is written
 * beside anybody's models. Export JSON… takes one out. */
export class Diagnoses {
  private readonly folder: string;
  private readonly most: number;

  constructor(folder: string, most = KEPT) {
    this.folder = folder;
    this.most = most;
  }

  /** @returns the file; a diagnosis of the same things takes the place of an earlier one. @throws UserError */
  async keep(found: Diagnosis, probe: Probe | null, port: DiagnosedPort | undefined): Promise<string> {
    const file = this.fileOf(port === undefined ? requestKey(found.request) : portKey(port));
    const written = diagnosisFile(found, probe, VERSION, new Date());
    await this.makeRoom();
    await writeWhole(file, JSON.stringify(written), true);
    await this.writeTitle(file, found, written.made);
    return file;
  }

  /** Where a diagnosis is to be written by somebody else; what was kept of the same things stays until then. @throws UserError */
  async placeFor(request: DiagnoseRequest, port: DiagnosedPort | undefined): Promise<string> {
    const file = this.fileOf(port === undefined ? requestKey(request) : portKey(port));
    await this.makeRoom();
    return `${file.slice(0, -DIAGNOSIS_ENDING.length)}${ELSEWHERE}`;
  }

  /** One that was written there takes its place. @returns the file. @throws InputError if it cannot be read */
  async adopt(written: string): Promise<string> {
    const { diagnosis, made } = await readDiagnosis(written);
    const file = this.fileOfPlace(written);
    await rename(written, file);
    await this.writeTitle(file, diagnosis, made);
    return file;
  }

  /** Where one is once it is adopted. */
  fileOfPlace(written: string): string {
    return `${written.slice(0, -ELSEWHERE.length)}${DIAGNOSIS_ENDING}`;
  }

  /** What was found out about a port; null where nothing was. @throws InputError if the file was damaged */
  async ofPort(port: DiagnosedPort): Promise<DiagnosisFile | null> {
    const file = this.fileOf(portKey(port));
    return (await isThere(file)) ? readDiagnosis(file) : null;
  }

  /** The newest first; what cannot be read is left out. */
  async list(): Promise<KeptDiagnosis[]> {
    const all = await Promise.all(
      (await this.files()).map(async (file) => {
        const found = await readJsonFile(titleFileOf(file), TITLE).catch(() => undefined);
        return found === undefined ? [] : [{ file, ...found }];
      }),
    );
    return all.flat().sort((a, b) => (a.made < b.made ? 1 : -1));
  }

  private async writeTitle(file: string, found: Diagnosis, made: string): Promise<void> {
    await writeWhole(titleFileOf(file), JSON.stringify({ title: diagnosisTitle(found), made }), true);
    await this.forgetOldest();
  }

  private async makeRoom(): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch((error: unknown) => {
      throw writeError(error, this.folder);
    });
  }

  private fileOf(key: string): string {
    return join(this.folder, `${sha256Of(key).slice(0, 24)}${DIAGNOSIS_ENDING}`);
  }

  private async files(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.filter((name) => name.endsWith(DIAGNOSIS_ENDING)).map((name) => join(this.folder, name));
  }

  private async forgetOldest(): Promise<void> {
    const files = await this.files();
    if (files.length <= this.most) return;
    const ages = await Promise.all(
      // Another window may have forgotten it meanwhile.
      files.map(async (file) => ({ file, at: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 })),
    );
    const oldest = ages.sort((a, b) => a.at - b.at).slice(0, files.length - this.most);
    for (const { file } of oldest) for (const one of [file, titleFileOf(file)]) await rm(one, { force: true });
  }
}

/** A list of two hundred must not read two hundred reports. */
const TITLE = z.object({ title: z.string(), made: z.string() });

function titleFileOf(file: string): string {
  return `${file.slice(0, -DIAGNOSIS_ENDING.length)}.title.json`;
}

function requestKey({ patch, onto, from, against, scale, directions }: DiagnoseRequest): string {
  return JSON.stringify(['weights', patch, onto, from ?? null, against ?? null, scale, directions]);
}

/** Another port into the same folder is another one. */
function portKey({ folder, provenance: { patch, newBase, scale } }: DiagnosedPort): string {
  return JSON.stringify(['port', folder, patch.sha256, newBase.path, newBase.files, scale]);
}
