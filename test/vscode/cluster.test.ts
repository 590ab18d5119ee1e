/** A port that the editor hands to a real Slurm: it goes on while the window is closed, and is found again. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { Locator } from 'playwright-core';
import { onSlurm } from '../support/onSlurm.ts';
import { ROOT } from '../support/paths.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { notification, openViewContainer, treeItem, webview } from './harness/views.ts';
import { Session } from './session.ts';

const WORK_MS = 120_000;
await onSlurm('A port on a Slurm cluster', (cluster) => {
  const opened = new AsyncDisposableStack();
  let profile: string;
  let session: Session;
  before(async () => {
    profile = join(cluster.folder, 'profile.yaml');
    const environment = { SLURM_CONF: cluster.env.SLURM_CONF ?? '' };
    session = await Session.open(codeServerRoot(), { environment });
    opened.defer(() => session.close());
    // They are the machine's own, which the settings that a window starts with are not.
    await session.bridge.evaluate(async (vscode, path) => {
      const configuration = vscode.workspace.getConfiguration('portllm');
      await configuration.update('runner', 'slurm', vscode.ConfigurationTarget.Global);
      await configuration.update('slurm.profile', path, vscode.ConfigurationTarget.Global);
    }, profile);
  });
  after(() => opened.disposeAsync());

  async function portTo(out: string): Promise<void> {
    await session.execute('portllm.port', join(session.library, 'models', 'storyteller-v2'));
    await session.answerWizard({ patch: 'mood', kind: 'Patched checkpoint', out });
    await session.acceptPlan('mood');
  }

  async function diagnose(): Promise<void> {
    await session.execute('portllm.diagnose', join(session.library, 'patches', 'kind'));
    for (const answer of ['storyteller-v2', 'storyteller-v1', 'Skip', 'Quick', 'Weights only'])
      await session.wizard.choose(answer);
  }

  it('is found again after the window was loaded anew, and offers its report', async () => {
    await writeFile(profile, 'setup: [sleep 2]\ncpus: 1');
    const out = join(session.library, 'ported', 'on-slurm');
    await portTo(out);
    assert.match(await (await notification(session.page, 'Porting on-slurm on the cluster')).text(), /steps done/);
    await session.reload();
    await notification(session.page, 'Porting on-slurm on the cluster');
    await (await notification(session.page, 'Ported: on-slurm.', WORK_MS)).click('Open Report');
    await (await webview(session.page, 'Report: on-slurm')).getByText('84 of 84 patch tensors were ported').waitFor();
    assert.ok((await readdir(out)).includes('portllm.json'));
  });

  it('that fails is said with the end of the log, and submitted again', async () => {
    await writeFile(profile, 'setup: ["[ \\"${SLURM_ARRAY_TASK_ID:-}\\" != 2 ] || { echo no such module; exit 1; }"]');
    const out = join(session.library, 'ported', 'again');
    await portTo(out);
    const failed = await notification(session.page, 'The job was not finished on the cluster', WORK_MS);
    assert.match(await failed.text(), /part 2[^]*no such module/);
    await writeFile(profile, '');
    await failed.click('Submit Again');
    await notification(session.page, 'Ported: again.', WORK_MS);
  });

  it('shows in its view what waits and why, what runs, and the log of what failed', async () => {
    await openViewContainer(session.page, 'PortLLM');
    await writeFile(
      profile,
      'cpus: 1\nsetup: ["[ \\"${SLURM_ARRAY_TASK_ID:-}\\" != 2 ] || { sleep 6; echo no such module; exit 1; }"]',
    );
    await portTo(join(session.library, 'ported', 'watched'));
    const job = session.page.getByRole('treeitem', { name: /^watched, port/ });
    await job.waitFor();
    await job.click();
    await treeItem(session.page, 'putting together').getByText('queued (Dependency)').waitFor();
    await treeItem(session.page, 'part 2').getByText('running').waitFor();
    await treeItem(session.page, 'part 2')
      .getByText(/failed/)
      .waitFor();
    await treeItem(session.page, 'part 1').getByText('done').waitFor();
    await treeItem(session.page, 'part 2').click();
    await session.page.locator('.tab', { hasText: 'part-2.log' }).waitFor();
    await session.page.getByText('no such module').first().waitFor();
    await writeFile(profile, '');
    await job.hover();
    await job.getByRole('button', { name: 'Submit Again' }).click();
    await notification(session.page, 'Ported: watched.', WORK_MS);
    await session.page.getByRole('treeitem', { name: 'watched, port, done' }).waitFor();
    await job.hover();
    await job.getByRole('button', { name: 'Remove from List' }).click();
    await job.waitFor({ state: 'hidden' });
  });

  it('diagnoses and evaluates there too, and fills a matrix', async () => {
    await diagnose();
    await (
      await webview(session.page, 'Diagnosis: kind on storyteller-v2', WORK_MS)
    )
      .getByText('Fits')
      .first()
      .waitFor();
    await session.execute('portllm.evaluate', join(session.library, 'patches', 'kind'));
    await session.answerEvaluation({
      ...{ base: 'storyteller-v2', oldBase: 'storyteller-v1', retrained: 'Skip', task: 'kind.test.jsonl' },
      ...{ limit: 'First 20 of each task', out: join(session.library, 'evaluated', 'there') },
    });
    const scores = await webview(session.page, 'Evaluation: there', WORK_MS);
    await scores.getByText('4 columns on 1 task: kind.test, 20 of 500 items').waitFor({ timeout: WORK_MS });
    const spec = {
      patches: { kind: 'patches/kind' },
      bases: { v2: 'models/storyteller-v2' },
      tasks: [join(ROOT, 'samples/tasks/kind.test.jsonl')],
      limit: 20,
    };
    await writeFile(join(session.library, 'there.portllm-matrix.yaml'), JSON.stringify(spec));
    await session.execute('portllm.matrix');
    await session.page.locator('.quick-input-list .monaco-list-row', { hasText: 'there.portllm-matrix.yaml' }).click();
    const matrix = await webview(session.page, 'Matrix: there', WORK_MS);
    await matrix.getByText('2 of 2 parts are done').waitFor({ timeout: WORK_MS });
  });

  it('that ends leaves in front what is looked at, and the keyboard where it is', async () => {
    const page = session.page.getByRole('tab', { name: 'Diagnosis: kind on storyteller-v2' });
    await page.click();
    await diagnose();
    const job = (state: string): Locator =>
      session.page.getByRole('treeitem', { name: new RegExp(`diagnose, ${state}`) });
    await job('(?!done)').waitFor();
    await session.bridge.evaluate(
      async (vscode, path) => {
        await vscode.window.showTextDocument(vscode.Uri.file(path), { preview: false });
      },
      join(session.library, 'there.portllm-matrix.yaml'),
    );
    await job('done').waitFor({ timeout: WORK_MS });
    await session.page.waitForTimeout(3000);
    assert.equal(
      await session.bridge.evaluate(
        (vscode) => vscode.window.activeTextEditor?.document.uri.path.split('/').at(-1),
        null,
      ),
      'there.portllm-matrix.yaml',
    );
    assert.equal(await page.getAttribute('aria-selected'), 'false');
  });

  it('that is cancelled is taken back', async () => {
    await writeFile(profile, 'setup: [sleep 60]');
    await portTo(join(session.library, 'ported', 'never'));
    await (await notification(session.page, 'Porting never on the cluster')).cancel();
    for (let round = 0; round < 60 && cluster.command('squeue', ['-h']).trim() !== ''; round++)
      await session.page.waitForTimeout(300);
    assert.equal(cluster.command('squeue', ['-h']).trim(), '');
    assert.ok(!(await readdir(join(session.library, 'ported'))).includes('never'));
  });
});
