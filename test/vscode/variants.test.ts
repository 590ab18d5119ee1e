/** Every row of README's table by clicks, in a real VS Code: also what the wizard asks for one patch and not for another. */
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Provenance } from '../../src/port/provenance.ts';
import { variantRows } from '../support/variantTable.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { notification, openViewContainer, treeItem, webview } from './harness/views.ts';
import { Session } from './session.ts';

describe('variants by clicks', () => {
  let session: Session;
  const rows = variantRows();
  const at = (...parts: string[]): string => join(session.library, 'variants', ...parts);

  before(async () => {
    session = await Session.open(codeServerRoot());
    for (const { variant } of rows) {
      await cp(variant.patch, at('patches', nameOf(variant.name)), { recursive: true });
      for (const base of [variant.from, variant.onto])
        await cp(base, at('bases', baseName(base, variant.name)), { recursive: true });
    }
    await openViewContainer(session.page, 'PortLLM');
    // The library is long, and what is not in sight is not in the document.
    const evaluations = session.page.locator('.pane-header[aria-label^="Evaluations"]');
    await evaluations.waitFor();
    if ((await evaluations.getAttribute('aria-expanded')) === 'true') await evaluations.click();
    await session.execute('portllm.library.refresh');
    await treeItem(session.page, 'llama-new').first().waitFor();
  });

  // Undefined where it could not be opened.
  after(() => (session as Session | undefined)?.close());

  for (const { title, variant } of rows)
    it(title, async () => {
      const name = nameOf(variant.name);
      const out = at('ported', name);
      await session.execute('portllm.port', at('patches', name));
      await session.answerWizard({
        base: baseName(variant.onto, variant.name),
        ...(variant.needsOldBase ? { oldBase: baseName(variant.from, variant.name) } : {}),
        kind: 'Patched checkpoint',
        ...(variant.name.startsWith('tied') ? { tied: 'Apart' } : {}),
        out,
      });
      const plan = await webview(session.page, `Port Plan: ${name}`);
      await plan.getByText('Nothing has been written yet.').waitFor();
      await session.acceptPlan(name);
      await notification(session.page, `Ported ${name} onto`);
      await session.execute('notifications.clearAll');
      const provenance = JSON.parse(await readFile(join(out, 'portllm.json'), 'utf8')) as Provenance;
      assert.equal(provenance.oldBase !== null, variant.needsOldBase);
      assert.equal(provenance.coverage.matchedPatchTensors, provenance.coverage.patchTensors);
    });

  it('combines patches that were selected together', async () => {
    const [one, other] = [at('patches', 'mica'), at('patches', 'layers-to-transform')];
    await session.execute('portllm.port', one, [one, other]);
    await session.wizard.answer('Weights of mica, layers-to-transform');
    await session.wizard.choose('Sum');
    await session.answerWizard({ base: 'llama-new', kind: 'Re-based adapter', out: at('sum') });
    await session.acceptPlan('mica + layers-to-transform');
    await notification(session.page, 'Ported mica + layers-to-transform onto llama-new');
    await session.execute('notifications.clearAll');
    const { combined } = JSON.parse(await readFile(at('sum', 'portllm.json'), 'utf8')) as Provenance;
    assert.deepEqual(
      combined.map(({ name, weight }) => [name, weight]),
      [
        ['mica', 1],
        ['layers-to-transform', 1],
      ],
    );
  });

  it('extracts a patch from a ported checkpoint', async () => {
    const [first] = rows;
    assert.ok(first);
    const tuned = at('ported', nameOf(first.variant.name));
    await session.execute('portllm.extract', tuned);
    await session.wizard.choose(basename(first.variant.onto));
    await session.wizard.choose('LoRA of rank 16');
    await session.wizard.answer('Folder to make', at('extracted'));
    const done = await notification(session.page, `Extracted a patch from ${nameOf(first.variant.name)}`);
    assert.match(await done.text(), /each keeps 100 % of its change or more/);
    await treeItem(session.page, 'extracted').first().waitFor();
  });
});

/** Folders of the library are told apart by name. */
function nameOf(variant: string): string {
  return variant.replace(/[^\w-]+/g, '-');
}

function baseName(base: string, variant: string): string {
  return basename(base) === 'new' ? `${nameOf(variant)}-base` : basename(base);
}
