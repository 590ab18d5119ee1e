import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeFindings } from '../../../src/diagnostics/probeFindings.ts';
import { BLENDS, SCALES, type Barrier, type ProbePoint, type TaskProbe } from '../../../src/diagnostics/probeTypes.ts';
import type { Finding } from '../../../src/diagnostics/types.ts';

const ERROR = 0.01;

function pointsOf(parameters: readonly number[], losses: readonly number[], stderr: number | null): ProbePoint[] {
  const at = (parameter: number): number => losses[parameters.indexOf(parameter)] ?? NaN;
  return parameters.map((parameter, i) => {
    const loss = losses[i] ?? NaN;
    return {
      ...{ parameter, loss, stderr, tokens: 100, lossPerToken: loss / 2, accuracy: null },
      against0: { value: loss - at(0), stderr },
      against1: { value: loss - at(1), stderr },
    };
  });
}

interface Shape {
  readonly scales?: readonly number[];
  readonly barrier?: Partial<Barrier> | undefined;
  readonly stderr?: number | null;
}

/** A patch that takes the loss from 9 to 2 unless said otherwise, and loses 1 on the new base. */
function findings({ scales = [9, 7, 5, 3, 2, 2.5], barrier, stderr = ERROR }: Shape): Finding[] {
  const steps = scales.slice(1, 5).map((loss, i) => ({ i, value: loss - (scales[i] ?? 0) }));
  const [most] = steps.filter(({ value }) => value >= 0).sort((a, b) => b.value - a.value);
  const rise = most ? { from: SCALES[most.i] ?? 0, to: SCALES[most.i + 1] ?? 0, value: most.value, stderr } : null;
  const minimum = SCALES[scales.indexOf(Math.min(...scales))] ?? NaN;
  const probe: TaskProbe = {
    ...{ task: 'animals', outputType: 'multiple_choice', items: 50, documents: 50 },
    blend:
      barrier === undefined
        ? null
        : {
            points: pointsOf(BLENDS, [1, 1.2, 1.4, 1.7, scales[4] ?? NaN], stderr),
            barrier: { at: 0.5, value: -0.1, stderr, ...barrier },
          },
    scales: { points: pointsOf(SCALES, scales, stderr), rise, minimum },
  };
  return probeFindings([probe]);
}

describe('the words of a probe', () => {
  const say = (shape: Shape, verdict: Finding['verdict'], words: RegExp, which = -1): void => {
    const finding = findings(shape).at(which);
    assert.match(finding?.text ?? '', words);
    assert.equal(finding?.verdict, verdict);
    assert.deepEqual([finding.grade, finding.source], ['A', 'https://arxiv.org/abs/2503.20110']);
  };

  it('says only what the scales tell where the old base is not known', () => {
    assert.equal(findings({}).length, 1);
    assert.equal(findings({ barrier: {} }).length, 2);
  });

  it('names task, items, both ends and their difference', () => {
    say(
      { barrier: {} },
      'fits',
      /^animals, 50 items: .* from 1 ± 0\.01 \(patch on its own base\) to 2 ± 0\.01 \(port\), a difference of 1 ± 0\.01/,
      0,
    );
    say(
      {},
      'fits',
      /^animals, 50 items: the loss goes from 9 ± 0\.01 \(new base\) to 2 ± 0\.01 \(port\), a gain of 7 ± 0\.01; /,
    );
  });

  it('takes a line that sags for no bump', () =>
    say(
      { barrier: {} },
      'fits',
      /does not rise above .* \(nearest at t = 0\.5, 0\.1 ± 0\.01 below it\): no bump\.$/,
      0,
    ));
  it('takes a bump for one', () =>
    say({ barrier: { value: 0.8 } }, 'look closer', /rises above .* by 0\.8 ± 0\.01 .*\(t = 0\.5\): a bump/, 0));
  it('takes a rise within its error for none', () =>
    say({ barrier: { value: 0.8, stderr: 0.5 } }, 'fits', /no bump to speak of\.$/, 0));
  it('takes a sure but small rise for none', () =>
    say({ barrier: { value: 0.3 } }, 'fits', /no bump to speak of, less than 5 % of what the patch gains\.$/, 0));
  it('measures bumps against nothing where the patch gains nothing', () =>
    say({ barrier: { value: 0.3 }, scales: [2, 2, 2, 2, 2, 2] }, 'look closer', /: a bump/, 0));
  it('takes nothing for shown where there is one item, and no error', () => {
    say(
      { barrier: { value: 0.8, stderr: null }, stderr: null },
      'fits',
      /by 0\.8 at the most .*: no bump to speak of/,
      0,
    );
    say({ stderr: null }, 'look closer', /a gain of 7, within its error: these items do not show that the patch helps/);
  });

  it('takes a steady fall for fine, with its minimum at or beyond 1', () => {
    say({}, 'fits', /falls with every step of λ up to 1; it is least at λ = 1\.$/);
    say({ scales: [9, 7, 5, 3, 2, 1] }, 'fits', /it is least at λ = 1\.25\.$/);
  });
  it('looks closer at a step up, unless it is within its error', () => {
    const [up, least] = [
      /but for 0\.5 ± 0\.01 more from λ = 0 to 0\.25; it is least at λ = 1\.$/,
      [9, 9.5, 5, 3, 2, 2.5],
    ];
    say({ scales: least }, 'look closer', up);
    say(
      { scales: least, stderr: 0.4 },
      'fits',
      /but for 0\.5 ± 0\.4 more .* within the error of that step; it is least/,
    );
  });
  it('looks closer at a minimum before 1', () =>
    say({ scales: [9, 7, 1, 3, 2, 2.5] }, 'look closer', /least at λ = 0\.5, by 1 ± 0\.01 below λ = 1: .*overshoots/));
  it('does so too where the port is worse than the new base', () =>
    say({ scales: [3, 1, 2, 3, 5, 6] }, 'look closer', /a loss of 2 ± 0\.01; it is least at λ = 0\.25, by 4 ± 0\.01/));
  it('does not where the minimum is within its error of the port', () =>
    say({ scales: [9, 7, 5, 1.99, 2, 2.5] }, 'fits', /least at λ = 0\.75, by 0\.01 ± 0\.01 .* within the error/));
  it('looks closer where the gain is within its error', () =>
    say({ stderr: 5 }, 'look closer', /a gain of 7 ± 5, within its error: .* do not show that the patch helps\.$/));
  it('says that the patch does not help only where that is more than its error', () => {
    say(
      { scales: [1, 2, 3, 4, 5, 6] },
      'does not fit',
      /^On these items the port is worse than the new base alone: .*a loss of 4 ± 0\.01; it is least without/,
    );
    say({ scales: [1, 1.2, 1.1, 1.1, 1.05, 1.2], stderr: 0.2 }, 'look closer', /within its error: .* do not show that/);
  });
});
