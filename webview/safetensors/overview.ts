import { formatBytes, formatCount, plural } from '../../src/base/format.ts';
import type { DtypeShare, GlanceFile, GlanceSummary, PatchFacts } from '../../src/library/glance/types.ts';
import { element, type Child } from '../common/dom.ts';
import { disclosure, facts, listBox, table } from '../common/parts.ts';
import { exactCount, shareText, shortNumber } from './words.ts';

export function subtitle({ kind, files, architecture, patch }: GlanceSummary): string {
  const what = kind === 'index' ? `Index of ${plural(files.length, 'file')}` : 'Safetensors';
  return [patch === null ? what : `Patch (${patch.method})`, ...(architecture === null ? [] : [architecture])].join(
    ' · ',
  );
}

/** What the headers say, before the tensors themselves. */
export function overview(summary: GlanceSummary): Child[] {
  const { parameters, bytes, dtypes, patch, warnings } = summary;
  return [
    ...listBox('Worth knowing', warnings, 'warning'),
    facts([
      ...(patch === null ? [] : patchFacts(patch)),
      ['Tensors', tensorCount(summary)],
      ['Parameters', `${formatCount(parameters)} (${exactCount(parameters)})`],
      ['Size', `${formatBytes(bytes)} (${exactCount(bytes)} bytes)`],
      [
        'Dtypes',
        dtypes.length > 1 ? dtypes.map((share) => dtypeText(share, bytes)).join('; ') : (dtypes[0]?.dtype ?? 'none'),
      ],
      ...(summary.kind === 'index' ? [['Files', filesText(summary.files)] as const] : []),
    ]),
    element('div', { class: 'lists' }, ...lists(summary)),
  ];
}

function tensorCount({ tensors, missing }: GlanceSummary): string {
  return missing === 0 ? exactCount(tensors) : `${exactCount(tensors)}, of which ${exactCount(missing)} were not found`;
}

function dtypeText({ dtype, tensors, bytes }: DtypeShare, all: number): string {
  const share = all === 0 ? '' : `, ${shareText(bytes, all).replace(/^.*\((.*)\)$/, '$1')} of the bytes`;
  return `${dtype} (${plural(tensors, 'tensor')}${share})`;
}

function filesText(files: readonly GlanceFile[]): string {
  const bad = files.filter(({ problem }) => problem !== null).length;
  return bad === 0 ? String(files.length) : `${files.length}, of which ${bad} cannot be read`;
}

function patchFacts({
  method,
  dialect,
  baseName,
  modules,
  ranks,
  alphas,
  scalings,
  targets,
  needsOldBase,
}: PatchFacts): [string, string][] {
  const list = (values: readonly number[]): string => values.map(shortNumber).join(', ');
  const rows: [string, string][] = [
    ['Method', dialect === method || dialect === 'PEFT' ? method : `${method} (${dialect})`],
    ['Made for', baseName ?? 'not stated'],
    ['Rank', list(ranks)],
    ['Alpha', list(alphas)],
    ['Scaling', list(scalings)],
    ['Target modules', `${targets ?? ''}${targets === null ? '' : ' '}(${plural(modules, 'module')})`],
    ['Old base', needsOldBase ? 'needed for a port' : ''],
  ];
  return rows.filter(([, value]) => value !== '');
}

function lists({ files, metadata, kind }: GlanceSummary): Child[] {
  const made: Child[] = [];
  if (kind === 'index' && files.length > 0) made.push(disclosure(`Files (${files.length})`, filesTable(files)));
  if (metadata.length > 0) made.push(disclosure(`Header metadata (${metadata.length})`, facts(metadata)));
  return made;
}

function filesTable(files: readonly GlanceFile[]): HTMLElement {
  return table<GlanceFile>(
    'Files of the index',
    [
      { title: 'File', kind: 'code', value: ({ name }) => name },
      {
        title: 'Tensors',
        kind: 'number',
        value: ({ tensors, problem }) => (problem === null ? exactCount(tensors) : '–'),
      },
      { title: 'Size', kind: 'number', value: ({ bytes, problem }) => (problem === null ? formatBytes(bytes) : '–') },
      { title: 'State', kind: 'words', value: ({ problem }) => problem ?? 'read' },
    ],
    files,
  );
}
