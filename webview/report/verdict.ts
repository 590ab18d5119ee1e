import type { Verdict, Weight } from '../../src/diagnostics/types.ts';
import type { ViewFinding, ViewVerdict } from '../../src/editor/report/viewTypes.ts';
import { element, svg, type Child } from '../common/dom.ts';

const TITLES: Readonly<Record<Verdict, string>> = {
  fits: 'Fits: nothing that was found speaks against this port',
  'look closer': 'Look closer: something is unusual',
  'does not fit': 'Does not fit: something speaks against this port',
};

/** The traffic light in words, with the lines that caused it, what is certain, what is a hint, and what to do next. */
export function verdictSection({ verdict, findings, next, made }: ViewVerdict): HTMLElement {
  const causes = findings.filter((one) => one.verdict === verdict && verdict !== 'fits');
  const others = findings.filter((one) => !causes.includes(one));
  const certain = others.filter(({ grade }) => grade === 'certain');
  const notes = others.filter((one) => one.verdict === 'note');
  const hints = others.filter(({ grade, verdict: weight }) => grade !== 'certain' && weight !== 'note');
  return element(
    'section',
    { class: `verdict ${verdict.replaceAll(' ', '-')}`, 'aria-label': 'Does it fit?' },
    element('h2', {}, sign(verdict), ' ', TITLES[verdict]),
    element(
      'p',
      { class: 'note' },
      'No limit of any of these figures was ever calibrated for ports: they are rules of thumb, and only an evaluation tells whether a port works.',
    ),
    ...list('Because', causes),
    ...list('What is certain', certain),
    ...list('Hints, each as good as its evidence', hints),
    ...list('For information: nobody has shown a limit', notes),
    element('h3', {}, 'What to try next'),
    element('ul', {}, ...next.map(({ text }) => element('li', {}, text))),
    element('p', { class: 'note' }, `Diagnosed ${new Date(made).toLocaleString()}.`),
  );
}

function list(title: string, findings: readonly ViewFinding[]): Child[] {
  if (findings.length === 0) return [];
  return [element('h3', {}, title), element('ul', { class: 'findings' }, ...findings.map(line))];
}

function line({ verdict, text, evidence, source, sourceName }: ViewFinding): HTMLElement {
  const from = source === null ? [] : ['; ', element('a', { href: source }, sourceName ?? source)];
  return element(
    'li',
    { class: verdict.replaceAll(' ', '-') },
    sign(verdict),
    element('span', {}, text, ' ', element('span', { class: 'role' }, '(', evidence, ...from, ')')),
  );
}

/** A shape for each: nothing is said by colour alone. */
const SHAPES: Readonly<Record<Weight, string>> = {
  note: 'M8 6.5 V13 M8 2.8 V4',
  fits: 'M3 8.5 L6.5 12 L13 4.5',
  'look closer': 'M8 2.5 V9.5 M8 12 V13.5',
  'does not fit': 'M3.5 3.5 L12.5 12.5 M12.5 3.5 L3.5 12.5',
};

function sign(verdict: Weight): SVGElement {
  const size = { viewBox: '0 0 16 16', width: 16, height: 16 };
  const picture = svg('svg', { class: 'sign', ...size, role: 'img', 'aria-label': verdict });
  picture.append(svg('path', { d: SHAPES[verdict] }));
  return picture;
}
