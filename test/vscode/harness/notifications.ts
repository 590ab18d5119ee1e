import type { Locator, Page } from 'playwright-core';
import { exactly, poll, UI_TIMEOUT_MS } from './poll.ts';

export interface Notification {
  /** The message; for a progress notification "title: message". */
  text(): Promise<string>;
  buttons(): Promise<string[]>;
  click(button: string): Promise<void>;
  /** Presses the Cancel button of a cancellable progress notification. */
  cancel(): Promise<void>;
  waitUntilGone(): Promise<void>;
}

const CENTER = '.notifications-center.visible';
const ITEM = ['.notifications-toasts', CENTER].map((place) => `${place} .notification-list-item`).join(', ');

/** The notification whose message contains this text (any, without it). */
export async function notification(page: Page, text = ''): Promise<Notification> {
  const item = page
    .locator(ITEM)
    .filter({ has: page.locator('.notification-list-item-message', { hasText: text }), visible: true })
    .first();
  await poll(`a notification with "${text}"`, async () => {
    if (await item.isVisible()) {
      return true;
    }
    await openCenter(page);
    return undefined;
  });
  const buttons = item.locator('.notification-list-item-buttons-container .monaco-button');
  const click = async (label: string): Promise<void> => {
    await expand(item);
    await buttons.filter({ hasText: exactly(label) }).click({ timeout: UI_TIMEOUT_MS });
  };
  return {
    text: () => item.locator('.notification-list-item-message').innerText(),
    buttons: async () => {
      await expand(item);
      return buttons.allTextContents();
    },
    click,
    cancel: () => click('Cancel'),
    waitUntilGone: () => item.waitFor({ state: 'hidden', timeout: UI_TIMEOUT_MS }),
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
