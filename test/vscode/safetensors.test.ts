/** Safetensors at a glance, as a person meets them: clicks in the explorer of a real VS Code, then the keyboard. */
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { isKnownNoise } from './harness/noise.ts';
import { poll } from './harness/poll.ts';
import { openViewContainer, treeItem, webview } from './harness/views.ts';
import { Session } from './session.ts';

const INDEX = 'model.safetensors.index.json';
const SHARD = 'model-00002-of-00003.safetensors';
const ADAPTER = 'adapter_model.safetensors';

describe('Safetensors in VS Code', () => {
  let session: Session;
  let page: Page;
  let library: string;

  before(async () => {
    session = await Session.open(codeServerRoot());
    ({ page, library } = session);
    await openViewContainer(page, 'Explorer');
  });

  // Undefined where it could not be opened.
  after(() => (session as Session | undefined)?.close());

  /** Opens the folders one after the other, then the file. */
  async function clickInExplorer(...path: readonly string[]): Promise<void> {
    const explorer = page.locator('.explorer-folders-view');
    for (const [i, name] of path.entries()) {
      const row = explorer.locator(treeItem(page, name));
      const isOpenFolder = i < path.length - 1 && (await row.getAttribute('aria-expanded')) === 'true';
      if (!isOpenFolder) await row.click();
      const next = path[i + 1];
      if (next !== undefined) await explorer.locator(treeItem(page, next)).waitFor();
    }
  }

  async function hideAndShow(title: string): Promise<FrameLocator> {
    await session.execute('workbench.action.files.newUntitledFile');
    await poll('the page to be hidden', async () =>
      (await page.locator('iframe.webview.ready').count()) === 0 ? true : undefined,
    );
    await session.execute('workbench.action.closeActiveEditor');
    return webview(page, title);
  }

  const row = (view: FrameLocator, name: RegExp): Locator => view.getByRole('treeitem', { name });

  it('opens an index by a click in the explorer', async () => {
    await clickInExplorer('models', 'storyteller-v2', INDEX);
    const view = await webview(page, INDEX);
    await view.getByText('Index of 3 files · LlamaForCausalLM').waitFor();
    await view.getByText('1.44M (1,443,456)').waitFor();
    await row(view, /^model, 56 tensors, 1\.44M params, 2\.89 MB/).waitFor();
  });

  it('opens groups and chooses a tensor by keyboard', async () => {
    const view = await webview(page, INDEX);
    const focused = view.locator('[role=treeitem]:focus');
    await row(view, /^model,/).focus();
    for (const [key, expected] of [
      ['ArrowDown', /^embed_tokens\.weight, BF16, 2048 × 128/],
      ['ArrowDown', /^layers, 54 tensors/],
      ['ArrowRight', /^layers, 54 tensors/],
      ['ArrowRight', /^0, 9 tensors/],
      ['ArrowRight', /^0, 9 tensors/],
      ['ArrowRight', /^input_layernorm\.weight, BF16, 128, 256 B, 1 of 3, model-00001-of-00003/],
      ['Enter', /^input_layernorm\.weight/],
    ] as const) {
      await focused.press(key);
      await poll(`${key} to lead to ${String(expected)}`, async () =>
        expected.test((await focused.getAttribute('aria-label')) ?? '') ? true : undefined,
      );
      // What was opened is there only after the host has answered.
      await poll('the rows', async () => ((await view.locator('.tree [aria-busy]').count()) === 0 ? true : undefined));
    }
    await view.getByRole('heading', { name: 'model.layers.0.input_layernorm.weight' }).waitFor();
  });

  it('computes the norms of a tensor in the worker, and shows them', async () => {
    const view = await webview(page, INDEX);
    await view.getByRole('button', { name: 'Compute Norms' }).click();
    await view.getByText('Computed from all 128 values.').waitFor();
    const panel = view.getByRole('complementary', { name: 'Chosen tensor' });
    await panel.getByText('Frobenius norm').waitFor();
    assert.match((await panel.getByRole('img').getAttribute('aria-label')) ?? '', /Histogram of \|x\|/);
  });

  it('searches, and is as it was after it was hidden', async () => {
    const view = await webview(page, INDEX);
    await view.getByRole('textbox', { name: 'Search tensors' }).fill('q_proj');
    await view.getByRole('search').getByText('6 tensors found').waitFor();
    assert.equal(await view.getByRole('treeitem').count(), 6);
    const again = await hideAndShow(INDEX);
    await again.getByRole('search').getByText('6 tensors found').waitFor();
    await again.getByText('Computed from all 128 values.').waitFor();
    await again.getByRole('textbox', { name: 'Search tensors' }).press('Escape');
    await row(again, /^input_layernorm\.weight/).waitFor();
  });

  it('says that a shard is gone, and which one when it is read again', async () => {
    const folder = join(library, 'models', 'storyteller-v2');
    await cp(join(folder, SHARD), join(library, '..', SHARD));
    await rm(join(folder, SHARD));
    const view = await webview(page, INDEX);
    await view.getByText('changed on disk').waitFor();
    await view.getByRole('button', { name: 'Reload' }).click();
    await view.getByText(`${SHARD} (20 tensors of the index) is missing`).waitFor();
    await view.getByText('56, of which 20 were not found').waitFor();
    await row(view, /^input_layernorm\.weight/).waitFor();
    await cp(join(library, '..', SHARD), join(folder, SHARD));
    await view.getByText('changed on disk').waitFor();
    await view.getByRole('button', { name: 'Reload' }).click();
    // A warning, and for a moment the words that tell of it.
    await poll('the warning to go', async () =>
      (await view.getByText('is missing').count()) === 0 ? true : undefined,
    );
  });

  it('tells of an adapter what it is, and ports it', async () => {
    await clickInExplorer('patches', 'kind', ADAPTER);
    const view = await webview(page, ADAPTER);
    for (const text of ['portllm/storyteller-v1', 'q_proj, down_proj, k_proj, v_proj, o_proj (30 modules)'])
      await view.getByText(text, { exact: true }).waitFor();
    await view.getByRole('button', { name: 'Port Patch…' }).click();
    await page.locator('.quick-input-list', { hasText: 'storyteller-v2' }).waitFor();
    await session.wizard.cancel();
  });

  it('says what is wrong with a file, and shows it once it was mended', async () => {
    await clickInExplorer('broken', 'model.safetensors');
    const view = await webview(page, 'model.safetensors');
    await view.getByRole('alert').getByText('is not a safetensors file but a JSON file').waitFor();
    await cp(join(library, 'patches', 'mood', ADAPTER), join(library, 'broken', 'model.safetensors'));
    await row(view, /^base_model\.model\.model\.layers, /).waitFor();
  });

  it('violates no content security policy', () => {
    assert.deepEqual(session.workbench.cspViolations, []);
    const errors = session.workbench.consoleErrors.filter((error) => !isKnownNoise(error));
    assert.deepEqual(errors, []);
  });
});
