import type { FrameLocator, Locator, Page } from 'playwright-core';
import { exactly, poll, UI_TIMEOUT_MS } from './poll.ts';

export { notification, type Notification } from './notifications.ts';
export { QuickInput } from './quickInput.ts';

export interface ContextMenu {
  labels: string[];
  click(label: string): Promise<void>;
  close(): Promise<void>;
}

const MENU_CLICK_MS = 5_000;
const MENU_CLOSE_MS = 1_000;

/**
 * The content of the editor webview with exactly this title.
 * Ask again after it was hidden: VS Code then destroys the outer iframe and makes another.
 */
export function webview(page: Page, title: string, timeoutMs: number = UI_TIMEOUT_MS): Promise<FrameLocator> {
  const inner = `iframe#active-frame[title=${JSON.stringify(title)}]`;
  return poll(
    `a webview titled ${title}`,
    async () => {
      for (const outer of await page.locator('iframe.webview.ready').all()) {
        // By name, which stays; the position among the iframes changes as others come and go.
        const name = await outer.getAttribute('name', { timeout: 1_000 }).catch(() => null);
        const frame = page.frameLocator(`iframe.webview.ready[name="${name}"]`);
        const found =
          name !== null &&
          (await frame
            .locator(inner)
            .count()
            .catch(() => 0)) > 0;
        if (found) {
          return frame.frameLocator(inner);
        }
      }
      return undefined;
    },
    { timeoutMs },
  );
}

/** Opens the view container with this label; one that is open already stays open. */
export async function openViewContainer(page: Page, label: string): Promise<void> {
  // The label is followed by a keybinding in brackets or by a badge's text.
  const names = [`="${label}"`, `^="${label} ("`, `^="${label} - "`];
  const action = page.locator(names.map((name) => `.action-label[aria-label${name}]`).join(', '));
  const item = page.locator('.activitybar .action-item[role="tab"]').filter({ has: action });
  await item.waitFor({ timeout: UI_TIMEOUT_MS });
  await poll(`the view container ${label} to open`, async () => {
    // A click on the one that is open would close the side bar.
    if ((await item.getAttribute('aria-expanded')) === 'true') {
      return true;
    }
    await item.click();
    return undefined;
  });
}

/** The row with exactly this label, in the explorer or in any tree view. */
export function treeItem(page: Page, name: string): Locator {
  const label = page.locator('.label-name', { hasText: exactly(name) });
  return page.locator('.monaco-list-row[role="treeitem"]').filter({ has: label, visible: true });
}

export async function explorerContextMenu(page: Page, folderName: string): Promise<ContextMenu> {
  await openViewContainer(page, 'Explorer');
  return contextMenu(page, page.locator('.explorer-folders-view').locator(treeItem(page, folderName)));
}

/** What a right-click on a row offers. */
export async function contextMenu(page: Page, row: Locator): Promise<ContextMenu> {
  await row.click({ button: 'right', timeout: UI_TIMEOUT_MS });
  const menu = page.locator('.monaco-menu').filter({ visible: true });
  const items = menu.locator('.action-menu-item .action-label');
  await items.first().waitFor({ timeout: UI_TIMEOUT_MS });
  return {
    labels: await items.allTextContents(),
    click: (label) => clickMenuItem(menu, items.filter({ hasText: exactly(label) })),
    close: async () => {
      // The first Escape may close no more than a tooltip.
      await poll('the menu to close', async () => {
        if (await menu.isHidden()) return true;
        await page.keyboard.press('Escape');
        return undefined;
      });
    },
  };
}

async function clickMenuItem(menu: Locator, item: Locator): Promise<void> {
  await item.waitFor({ timeout: UI_TIMEOUT_MS });
  await poll('the menu to close', async () => {
    // VS Code swallows a click that comes right after the menu opened; one that was taken closes the menu.
    await item.click({ timeout: MENU_CLICK_MS }).catch(() => undefined);
    return menu.waitFor({ state: 'hidden', timeout: MENU_CLOSE_MS }).then(
      () => true as const,
      () => undefined,
    );
  });
}
