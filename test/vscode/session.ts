import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { makeLibrary } from '../support/library.ts';
import { ROOT } from '../support/paths.ts';
import { connectBridge, type Bridge } from './harness/bridgeClient.ts';
import { launchBrowser } from './harness/browser.ts';
import { bundleForExtensionHost } from './harness/bundle.ts';
import { poll } from './harness/poll.ts';
import { startServer, type VsCodeServer } from './harness/server.ts';
import { quickPick, webview } from './harness/views.ts';
import { openWorkbench, type Workbench } from './harness/workbench.ts';

export interface WizardAnswers {
  readonly patch?: string;
  readonly base?: string;
  readonly oldBase?: string;
  readonly tied?: string;
  readonly kind: string;
  readonly out: string;
}

export interface EvaluationAnswers {
  readonly base: string;
  readonly oldBase: string;
  readonly retrained: string;
  readonly task: string;
  readonly limit: string;
  readonly extras?: readonly string[];
  readonly out: string;
}

/** A VS Code with the extension, opened on a library of its own, and the clicks that tests and pictures share. */
export class Session {
  readonly library: string;
  readonly workbench: Workbench;
  readonly bridge: Bridge;
  private readonly parts: { scratch: string; server: VsCodeServer; browser: Browser };

  private constructor(
    library: string,
    workbench: Workbench,
    bridge: Bridge,
    parts: { scratch: string; server: VsCodeServer; browser: Browser },
  ) {
    this.library = library;
    this.workbench = workbench;
    this.bridge = bridge;
    this.parts = parts;
  }

  static async open(
    codeServerRoot: string,
    settings: Record<string, unknown> = {},
    viewport?: { width: number; height: number },
  ): Promise<Session> {
    const scratch = await mkdtemp(join(tmpdir(), 'portllm ui-'));
    const library = join(scratch, 'library');
    await makeLibrary(library);
    const all = { 'portllm.library.huggingFaceCache': false, ...settings };
    const server = await startServer({
      codeServerRoot,
      nodePath: process.execPath,
      settings: all,
      smokeTestDriver: true,
    });
    const browser = await launchBrowser();
    const token = randomUUID();
    const portFile = join(scratch, 'bridge.port');
    const extensionTestsPath = join(scratch, 'bridge.cjs');
    await bundleForExtensionHost(join(import.meta.dirname, 'bridge/bridge.ts'), extensionTestsPath);
    const workbench = await openWorkbench(browser, server, {
      folder: library,
      extensionDevelopmentPath: ROOT,
      extensionTestsPath,
      environment: { PORTLLM_BRIDGE_PORT_FILE: portFile, PORTLLM_BRIDGE_TOKEN: token },
      exitTimeoutMs: 600_000,
      ...(viewport ? { viewport } : {}),
    });
    await workbench.waitForWorkbench();
    return new Session(library, workbench, await connectBridge(portFile, token), { scratch, server, browser });
  }

  get page(): Page {
    return this.workbench.page;
  }

  async close(): Promise<void> {
    await this.bridge.stop();
    await this.workbench.close();
    await this.parts.browser.close();
    await this.parts.server.stop();
    await rm(this.parts.scratch, { recursive: true, force: true });
  }

  /** Not awaited in the extension host: most commands end only after the clicks that follow. */
  execute(command: string, ...args: unknown[]): Promise<void> {
    return this.bridge.evaluate((vscode, a) => void vscode.commands.executeCommand(a.command, ...a.args), {
      command,
      args,
    });
  }

  async choose(label: string): Promise<void> {
    const picked = await quickPick(this.page);
    await poll(`the choice ${label}`, async () => {
      if ((await picked.labels()).includes(label)) return true;
      // A long list shows only its beginning.
      await picked.type(label);
      return undefined;
    });
    await picked.choose(label);
  }

  /** Goes through the wizard; what was clicked on is not asked again. */
  async answerWizard({ patch, base, oldBase, kind, tied, out }: WizardAnswers): Promise<void> {
    for (const label of [patch, base, oldBase, kind, tied]) if (label !== undefined) await this.choose(label);
    await this.answerFolder(out);
    await this.page.locator('.quick-input-message', { hasText: 'Scale' }).waitFor();
    await (await quickPick(this.page)).accept();
  }

  async answerFolder(out: string): Promise<void> {
    await this.page.locator('.quick-input-message', { hasText: 'Folder to make' }).waitFor();
    const folder = await quickPick(this.page);
    await folder.type(out);
    await folder.accept();
  }

  /** Goes through the wizard of an evaluation that was called on a patch. */
  async answerEvaluation(answers: EvaluationAnswers): Promise<void> {
    const { base, oldBase, retrained, task, limit, extras = [], out } = answers;
    for (const label of [base, oldBase, retrained]) await this.choose(label);
    await this.tick([task]);
    await this.choose(limit);
    await this.page.locator('.quick-input-list', { hasText: 'Random control' }).waitFor();
    await this.tick(extras);
    await this.page.locator('.quick-input-message', { hasText: 'Folder for results' }).waitFor();
    const folder = await quickPick(this.page);
    await folder.type(out);
    await folder.accept();
  }

  /** Of a list of which many may be taken. */
  async tick(labels: readonly string[]): Promise<void> {
    for (const label of labels) await this.choose(label);
    await (await quickPick(this.page)).accept();
  }

  async acceptPlan(patch: string): Promise<void> {
    const plan = await webview(this.page, `Port Plan: ${patch}`);
    await plan.getByRole('button', { name: 'Port', exact: true }).click();
  }

  async startBigPort(name: string): Promise<void> {
    await this.execute('portllm.port', join(this.library, 'big', 'huge'));
    await this.answerWizard({
      patch: 'huge-patch',
      kind: 'Patched checkpoint',
      out: join(this.library, 'big', name),
    });
    await this.acceptPlan('huge-patch');
  }
}
