import { formatBytes, formatCount, plural } from '../base/format.ts';
import type { ExtractResult } from '../extract/types.ts';
import type { Inspection } from '../library/inspect.ts';
import type { LibraryItem } from '../library/item.ts';
import type { Refusal } from '../patch/refusal.ts';
import type { Coverage, PortPlan } from '../port/plan/planTypes.ts';
import { patchName } from '../port/provenance.ts';
import type { PortResult } from '../port/port.ts';
import type { VerifyResult } from '../port/verify/verify.ts';
import { elements } from '../safetensors/shape.ts';

export function inspectionLines({ path, item, tensors, refusals, warnings }: Inspection): string[] {
  return [
    ...(item ? itemLines(item) : [path]),
    `  tensors     ${tensors.length}`,
    ...refusalLines(refusals),
    ...warnings.map((warning) => `  warning     ${warning}`),
  ];
}

function itemLines(item: LibraryItem): string[] {
  switch (item.kind) {
    case 'baseModel':
      return [
        `${item.name}: base model`,
        `  path        ${item.path}`,
        `  architecture ${item.architecture}`,
        `  parameters  ${formatCount(item.parameters)} (${item.dtype})`,
        `  size        ${formatBytes(item.bytes)} in ${plural(item.shards, 'file')}`,
      ];
    case 'patch':
      return [
        `${item.name}: patch (${item.peftType})`,
        `  path        ${item.path}`,
        `  made for    ${item.baseName ?? 'not stated'}`,
        `  modules     ${item.modules}${item.ranks.length > 0 ? `, rank ${item.ranks.join(', ')}` : ''} (${item.dtype})`,
        ...(item.needsOldBase ? ['  old base    needed: part of it is a difference against that (--from)'] : []),
        `  size        ${formatBytes(item.bytes)}`,
      ];
    case 'portedModel':
      return [
        `${item.name}: ported ${item.output}`,
        `  path        ${item.path}`,
        `  patch       ${item.patch.name} (${item.patch.path})`,
        `  new base    ${item.newBase.name} (${item.newBase.path})`,
      ];
  }
}

function refusalLines(refusals: readonly Refusal[]): string[] {
  return refusals.map(({ tensor, kind, reason }) => `  refused     ${tensor} (${kind}): ${reason}`);
}

function coverageLines({ patchTensors, matchedPatchTensors, touchedTensors, baseTensors }: Coverage): string[] {
  return [
    `  coverage    ${matchedPatchTensors} of ${patchTensors} patch tensors have a target; ` +
      `${touchedTensors} of ${baseTensors} base tensors are touched`,
  ];
}

export function planLines(plan: PortPlan): string[] {
  return [
    `Plan: ${plan.patch.name} onto ${plan.newBase.name}, as ${plan.request.as}, scale ${plan.request.scale}`,
    ...coverageLines(plan.coverage),
    ...(plan.oldBase ? [`  old base    ${plan.oldBase.path}`] : []),
    ...plan.evidence.map((line) => `              ${line}`),
    `  output      ${plan.request.out} (${formatBytes(plan.outputBytes)}${freeWords(plan)})`,
    ...plan.items.map(
      ({ target, shape, dtype, kind, rule, ...item }) =>
        `  ${target}  [${shape.join(', ')}] ${dtype}  ${[kind, ...methodWords(item)].join(', ')}  (${rule})`,
    ),
    ...refusalLines(plan.refusals),
    ...plan.warnings.map((warning) => `  warning     ${warning}`),
    plan.refusals.length === 0 ? 'Nothing was written.' : 'This plan cannot be carried out. Nothing was written.',
  ];
}

function freeWords({ freeBytes }: PortPlan): string {
  return freeBytes === null ? '' : `; ${formatBytes(freeBytes)} are free`;
}

function methodWords({
  method,
  rank,
  scaling,
}: Pick<PortPlan['items'][number], 'method' | 'rank' | 'scaling'>): string[] {
  return [
    ...(method === '' ? [] : [method]),
    ...(rank === null ? [] : [`rank ${rank}`]),
    ...(scaling === null ? [] : [`s = ${round(scaling)}`]),
  ];
}

export function resultLines({ folder, provenance }: PortResult): string[] {
  const { newBase, coverage, tensors, output, device } = provenance;
  return [
    `Ported ${patchName(provenance)} onto ${newBase.name} (${output}, computed on ${device})`,
    ...coverageLines(coverage),
    `  ‖Δ‖         ${round(total(tensors.map(({ deltaNorm }) => deltaNorm)))} over the touched tensors`,
    ...measuredLines(tensors),
    `  output      ${folder}`,
  ];
}

function measuredLines(tensors: PortResult['provenance']['tensors']): string[] {
  const measured = tensors.flatMap((tensor) => (tensor.measured ? [{ ...tensor, ...tensor.measured }] : []));
  if (measured.length === 0) return [];
  const delta = total(measured.map(({ deltaNorm }) => deltaNorm));
  const weight = total(measured.map(({ weightNorm }) => weightNorm ?? NaN));
  const rounding = total(measured.map(({ roundingError }) => roundingError ?? NaN));
  const count = measured.reduce((sum, { shape }) => sum + elements(shape), 0);
  const absorbed = measured.reduce((sum, { shape, absorbedShare }) => sum + absorbedShare * elements(shape), 0);
  return [
    `  ‖Δ‖/‖W‖     ${percent(delta / weight)} (‖W‖ ${round(weight)})`,
    `  rounding    ${percent(absorbed / count)} of the elements stayed as they were; ` +
      `the delta that arrived is off by ${percent(rounding / delta)}`,
  ];
}

function total(norms: readonly number[]): number {
  return Math.hypot(...norms);
}

export function extractLines({ folder, extraction }: ExtractResult): string[] {
  const { tuned, oldBase, tensors, unchanged } = extraction;
  return [
    `Extracted ${tuned.name} as a patch of ${oldBase.name}`,
    `  changed     ${tensors.length} tensors; ${unchanged} are the same in both`,
    ...tensors.map(
      ({ name, shape, deltaNorm, weightNorm, stored, rank, kept }) =>
        `  ${name}  [${shape.join(', ')}]  ‖Δ‖/‖W‖ ${percent(deltaNorm / weightNorm)}  ` +
        (stored === 'lora' ? `rank ${rank}, keeps ${percent(kept)} of ‖Δ‖²` : stored),
    ),
    `  output      ${folder}`,
  ];
}

export function verifyLines({ folder, ok, files, tensors, recomputed, problems }: VerifyResult): string[] {
  return [
    `${folder}: ${ok ? 'verified' : 'NOT as it was written'}`,
    `  compared    ${plural(files, 'file')}, ${plural(tensors, 'tensor')} by SHA-256`,
    ...(recomputed
      ? [
          `  recomputed  ${plural(recomputed.tensors, 'tensor')}: ` +
            `${recomputed.different} of ${recomputed.elements} elements differ`,
        ]
      : []),
    ...problems.map((problem) => `  problem     ${problem}`),
  ];
}

function round(value: number): string {
  return value.toPrecision(4).replace(/\.?0+$/, '');
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toPrecision(3)} %` : '–';
}
