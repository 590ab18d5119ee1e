import type { Locator, Page } from 'playwright-core';
import { exactly, poll, UI_TIMEOUT_MS } from './poll.ts';

export interface QuickPick {
  /** Empty for a quick input without a title. */
  title(): Promise<string>;
  /** The rendered items only: a long list is virtual, so type() first to narrow it. */
  labels(): Promise<string[]>;
  /** Clicks an item: takes it in a single pick, checks or unchecks it in a multiple one. */
  choose(label: string): Promise<void>;
  type(text: string): Promise<void>;
  accept(): Promise<void>;
  cancel(): Promise<void>;
}

const PALETTE_MS = 2_000;
const WIDGET = '.quick-input-widget';
const TITLE = `${WIDGET} .quick-input-title`;
const INPUT = `${WIDGET} .quick-input-box input`;
const ROW = `${WIDGET} .quick-input-list .monaco-list-row`;

/** The open quick pick or input box. Give the title in a multi-step input, whose steps share one widget. */
export async function quickPick(page: Page, title?: string): Promise<QuickPick> {
  await page.locator(INPUT).waitFor({ timeout: UI_TIMEOUT_MS });
  if (title !== undefined) {
    await page.locator(TITLE, { hasText: exactly(title) }).waitFor({ timeout: UI_TIMEOUT_MS });
  }
  return {
    title: async () => (await page.locator(TITLE).textContent()) ?? '',
    labels: async () => {
      await page.locator(ROW).first().waitFor({ timeout: UI_TIMEOUT_MS });
      return page.locator(`${ROW} .quick-input-list-row:first-child .label-name`).allTextContents();
    },
    choose: (label) => rowOf(page, label).click({ timeout: UI_TIMEOUT_MS }),
    type: (text) => page.locator(INPUT).fill(text),
    accept: () => page.locator(INPUT).press('Enter'),
    cancel: () => page.locator(INPUT).press('Escape'),
  };
}

/** Runs a command from the palette by its full title there, "Category: Title". */
export async function runCommand(page: Page, title: string): Promise<void> {
  await poll(`the command ${title} in the palette`, async () => {
    await page.keyboard.press('F1');
    const palette = await quickPick(page);
    await palette.type(`>${title}`);
    // By its row rather than by Enter: the first row may still be that of the previous text.
    const chosen = await rowOf(page, title)
      .click({ timeout: PALETTE_MS })
      .then(
        () => true,
        () => undefined,
      );
    // A palette opened before the extension was registered never shows its commands: open another.
    await (chosen ?? palette.cancel());
    return chosen;
  });
}

function rowOf(page: Page, label: string): Locator {
  const name = page.locator('.quick-input-list-row:first-child .label-name', { hasText: exactly(label) });
  return page.locator(ROW).filter({ has: name });
}
