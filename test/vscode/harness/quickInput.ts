import type { Locator, Page } from 'playwright-core';
import { exactly, poll, UI_TIMEOUT_MS } from './poll.ts';

const STEP_MS = 3_000;
const WIDGET = '.quick-input-widget';
const TITLE = `${WIDGET} .quick-input-title`;
const MESSAGE = `${WIDGET} .quick-input-message`;
const INPUT = `${WIDGET} .quick-input-box input`;
const ROW = `${WIDGET} .quick-input-list .monaco-list-row`;

/**
 * The quick picks and input boxes of a wizard, as a person clicks through them. Every method ends when the next step is
 * there, or the wizard is gone: a click that comes before the extension host has answered the last one would be lost, or
 * would meet a row of the wrong step.
 */
export class QuickInput {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Title and step; '' without an open quick input. */
  async title(): Promise<string> {
    const [title] = await this.page.locator(TITLE).filter({ visible: true }).allInnerTexts();
    return title?.trim() ?? '';
  }

  async waitForTitle(title: string): Promise<void> {
    await this.page
      .locator(TITLE, { hasText: exactly(title) })
      .filter({ visible: true })
      .waitFor({ timeout: UI_TIMEOUT_MS });
  }

  /** Takes a row of a list of which one is taken. */
  choose(label: string): Promise<void> {
    return this.leaveStep(`the choice ${label}`, async () => {
      const row = await this.find(label);
      await row?.click({ timeout: STEP_MS });
      return row !== undefined;
    });
  }

  /** Ticks rows of a list of which many may be taken, and goes on. */
  async tick(labels: readonly string[]): Promise<void> {
    for (const label of labels)
      await poll(`${label} to be ticked`, async () => {
        const row = await this.find(label);
        if ((await row?.getAttribute('aria-checked')) === 'true') return true;
        await row?.click({ timeout: STEP_MS });
        return undefined;
      });
    await this.accept();
  }

  /** Types into the input box that asks this. */
  async answer(message: string, text?: string): Promise<void> {
    await this.page.locator(MESSAGE, { hasText: message }).waitFor({ timeout: UI_TIMEOUT_MS });
    if (text !== undefined) await this.page.locator(INPUT).fill(text);
    await this.accept();
  }

  back(): Promise<void> {
    const button = this.page.locator(`${WIDGET} .quick-input-titlebar .codicon-quick-input-back`);
    return this.leaveStep('the step before', () => button.click({ timeout: STEP_MS }).then(() => true));
  }

  /** The first Escape may close no more than a tooltip. */
  async cancel(): Promise<void> {
    await poll('the quick input to close', async () => {
      if (await this.page.locator(WIDGET).isHidden()) return true;
      await this.page.locator(INPUT).press('Escape', { timeout: STEP_MS });
      return undefined;
    });
  }

  private accept(): Promise<void> {
    const enter = (): Promise<void> => this.page.locator(INPUT).press('Enter', { timeout: STEP_MS });
    return this.leaveStep('the step to be accepted', () => enter().then(() => true));
  }

  /** @param attempt tells whether it did what leads to the next step */
  private async leaveStep(what: string, attempt: () => Promise<boolean>): Promise<void> {
    await this.page.locator(INPUT).waitFor({ timeout: UI_TIMEOUT_MS });
    const step = await this.title();
    const left = async (): Promise<true | undefined> => ((await this.title()) === step ? undefined : true);
    await poll(what, async () => {
      if (await left()) return true;
      if (!(await attempt())) return undefined;
      // Tooltips come where the mouse rests, and cover what is clicked next.
      await this.page.mouse.move(0, 0);
      return poll('the next step', left, { timeoutMs: STEP_MS }).catch(() => undefined);
    });
  }

  /** A long list shows only its beginning until something is typed. */
  private async find(label: string): Promise<Locator | undefined> {
    const row = this.page.locator(ROW).filter({
      has: this.page.locator('.quick-input-list-row:first-child .label-name', { hasText: exactly(label) }),
    });
    if ((await row.count()) > 0) return row.first();
    if ((await this.page.locator(ROW).count()) > 0) await this.page.locator(INPUT).fill(label);
    return undefined;
  }
}
