import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { makeLibrary } from '../support/library.ts';
import { ROOT } from '../support/paths.ts';
import { connectBridge, type Bridge } from './harness/bridgeClient.ts';
import { launchBrowser } from './harness/browser.ts';
import { bundleForExtensionHost } from './harness/bundle.ts';
import { startServer } from './harness/server.ts';
import { QuickInput, webview } from './harness/views.ts';
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

/** No question at the beginning: whoever has not said that they trust a folder does not. */
const RESTRICTED = { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' };

export interface SessionOptions {
  readonly settings?: Record<string, unknown>;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** The folder is a stranger's. */
  readonly restricted?: boolean;
  /** Of the extension host. */
  readonly environment?: Record<string, string>;
}

/** A VS Code with the extension, opened on a library of its own, and the clicks that tests and pictures share. */
export class Session {
  readonly library: string;
  readonly workbench: Workbench;
  private connected: Bridge;
  private readonly connect: () => Promise<Bridge>;
  private readonly opened: AsyncDisposableStack;

  private constructor(
    library: string,
    workbench: Workbench,
    bridge: { readonly connected: Bridge; readonly connect: () => Promise<Bridge> },
    opened: AsyncDisposableStack,
  ) {
    this.library = library;
    this.workbench = workbench;
    this.connected = bridge.connected;
    this.connect = bridge.connect;
    this.opened = opened;
    opened.defer(() => this.connected.stop());
  }

  static async open(
    codeServerRoot: string,
    { settings = {}, viewport, restricted = false, environment = {} }: SessionOptions = {},
  ): Promise<Session> {
    // What was opened before a failure would keep the test process alive.
    await using opening = new AsyncDisposableStack();
    const scratch = await mkdtemp(join(tmpdir(), 'portllm ui-'));
    opening.defer(() => rm(scratch, { recursive: true, force: true }));
    const library = join(scratch, 'library');
    await makeLibrary(library);
    const all = { 'portllm.library.huggingFaceCache': false, ...(restricted ? RESTRICTED : {}), ...settings };
    const server = await startServer({
      codeServerRoot,
      nodePath: process.execPath,
      settings: all,
      smokeTestDriver: true,
      restricted,
    });
    opening.defer(() => server.stop());
    const browser = await launchBrowser();
    opening.defer(() => browser.close());
    const token = randomUUID();
    const portFile = join(scratch, 'bridge.port');
    const extensionTestsPath = join(scratch, 'bridge.cjs');
    await bundleForExtensionHost(join(import.meta.dirname, 'bridge/bridge.ts'), extensionTestsPath);
    const workbench = await openWorkbench(browser, server, {
      folder: library,
      extensionDevelopmentPath: ROOT,
      extensionTestsPath,
      environment: { ...environment, PORTLLM_BRIDGE_PORT_FILE: portFile, PORTLLM_BRIDGE_TOKEN: token },
      exitTimeoutMs: 600_000,
      ...(viewport ? { viewport } : {}),
    });
    opening.defer(() => workbench.close());
    await workbench.waitForWorkbench();
    const connect = (): Promise<Bridge> => connectBridge(portFile, token);
    const bridge = { connected: await connect(), connect: () => rm(portFile).then(connect) };
    return new Session(library, workbench, bridge, opening.move());
  }

  get wizard(): QuickInput {
    return new QuickInput(this.page);
  }

  get bridge(): Bridge {
    return this.connected;
  }

  /** As a person reloads the window: the extension host starts anew, and pages are restored. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    // The browser's own reload would not let the workbench write down what is open.
    await this.execute('workbench.action.reloadWindow');
    await loaded;
    const connecting = this.connect();
    await this.workbench.waitForWorkbench();
    this.connected = await connecting;
  }

  get page(): Page {
    return this.workbench.page;
  }

  close(): Promise<void> {
    return this.opened.disposeAsync();
  }

  /** Not awaited in the extension host: most commands end only after the clicks that follow. */
  execute(command: string, ...args: unknown[]): Promise<void> {
    return this.bridge.evaluate((vscode, a) => void vscode.commands.executeCommand(a.command, ...a.args), {
      command,
      args,
    });
  }

  /** High contrast is not taken from the settings that a window starts with, only from a change. */
  async setTheme(theme: string): Promise<void> {
    await this.bridge.evaluate(
      (vscode, name) =>
        vscode.workspace.getConfiguration('workbench').update('colorTheme', name, vscode.ConfigurationTarget.Global),
      theme,
    );
  }

  /** Goes through the wizard; what was clicked on is not asked again. */
  async answerWizard({ patch, base, oldBase, kind, tied, out }: WizardAnswers): Promise<void> {
    for (const label of [patch, base, oldBase, kind, tied]) if (label !== undefined) await this.wizard.choose(label);
    await this.wizard.answer('Folder to make', out);
    await this.wizard.answer('Scale');
  }

  /** Goes through the wizard of an evaluation that was called on a patch. */
  async answerEvaluation(answers: EvaluationAnswers): Promise<void> {
    const { base, oldBase, retrained, task, limit, extras = [], out } = answers;
    for (const label of [base, oldBase, retrained]) await this.wizard.choose(label);
    await this.wizard.tick([task]);
    await this.wizard.choose(limit);
    await this.wizard.tick(extras);
    await this.wizard.answer('Folder for results', out);
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
