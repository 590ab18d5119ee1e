import { formatBytes, formatCount } from '../../src/base/format.ts';
import type { PortPlan } from '../../src/port/plan/planTypes.ts';
import { element, render } from '../common/dom.ts';
import { facts, listBox, shareBar, table, type Column } from '../common/parts.ts';
import { button } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';

const host = new HostEnd('plan', ({ plan }) => show(plan));

const COLUMNS: readonly Column<PortPlan['items'][number]>[] = [
  { title: 'Tensor', kind: 'code', value: ({ target }) => target },
  { title: 'Kind', value: ({ kind }) => kind },
  { title: 'Method', value: ({ method }) => method },
  { title: 'Matched by', value: ({ rule }) => rule },
  { title: 'Rank', kind: 'number', value: ({ rank }) => (rank === null ? '' : String(rank)) },
  { title: 'Scale s', kind: 'number', value: ({ scaling }) => (scaling === null ? '' : shortNumber(scaling)) },
  { title: 'Shape', kind: 'number', value: ({ shape }) => shape.join(' × ') },
  { title: 'Dtype', value: ({ dtype }) => dtype },
];

function shortNumber(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

function show(plan: PortPlan): void {
  const fits = plan.refusals.length === 0;
  const { patch, newBase, request, items } = plan;
  render(
    element('h1', {}, `${patch.name} onto ${newBase.name}`),
    element('p', { class: 'subtitle' }, fits ? sentence(plan) : 'This patch cannot be ported onto this base.'),
    ...listBox('What stands in the way', obstacles(plan), 'error'),
    ...listBox('Worth knowing', plan.warnings, 'warning'),
    ...listBox('About the old base', plan.evidence, 'information'),
    element(
      'div',
      { class: 'actions' },
      button('Port', 'primary', () => host.send({ type: 'port' }), fits),
      button('Cancel', 'secondary', () => host.send({ type: 'cancel' })),
    ),
    ...refusals(plan),
    facts([
      ['Patch', `${patch.path} (made for ${patch.baseName ?? 'an unnamed base'})`],
      [
        'New base',
        `${newBase.path} (${newBase.architecture}, ${formatCount(newBase.parameters)} parameters, ${newBase.dtype})`,
      ],
      ...(plan.oldBase ? [['Old base', plan.oldBase.path] as const] : []),
      ['Output', `${request.out} (${request.as}, ${formatBytes(plan.outputBytes)}${free(plan)})`],
      ['Formula', formula(plan)],
    ]),
    element('h2', {}, 'Coverage'),
    ...coverage(plan),
    element('h2', {}, 'Tensors'),
    table('Every tensor that the patch touches', COLUMNS, items),
  );
}

function free({ freeBytes }: PortPlan): string {
  return freeBytes === null ? '' : `; ${formatBytes(freeBytes)} are free`;
}

/** What is added, by the kinds that occur. */
function formula({ request, items }: PortPlan): string {
  const deltas = [
    ...(items.some(({ kind }) => kind === 'pure delta') ? ['Δ = s·(B·A) of a LoRA'] : []),
    ...(items.some(({ kind }) => kind !== 'pure delta')
      ? ['Δ = W_patched − W_old where it stands for the old base']
      : []),
  ];
  return `W′ = W + λ·Δ with λ = ${request.scale}; ${deltas.join('; ')}; rounded once`;
}

const REFUSED_COLUMNS: readonly Column<PortPlan['refusals'][number]>[] = [
  { title: 'Tensor', kind: 'code', value: ({ tensor }) => tensor },
  { title: 'Kind', value: ({ kind }) => kind },
  { title: 'Why it is refused', value: ({ reason }) => reason },
];
/** More than this goes into a table, so that the buttons stay in sight. */
const LISTED = 3;

function obstacles({ refusals: refused }: PortPlan): string[] {
  const lines = refused.slice(0, LISTED).map(({ tensor, reason }) => `${tensor}: ${reason}`);
  return refused.length > LISTED ? [...lines, `and ${refused.length - LISTED} more, listed below`] : lines;
}

function refusals({ refusals: refused }: PortPlan): HTMLElement[] {
  if (refused.length <= LISTED) return [];
  const title = `All ${refused.length} refusals`;
  return [element('h2', {}, title), table(title, REFUSED_COLUMNS, refused)];
}

function sentence({ coverage: { touchedTensors, baseTensors }, request }: PortPlan): string {
  const change =
    request.as === 'adapter'
      ? `The adapter will patch ${touchedTensors} of ${baseTensors} tensors of the new base.`
      : `${touchedTensors} of ${baseTensors} tensors will change; the others are copied byte for byte.`;
  return `${change} Nothing has been written yet.`;
}

function coverage({ coverage: c }: PortPlan): HTMLElement[] {
  const touched = c.touchedParameters / Math.max(1, c.baseParameters);
  return [
    shareBar(
      c.matchedPatchTensors / Math.max(1, c.patchTensors),
      `${c.matchedPatchTensors} of ${c.patchTensors} patch tensors have a target`,
    ),
    shareBar(touched, `${formatCount(c.touchedParameters)} of ${formatCount(c.baseParameters)} parameters are touched`),
  ];
}

host.send({ type: 'ready' });
