import type { Locator, Page } from 'playwright-core';
import { exactly, poll, UI_TIMEOUT_MS } from './poll.ts';

export interface Notification {
  /** The message; for a progress notification "title: message". */
  text(): Promise<string>;
  click(button: string): Promise<void>;
  /** Shows the buttons of a collapsed one. */
  expand(): Promise<void>;
  /** Presses the Cancel button of a cancellable progress notification. */
  cancel(): Promise<void>;
}

const CENTER = '.notifications-center.visible';
const ITEM = ['.notifications-toasts', CENTER].map((place) => `${place} .notification-list-item`).join(', ');

/** The notification whose message contains this text (any, without it). */
export async function notification(page: Page, text = '', timeoutMs: number = UI_TIMEOUT_MS): Promise<Notification> {
  const item = page
    .locator(ITEM)
    .filter({ has: page.locator('.notification-list-item-message', { hasText: text }), visible: true })
    .first();
  const seen = async (): Promise<string> =>
    (await page.locator(`${ITEM}, .quick-input-widget`).allInnerTexts()).join(' | ');
  await poll(
    `a notification with "${text}"`,
    async () => {
      if (await item.isVisible()) {
        return true;
      }
      await openCenter(page);
      return undefined;
    },
    { seen, timeoutMs },
  );
  const buttons = item.locator('.notification-list-item-buttons-container .monaco-button');
  const click = async (label: string): Promise<void> => {
    await expand(item);
    await buttons.filter({ hasText: exactly(label) }).click({ timeout: UI_TIMEOUT_MS });
  };
  return {
    text: () => item.locator('.notification-list-item-message').innerText(),
    click,
    expand: () => expand(item),
    cancel: () => click('Cancel'),
  };
}

/** Under the smoke-test driver VS Code shows no toasts, and the centre closes itself when it runs empty. */
async function openCenter(page: Page): Promise<void> {
  if (await page.locator(CENTER).isVisible()) {
    return;
  }
  await page.locator('[id="status.notifications"]').click();
  // Away from the bell, whose tooltip would cover the buttons.
  await page.mouse.move(0, 0);
}

async function expand(item: Locator): Promise<void> {
  // A collapsed notification has its buttons, but does not show them.
  const twistie = item.locator('.codicon-notifications-expand');
  if (await twistie.isVisible()) {
    await twistie.click();
  }
}
