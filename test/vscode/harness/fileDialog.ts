import type { Page } from 'playwright-core';
import { poll } from './poll.ts';

const DIALOG_MS = 500;

/** The dialog of a VS Code in the browser is a box that takes a path; it looks the folder up before it takes the answer. */
export async function answerDialog(page: Page, path: string): Promise<void> {
  const input = page.locator('.quick-input-widget .quick-input-box input').filter({ visible: true });
  await input.waitFor();
  await poll('the dialog to take the path', async () => {
    if (await input.isHidden()) return true;
    // It writes its own suggestion when it is ready, whatever was typed before.
    if ((await input.inputValue()) === '') return undefined;
    await input.fill(path);
    await page.waitForTimeout(DIALOG_MS);
    if ((await input.inputValue()) !== path) return undefined;
    await input.press('Enter');
    return input.waitFor({ state: 'hidden', timeout: DIALOG_MS }).then(
      () => true as const,
      () => undefined,
    );
  });
}
