import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FrameLocator } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds wrong with a page, of what it calls serious or critical: rule, and where. */
export async function seriousViolations(view: FrameLocator): Promise<string[]> {
  const body = await view.locator('body').elementHandle();
  const frame = await body.ownerFrame();
  if (frame == null) throw new Error('the page has no frame');
  // Evaluated by the debugger, which the page's policy does not bind.
  await frame.evaluate(AXE);
  const { violations } = await frame.evaluate<{ violations: Violation[] }>('axe.run({ resultTypes: ["violations"] })');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
    );
}
