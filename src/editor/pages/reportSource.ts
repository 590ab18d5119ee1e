import { basename } from 'node:path';
import type { ReportRef } from '../../../webview/contract.ts';
import { readDiagnosis } from '../../diagnostics/diagnosisFile.ts';
import { diagnosisTitle } from '../../diagnostics/title.ts';
import { readProvenance } from '../../port/provenanceFile.ts';
import type { Diagnoses } from '../diagnoses.ts';
import type { ReportSource } from '../report/view.ts';

/** @throws InputError if there is no report, or it is damaged */
export async function loadReport(ref: ReportRef, diagnoses: Diagnoses): Promise<ReportSource> {
  if (ref.kind === 'diagnosis') return { port: null, diagnosis: await readDiagnosis(ref.file) };
  const port = { folder: ref.folder, provenance: await readProvenance(ref.folder) };
  // What was found out may be damaged or of an older version; the port's own report is not.
  return { port, diagnosis: await diagnoses.ofPort(port).catch(() => null) };
}

export function titleOf(ref: ReportRef, source?: ReportSource): string {
  if (ref.kind === 'port') return `Report: ${basename(ref.folder)}`;
  const found = source?.diagnosis?.diagnosis;
  return found === undefined ? 'Diagnosis' : `Diagnosis: ${diagnosisTitle(found)}`;
}

export function sameReport(a: ReportRef, b: ReportRef): boolean {
  if (a.kind === 'port') return b.kind === 'port' && a.folder === b.folder;
  return b.kind === 'diagnosis' && a.file === b.file;
}

/** As a page keeps it: anything may stand there. */
export function asReportRef(value: unknown): ReportRef | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'port' && 'folder' in value && typeof value.folder === 'string')
    return { kind: 'port', folder: value.folder };
  if (value.kind === 'diagnosis' && 'file' in value && typeof value.file === 'string')
    return { kind: 'diagnosis', file: value.file };
  return undefined;
}
