import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { DIAGNOSIS_ENDING, diagnosisFile, readDiagnosis, type DiagnosisFile } from '../diagnostics/diagnosisFile.ts';
import type { Probe } from '../diagnostics/probeTypes.ts';
import type { DiagnoseRequest, Diagnosis } from '../diagnostics/types.ts';
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

/** Of the oldest there is one too many. */
const KEPT = 200;

/** Diagnoses read weights for minutes, so they are kept, in the folder that VS Code gives the extension; nothing is written
 * beside anybody's models. Export JSON… takes one out. */
export class Diagnoses {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** @returns the file; a diagnosis of the same things takes the place of an earlier one. @throws UserError */
  async keep(found: Diagnosis, probe: Probe | null, port: DiagnosedPort | undefined): Promise<string> {
    const file = this.fileOf(port === undefined ? requestKey(found.request) : portKey(port));
    const text = JSON.stringify(diagnosisFile(found, probe, VERSION, new Date()));
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(temporary, text);
      await rename(temporary, file);
    } catch (error) {
      throw writeError(error, file);
    }
    await this.forgetOldest();
    return file;
  }

  /** What was found out about a port; null where nothing was. @throws InputError if the file was damaged */
  async ofPort(port: DiagnosedPort): Promise<DiagnosisFile | null> {
    const file = this.fileOf(portKey(port));
    const exists = await stat(file).catch(() => undefined);
    return exists === undefined ? null : readDiagnosis(file);
  }

  /** The newest first; what cannot be read is left out. */
  async list(): Promise<KeptDiagnosis[]> {
    const all = await Promise.all(
      (await this.files()).map(async (file) => {
        const found = await readDiagnosis(file).catch(() => undefined);
        if (found === undefined) return [];
        const { diagnosis, made } = found;
        return [{ file, title: `${diagnosis.patch.name} on ${diagnosis.newBase.name}`, made }];
      }),
    );
    return all.flat().sort((a, b) => (a.made < b.made ? 1 : -1));
  }

  private fileOf(key: string): string {
    return join(this.folder, `${createHash('sha256').update(key).digest('hex').slice(0, 24)}${DIAGNOSIS_ENDING}`);
  }

  private async files(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.filter((name) => name.endsWith(DIAGNOSIS_ENDING)).map((name) => join(this.folder, name));
  }

  private async forgetOldest(): Promise<void> {
    const files = await this.files();
    if (files.length <= KEPT) return;
    const ages = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
    const oldest = ages.sort((a, b) => a.at - b.at).slice(0, files.length - KEPT);
    for (const { file } of oldest) await rm(file, { force: true });
  }
}

function requestKey({ patch, onto, from, against, scale, directions }: DiagnoseRequest): string {
  return JSON.stringify(['weights', patch, onto, from ?? null, against ?? null, scale, directions]);
}

/** Another port into the same folder is another one. */
function portKey({ folder, provenance: { patch, newBase, scale } }: DiagnosedPort): string {
  return JSON.stringify(['port', folder, patch.sha256, newBase.path, newBase.files, scale]);
}
