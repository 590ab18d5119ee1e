import { formatBytes, formatCount } from '../../src/base/format.ts';
import type { PortedTensor, Provenance } from '../../src/port/provenance.ts';
import { element, render } from '../common/dom.ts';
import { facts, listBox, shareBar, table, type Column } from '../common/parts.ts';
import { button, dropdown } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import type { MeasureName, ReportContract } from '../contract.ts';
import { heatMap } from './heatMap.ts';
import { heatModel, MEASURES, type Measure } from './heatModel.ts';

const host = new HostEnd<ReportContract>((message) => {
  if (message.type === 'show') show(message.folder, message.provenance);
  else render(element('h1', {}, 'This report cannot be shown'), element('p', { role: 'alert' }, message.message));
});

function describePatch(patch: Provenance['patch'] & { readonly weight?: number }): string {
  const weight = patch.weight === undefined ? '' : `, weight ${patch.weight}`;
  return `${patch.path} (made for ${patch.baseName ?? 'an unnamed base'}, ${formatBytes(patch.bytes)}${weight})`;
}

function show(folder: string, provenance: Provenance): void {
  const { newBase, tensors, output } = provenance;
  const patches = provenance.combined.length > 0 ? provenance.combined : [provenance.patch];
  render(
    element('h1', {}, `${patches.map(({ name }) => name).join(' + ')} on ${newBase.name}`),
    element('p', { class: 'subtitle' }, subtitle(provenance)),
    ...listBox('Worth knowing', provenance.warnings, 'warning'),
    element(
      'div',
      { class: 'actions' },
      button('Verify', 'primary', () => host.send({ type: 'verify' })),
      button('Reveal in Explorer', 'secondary', () => host.send({ type: 'reveal' })),
    ),
    facts([
      ['Output', `${folder} (${output})`],
      ...patches.map((one) => ['Patch', describePatch(one)] as const),
      ...provenance.chain.map(({ onto }) => ['Ported before onto', onto.path] as const),
      [
        'New base',
        `${newBase.path} (${newBase.architecture}, ${formatCount(newBase.parameters)} parameters, ${newBase.dtype})`,
      ],
      ['Formula', provenance.formula],
      ['Scale λ', String(provenance.scale)],
      ['Computed on', provenance.device],
      ...(provenance.oldBase ? [['Old base', provenance.oldBase.path] as const] : []),
      ['Patch SHA-256', patches.map(({ sha256 }) => sha256).join(', ')],
    ]),
    element('h2', {}, 'Coverage'),
    ...coverage(provenance),
    element('h2', {}, 'The patch in every layer'),
    norms(folder, tensors),
  );
}

function subtitle({ coverage: { touchedTensors, baseTensors }, output }: Provenance): string {
  return output === 'adapter'
    ? `The adapter patches ${touchedTensors} of ${baseTensors} tensors of the new base.`
    : `${touchedTensors} of ${baseTensors} tensors were patched; the others are the new base's, byte for byte.`;
}

function coverage({ coverage: c }: Provenance): HTMLElement[] {
  const touched = c.touchedParameters / Math.max(1, c.baseParameters);
  return [
    shareBar(
      c.matchedPatchTensors / Math.max(1, c.patchTensors),
      `${c.matchedPatchTensors} of ${c.patchTensors} patch tensors were ported`,
    ),
    shareBar(
      touched,
      `${formatCount(c.touchedParameters)} of ${formatCount(c.baseParameters)} parameters were touched`,
    ),
  ];
}

/** The picture with its choice of measure, and the table with all of them. */
function norms(folder: string, tensors: readonly PortedTensor[]): HTMLElement {
  const place = element('div', {});
  const draw = (name: MeasureName): void => {
    const measure = chosen(name, tensors);
    host.state = { folder, measure: measure.name };
    const note = element('p', { class: 'note' }, measure.explanation);
    place.replaceChildren(note, heatMap(heatModel(tensors, measure), measure));
  };
  const initial = chosen(host.state?.measure ?? 'delta', tensors).name;
  const options = MEASURES.map((measure) => ({
    value: measure.name,
    label: isMeasured(measure, tensors) ? measure.label : `${measure.label} (not measured)`,
    disabled: !isMeasured(measure, tensors),
  }));
  draw(initial);
  return element(
    'div',
    {},
    dropdown('Show', options, initial, draw),
    place,
    ...unmeasuredNote(tensors),
    details(tensors),
  );
}

function chosen(name: MeasureName, tensors: readonly PortedTensor[]): Measure {
  const measure =
    MEASURES.find((candidate) => candidate.name === name && isMeasured(candidate, tensors)) ?? MEASURES[0];
  if (measure === undefined) throw new Error('there are no measures');
  return measure;
}

function isMeasured(measure: Measure, tensors: readonly PortedTensor[]): boolean {
  return tensors.some((tensor) => measure.of(tensor) !== undefined);
}

function unmeasuredNote(tensors: readonly PortedTensor[]): HTMLElement[] {
  if (tensors.some(({ measured }) => measured !== null)) return [];
  const text =
    "An adapter is ported without reading the new base's weights, so ‖W‖ is not known. A checkpoint port measures it.";
  return [element('p', { class: 'note' }, text)];
}

function details(tensors: readonly PortedTensor[]): HTMLElement {
  const columns: Column<PortedTensor>[] = [
    { title: 'Tensor', kind: 'code', value: ({ target }) => target },
    { title: 'Shape', kind: 'number', value: ({ shape }) => shape.join(' × ') },
    { title: 'Rank', kind: 'number', value: ({ rank }) => (rank === null ? '' : String(rank)) },
    { title: '‖W‖', kind: 'number', value: ({ measured }) => measured?.weightNorm?.toPrecision(4) ?? '–' },
    ...MEASURES.map((measure) => ({
      title: measure.label,
      kind: 'number' as const,
      value: (tensor: PortedTensor) => {
        const value = measure.of(tensor);
        return value === undefined ? '–' : measure.format(value);
      },
    })),
    {
      title: 'Elements unchanged',
      kind: 'number',
      value: ({ measured }) => (measured ? `${(100 * measured.absorbedShare).toPrecision(3)} %` : '–'),
    },
  ];
  return element(
    'details',
    {},
    element('summary', {}, `Table of all ${tensors.length} tensors`),
    table('Norms of every patched tensor', columns, tensors),
  );
}

host.send({ type: 'ready' });
