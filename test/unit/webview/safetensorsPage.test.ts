/** The page of safetensors in a real browser, under the policy that it has in VS Code, answered by the real tree and search. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import type { GlanceTensor } from '../../../src/library/glance/types.ts';
import { HOSTILE } from '../../support/evaluationView.ts';
import { GlanceHost, glanceOf } from '../../support/glanceHost.ts';
import { renderPage, type RenderedPage } from '../../support/pageInBrowser.ts';
import { launchBrowser } from '../../vscode/harness/browser.ts';

const FILE = 'model-00001-of-00002.safetensors';
const WEIGHT = 'model.layers.2.self_attn.q_proj.weight';
const LAYERS = 12;

const tensor = (name: string, shape: readonly number[] = [4, 8]): GlanceTensor => {
  const parameters = shape.reduce((product, one) => product * one, 1);
  return { name, dtype: 'BF16', shape, parameters, bytes: 2 * parameters, file: FILE };
};

const LLAMA = [
  tensor('lm_head.weight', [64, 8]),
  tensor(`${HOSTILE}.weight`),
  ...Array.from({ length: LAYERS }, (_, layer) =>
    ['self_attn.q_proj.weight', 'self_attn.k_proj.weight', 'mlp.up_proj.weight'].map((part) =>
      tensor(`model.layers.${layer}.${part}`),
    ),
  ).flat(),
];

const FIGURES = {
  ...{ tensor: WEIGHT, dtype: 'BF16', elements: 32, zeros: 1, nans: 2, infinities: 0, norm: 12.345678, largest: 3.5 },
  ...{ mean: -0.00012345, deviation: 2.25 },
  powers: [
    { exponent: -3, count: 9 },
    { exponent: 0, count: 20 },
  ],
};

interface Opened {
  readonly rendered: RenderedPage;
  readonly host: GlanceHost;
  readonly rows: Locator;
}

const labels = (rows: Locator): Promise<string[]> =>
  rows.evaluateAll((all) =>
    all.map((row) => (row as unknown as { getAttribute(name: string): string }).getAttribute('aria-label')),
  );

describe('the page of safetensors', () => {
  let browser: Browser;
  const opened: Opened[] = [];

  async function open(tensors: readonly GlanceTensor[] = LLAMA, state?: unknown, isTrusted = true): Promise<Opened> {
    const rendered = await renderPage(browser, 'safetensors', state);
    const host = new GlanceHost(rendered, glanceOf(tensors));
    await host.settle(isTrusted);
    const one = { rendered, host, rows: rendered.page.getByRole('treeitem') };
    opened.push(one);
    return one;
  }

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  it('shows facts and a tree whose only group is open', async () => {
    const { rendered, rows } = await open();
    await rendered.page.getByRole('definition').filter({ hasText: /^38$/ }).waitFor();
    const all = await labels(rows);
    assert.equal(all[0], `${HOSTILE}.weight, BF16, 4 × 8, 64 B, 1 of 2, ${FILE}`, 'names stay text');
    assert.equal(all[1], `lm_head.weight, BF16, 64 × 8, 1.02 kB, 1 of 2, ${FILE}`);
    assert.equal(all[2], 'model.layers, 36 tensors, 1.15K params, 2.30 kB');
    assert.equal(all[3], '0, 3 tensors, 96 params, 192 B');
    assert.equal(all[13], '10, 3 tensors, 96 params, 192 B', 'layers are in the order of their numbers');
    assert.equal(await rendered.page.locator('img').count(), 0);
  });

  it('says of each row where it stands', async () => {
    const { rows } = await open();
    const attributes = await rows.nth(4).evaluate((row) => {
      const of = row as unknown as { getAttribute(name: string): string | null };
      return ['aria-level', 'aria-posinset', 'aria-setsize', 'aria-expanded'].map((name) => of.getAttribute(name));
    });
    assert.deepEqual(attributes, ['2', '2', String(LAYERS), 'false']);
    assert.equal(await rows.first().getAttribute('aria-expanded'), null, 'a tensor cannot be opened');
  });

  it('works by keyboard, with one row in the order of tabs', async () => {
    const { rendered, rows, host } = await open();
    const { page } = rendered;
    const focused = page.locator('[role=treeitem]:focus');
    const press = async (...keys: string[]): Promise<string> => {
      for (const key of keys) {
        await page.keyboard.press(key);
        await host.settle();
      }
      assert.equal(await page.locator('[role=treeitem][tabindex="0"]').count(), 1);
      return (await focused.getAttribute('aria-label')) ?? '';
    };
    await rows.first().focus();
    assert.match(await press('ArrowDown', 'ArrowDown', 'ArrowDown'), /^0, 3 tensors/);
    assert.match(await press('ArrowRight'), /^0, 3 tensors/);
    assert.equal(await focused.getAttribute('aria-expanded'), 'true');
    assert.match(await press('ArrowRight'), /^mlp\.up_proj\.weight/);
    assert.match(await press('ArrowDown'), /^self_attn, 2 tensors/);
    assert.match(await press('Enter', 'ArrowDown'), /^k_proj\.weight/);
    assert.match(await press('ArrowLeft'), /^self_attn/);
    assert.match(await press('ArrowLeft', 'ArrowLeft'), /^0, 3 tensors/);
    assert.match(await press('End'), /^11, 3 tensors/);
    assert.ok((await press('Home')).startsWith(`${HOSTILE}.weight`));
    assert.deepEqual(await host.settle(), []);
  });

  it('chooses a tensor, computes its norms, and shows them with a histogram and its table', async () => {
    const { rendered, host } = await open();
    const { page, send } = rendered;
    await page.getByRole('treeitem', { name: /^2,/ }).click();
    await host.settle();
    await page.getByRole('treeitem', { name: /^self_attn/ }).click();
    await host.settle();
    const row = page.getByRole('treeitem', { name: /^q_proj\.weight/ });
    await row.click();
    assert.equal(await row.getAttribute('aria-selected'), 'true');
    const panel = page.getByRole('complementary', { name: 'Chosen tensor' });
    await panel.getByRole('heading', { name: WEIGHT }).waitFor();
    await panel.getByRole('button', { name: 'Compute Norms' }).click();
    const place = { name: WEIGHT, file: FILE };
    assert.deepEqual((await host.settle()).at(-1), { type: 'measure', tensor: place });
    await send({ type: 'figures', tensor: place, state: { type: 'running', message: '3 MB of 9 MB read' } });
    await panel.getByRole('status').getByText('3 MB of 9 MB read').waitFor();
    await panel.getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual((await host.settle()).at(-1), { type: 'cancel' });
    await send({ type: 'figures', tensor: place, state: { type: 'cancelled' } });
    await panel.getByRole('status').getByText('Cancelled.').waitFor();
    await send({ type: 'figures', tensor: place, state: { type: 'done', figures: FIGURES } });
    const values = await panel.locator('dl').last().locator('dd').allTextContents();
    assert.deepEqual(values, ['12.35', '2.254', '3.5', '-1.234e-4', '2.25', '1 (3.13 %)', '2 (6.25 %)', '0']);
    await panel.getByText('Not all values are finite').waitFor();
    const picture = panel.getByRole('img');
    assert.match((await picture.getAttribute('aria-label')) ?? '', /from 2⁻³ to 2¹; most of them, 20 \(62\.5 %\)/);
    const heights = await picture
      .locator('rect')
      .evaluateAll((all) =>
        all.map((one) => Number((one as unknown as { getAttribute(name: string): string }).getAttribute('height'))),
      );
    assert.ok(heights[1]! > 2 * heights[0]!, String(heights));
    await panel.locator('summary').click();
    assert.deepEqual(await panel.locator('tbody tr').first().locator('th, td').allTextContents(), [
      '2⁻³',
      '2⁻²',
      '9 (28.1 %)',
    ]);
    await send({ type: 'figures', tensor: place, state: { type: 'failed', message: `No ${HOSTILE}` } });
    await panel.getByRole('alert').getByText(HOSTILE).waitFor();
    await panel.getByRole('button', { name: 'Copy Name' }).click();
    assert.deepEqual((await host.settle()).at(-1), { type: 'copyName', name: WEIGHT });
  });

  it('keeps the keyboard on its button while a tensor is read', async () => {
    const { rendered, host } = await open();
    const { page, send } = rendered;
    await page.getByRole('treeitem', { name: /^lm_head/ }).click();
    const place = { name: 'lm_head.weight', file: FILE };
    await page.getByRole('button', { name: 'Compute Norms' }).focus();
    await page.keyboard.press('Enter');
    assert.equal((await host.settle()).at(-1)?.type, 'measure');
    for (const message of ['1 MB', '2 MB'])
      await send({ type: 'figures', tensor: place, state: { type: 'running', message } });
    await page.getByText('2 MB').waitFor();
    assert.equal(await page.locator('vscode-button:focus').textContent(), 'Cancel');
  });

  it('computes nothing in a workspace that is not trusted, and says why, until it is', async () => {
    const { rendered } = await open(LLAMA, undefined, false);
    const { page, send } = rendered;
    await page.getByRole('treeitem', { name: /^lm_head/ }).click();
    await page.getByText('needs a trusted workspace').waitFor();
    assert.equal(await page.locator('vscode-button[disabled]', { hasText: 'Compute Norms' }).count(), 1);
    await send({ type: 'trusted' });
    await page.getByText('needs a trusted workspace').waitFor({ state: 'detached' });
    assert.equal(await page.locator('vscode-button[disabled]').count(), 0);
  });

  it('searches as one types, says how many were found, and goes back', async () => {
    const { rendered, rows, host } = await open();
    const { page } = rendered;
    const field = page.getByRole('textbox', { name: 'Search tensors' });
    await field.pressSequentially('Q_PROJ');
    await page.waitForTimeout(300);
    const searches = (await host.settle()).filter(({ type }) => type === 'search');
    assert.deepEqual(searches, [{ type: 'search', text: 'Q_PROJ' }], 'not with every letter');
    await page.getByRole('search').getByRole('status').getByText('12 tensors found').waitFor();
    assert.match((await labels(rows))[10] ?? '', /^model\.layers\.10\.self_attn\.q_proj\.weight/);
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.locator('[role=treeitem]:focus').getAttribute('aria-posinset'), '1');
    await page.keyboard.press('Control+f');
    await page.keyboard.press('Escape');
    await page.getByRole('treeitem', { name: /^model\.layers, / }).waitFor();
    assert.equal(await page.getByRole('search').getByRole('status').textContent(), '');
  });

  it('comes back as it was: open groups, the search, the chosen tensor, how far it was scrolled', async () => {
    const first = await open();
    await first.rendered.page.getByRole('treeitem', { name: /^2,/ }).click();
    await first.host.settle();
    await first.rendered.page.getByRole('treeitem', { name: /^mlp/ }).click();
    await first.host.settle();
    const kept = await first.rendered.state();
    assert.deepEqual(kept, {
      expanded: ['model.layers.', 'model.layers.2.'],
      search: '',
      chosen: { name: 'model.layers.2.mlp.up_proj.weight', file: FILE },
      scrolled: 0,
    });
    const again = await open(LLAMA, kept);
    await again.rendered.page.getByRole('treeitem', { name: /^mlp/, selected: true }).waitFor();
    await again.rendered.page.getByRole('heading', { name: 'model.layers.2.mlp.up_proj.weight' }).waitFor();
    const searching = await open(LLAMA, { ...(kept as object), search: 'lm_head' });
    assert.equal(await searching.rows.count(), 1);
    assert.equal(await searching.rendered.page.getByRole('textbox').inputValue(), 'lm_head');
    const many = Array.from({ length: 5000 }, (_, i) => tensor(`t${i}`));
    const far = await open(many, { expanded: [], search: '', chosen: null, scrolled: 2200 });
    await far.rendered.page.getByRole('treeitem', { name: /^t100,/ }).waitFor();
  });

  it('draws a hundred thousand rows by drawing those that are seen', async () => {
    const many = Array.from({ length: 100_000 }, (_, i) => tensor(`t${i}`));
    const { rendered, rows, host } = await open(many);
    assert.ok((await rows.count()) < 100);
    await rows.first().focus();
    await rendered.page.keyboard.press('End');
    await host.answer();
    await rendered.page.locator('[role=treeitem]:focus[aria-label^="t99999,"]').waitFor();
    await host.settle();
    assert.equal(await rendered.page.locator('[role=treeitem]:focus').getAttribute('aria-posinset'), '100000');
    assert.ok((await rows.count()) < 100);
    assert.equal(await rendered.page.locator('.tree [aria-busy]').count(), 0, 'all that is seen was asked for');
    await rendered.page
      .locator('.tree')
      .evaluate((tree) => ((tree as unknown as { scrollTop: number }).scrollTop = 1_100_000));
    await host.settle();
    await rendered.page.getByRole('treeitem', { name: /^t50010,/ }).waitFor();
    assert.equal(
      await rendered.page.locator('[role=treeitem]:focus').getAttribute('aria-posinset'),
      '100000',
      'it keeps the keyboard',
    );
    assert.deepEqual(rendered.problems, []);
  });

  it('says that the file changed, and keeps what is open over the reload', async () => {
    const { rendered, host } = await open();
    const { page, send } = rendered;
    await page.getByRole('treeitem', { name: /^2,/ }).click();
    await host.settle();
    await send({ type: 'changed' });
    await page.getByText('changed on disk').waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    assert.ok((await host.settle()).some(({ type }) => type === 'reload'));
    await page.getByText('changed on disk').waitFor({ state: 'detached' });
    await page.getByRole('treeitem', { name: /^mlp/ }).waitFor();
  });

  it('says what is wrong with a file, what to do, and offers to try again', async () => {
    const { rendered, host } = await open();
    const { page, send } = rendered;
    await send({ type: 'problem', message: `/m/${HOSTILE} is cut off`, hint: 'Download it again.' });
    await page.getByRole('alert').getByText(HOSTILE).waitFor();
    await page.getByRole('alert').getByText('Download it again.').waitFor();
    await page.getByRole('button', { name: 'Try Again' }).click();
    await host.settle();
    await page.getByRole('treeitem').first().waitFor();
  });

  it('offers what fits: a port for a patch, the index for a shard', async () => {
    const rendered = await renderPage(browser, 'safetensors');
    const { summary } = glanceOf(LLAMA);
    const top = { from: 0, total: 0, rows: [] };
    const patch = {
      ...{ method: 'LORA', dialect: 'PEFT', baseName: 'org/base', modules: 30, ranks: [4, 8], alphas: [16] },
      ...{ scalings: [2, 5.65685424949238], targets: 'q_proj, v_proj', needsOldBase: true, folder: '/patch' },
    };
    await rendered.send({ type: 'show', summary: { ...summary, kind: 'file', patch }, top, isTrusted: true });
    for (const text of ['org/base', '4, 8', '2, 5.657', 'q_proj, v_proj (30 modules)', 'needed for a port'])
      await rendered.page.getByText(text, { exact: true }).waitFor();
    await rendered.page.getByRole('button', { name: 'Port Patch…' }).click();
    assert.deepEqual((await rendered.sent()).at(-1), { type: 'port' });
    const index = 'model.safetensors.index.json';
    await rendered.send({ type: 'show', summary: { ...summary, kind: 'file', index }, top, isTrusted: true });
    await rendered.page.getByRole('button', { name: 'Open Index' }).click();
    assert.deepEqual((await rendered.sent()).at(-1), { type: 'openIndex' });
    assert.equal(await rendered.page.getByRole('button', { name: 'Port Patch…' }).count(), 0);
    assert.deepEqual(rendered.problems, []);
  });

  it('violates no policy and runs no error', () => {
    assert.ok(opened.length > 5);
    for (const { rendered } of opened) assert.deepEqual(rendered.problems, []);
  });
});
