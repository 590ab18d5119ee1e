/** Runs inside the extension host, in the browser's VS Code and under @vscode/test-electron alike. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const EXTENSION_ID = 'portllm.portllm';

interface Diagnostics {
  readonly portllm: string;
  readonly library: { readonly baseModel: number; readonly patch: number };
  readonly device: { readonly used: string };
}

const CHECKS: Readonly<Record<string, () => Promise<void>>> = {
  async activates() {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    await extension?.activate();
    assert.equal(extension?.isActive, true);
  },
  async 'registers every command that it declares'() {
    const manifest = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const registered = await vscode.commands.getCommands(true);
    for (const { command } of manifest.contributes.commands) assert.ok(registered.includes(command), command);
  },
  async 'finds the samples, starts the worker and says on which device it computes'() {
    await vscode.commands.executeCommand('portllm.copyDiagnostics');
    const text = await vscode.env.clipboard.readText();
    const diagnostics = JSON.parse(text) as Diagnostics;
    assert.deepEqual([diagnostics.library.baseModel, diagnostics.library.patch], [2, 2]);
    assert.ok(diagnostics.device.used.length > 0);
    assert.ok(!text.includes('storyteller'), 'diagnostics name no models');
  },
  async 'opens a report in a tab'() {
    await vscode.commands.executeCommand('portllm.openReport', process.env.PORTLLM_PORTED);
    await vscode.window.tabGroups.close(await tabNamed('Report: '));
  },
  async 'compares results in a tab'() {
    await vscode.commands.executeCommand('portllm.openEvaluation', process.env.PORTLLM_RESULTS);
    await vscode.window.tabGroups.close(await tabNamed('Evaluation: storyteller-v2'));
  },
  async 'verifies a ported model'() {
    await vscode.commands.executeCommand('portllm.verify', process.env.PORTLLM_PORTED);
  },
  async 'stops the worker when it is told to'() {
    await vscode.commands.executeCommand('portllm.stopWorker');
  },
};

/** The tab model follows the panel after a moment. */
async function tabNamed(beginning: string): Promise<vscode.Tab> {
  for (let tries = 0; tries < 100; tries++) {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const found = tabs.find(({ label }) => label.startsWith(beginning));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no tab "${beginning}" opened`);
}

/** The entry that VS Code calls. @throws AssertionError of the first check that fails */
export async function run(): Promise<void> {
  for (const [name, check] of Object.entries(CHECKS)) {
    await check();
    console.log(`ok ${name}`);
  }
}
