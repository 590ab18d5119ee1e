import type { Probe, ProbePoint } from '../../diagnostics/probeTypes.ts';
import { formatInteger, formatWithError } from '../../evaluation/statistics/format.ts';
import type { ViewProbe, ViewProbePoint } from './viewTypes.ts';

/** The loss of each task between the bases, and over the scales of the patch. */
export function probesOf({ tasks, notes, warnings }: Probe): ViewProbe[] {
  return tasks.map(({ task, items, documents, blend, scales }) => {
    const of = items < documents ? `${formatInteger(items)} of ${formatInteger(documents)}` : formatInteger(items);
    return {
      task,
      subtitle: [`${of} items`, ...notes, ...warnings].join('; '),
      lines: [
        ...(blend === null
          ? []
          : [
              {
                title: 'From the old base to the new one, with the patch',
                parameter: 't',
                ends: ['old base + patch', 'port'] as const,
                points: blend.points.map(pointOf),
              },
            ]),
        {
          title: 'The patch at growing scales on the new base',
          parameter: 'λ',
          ends: ['new base alone', 'port at λ = 1'] as const,
          points: scales.points.map(pointOf),
        },
      ],
    };
  });
}

function pointOf({ parameter, loss, stderr, accuracy }: ProbePoint): ViewProbePoint {
  return {
    ...{ parameter, loss, stderr },
    text: formatWithError(loss, stderr ?? undefined, 'plain'),
    accuracy: accuracy === null ? null : `${(100 * accuracy).toFixed(1)} %`,
  };
}
