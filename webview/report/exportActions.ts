import type { ReportView } from '../../src/editor/report/viewTypes.ts';
import { element } from '../common/dom.ts';
import { button } from '../common/ui.ts';
import type { HostEnd } from '../common/vscode.ts';
import type { Charts } from './charts.ts';
import { pictureOf, pngOf } from './exporting.ts';

/** The picture as it stands, and the numbers behind it. */
export function exportActions(
  view: ReportView,
  charts: () => Charts | undefined,
  host: HostEnd<'report'>,
): HTMLElement {
  const picture = (): ReturnType<typeof pictureOf> | undefined => {
    const shown = charts();
    return shown && pictureOf(`${view.title}: ${shown.metricLabel}`, shown.pictures());
  };
  const svg = (): void => {
    const made = picture();
    if (made !== undefined) host.send({ type: 'exportPicture', format: 'svg', content: made.text });
  };
  const png = async (): Promise<void> => {
    const made = picture();
    if (made !== undefined) host.send({ type: 'exportPicture', format: 'png', content: await pngOf(made) });
  };
  const problem = element('p', { role: 'alert', class: 'note' });
  return element(
    'div',
    { class: 'actions', role: 'group', 'aria-label': 'Export' },
    button('Export SVG…', 'secondary', svg),
    button('Export PNG…', 'secondary', () => {
      png().catch((error: unknown) => (problem.textContent = `The picture could not be made: ${String(error)}`));
    }),
    button('Export CSV…', 'secondary', () => host.send({ type: 'exportData', format: 'csv' })),
    button('Export JSON…', 'secondary', () => host.send({ type: 'exportData', format: 'json' })),
    problem,
  );
}
