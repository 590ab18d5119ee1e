/** What is shipped: the VSIX of this platform, in a VS Code that has nothing else, as a stranger meets it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { open as openZip, type Entry, type Options, type ZipFile } from 'yauzl';
import { packageFor, TARGETS, type Target } from '../../scripts/package.ts';
import { ROOT } from '../support/paths.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { launchBrowser } from './harness/browser.ts';
import { answerDialog } from './harness/fileDialog.ts';
import { startServer } from './harness/server.ts';
import { notification, openViewContainer, QuickInput, treeItem, webview } from './harness/views.ts';
import { openWorkbench } from './harness/workbench.ts';

const HERE = `${process.platform}-${process.arch}`;
const MAX_BYTES = 45_000_000;
const VERSIONS = { newest: 'CODE_SERVER_ROOT', oldest: 'CODE_SERVER_OLDEST_ROOT' };

function run(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...(cwd ? { cwd } : {}) });
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Of a zip file. */
async function namesIn(path: string): Promise<string[]> {
  const zip = await promisify<string, Options, ZipFile>(openZip)(path, { lazyEntries: false });
  const names: string[] = [];
  zip.on('entry', ({ fileName }: Entry) => names.push(fileName));
  await once(zip, 'end');
  return names;
}

describe('the packaged extension', { skip: HERE in TARGETS ? false : `there is no package for ${HERE}` }, () => {
  let vsix: string;
  let scratch: string;
  before(async () => {
    vsix = await packageFor(HERE as Target);
    scratch = await mkdtemp(join(tmpdir(), 'portllm packaged-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  for (const target of Object.keys(TARGETS) as Target[])
    it(`for ${target} has the native files of that alone`, async () => {
      const names = await namesIn(target === HERE ? vsix : await packageFor(target));
      const native = names.filter((name) => /\.(node|dll|dylib|so(\.\d+)*)$/.test(name));
      assert.ok(native.length >= 2);
      for (const name of native) assert.ok(name.includes(`/napi-v6/${TARGETS[target]}/`), name);
    });

  it('has a command line that works from the tarball of npm pack', async () => {
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', scratch], ROOT);
    const [tarball = ''] = (await readdir(scratch)).filter((name) => name.endsWith('.tgz'));
    run('tar', ['xzf', join(scratch, tarball), '-C', scratch]);
    const folder = join(scratch, 'package');
    const names = (await readdir(folder)).sort();
    assert.deepEqual(names, [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'dist', 'docs', 'package.json', 'samples'],
    ]);
    const [patch, onto] = [join(folder, 'samples/patches/mood'), join(folder, 'samples/models/storyteller-v2')];
    const port = async (name: string, ...options: readonly string[]): Promise<void> => {
      const out = join(scratch, name);
      run(process.execPath, [join(folder, 'dist/cli.js'), 'port', patch, '--onto', onto, '--out', out, ...options]);
      assert.ok((await readdir(out)).includes('portllm.json'));
    };
    // ONNX Runtime is not built for every platform, and these two do without it.
    await port('adapter', '--as', 'adapter');
    await port('on-the-cpu', '--device', 'cpu');
    // What npm would install beside it.
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await port('ported');
  });

  it('is small', async () => {
    const { size } = await stat(vsix);
    console.log(`${vsix}: ${(size / 1e6).toFixed(1)} MB`);
    assert.ok(size <= MAX_BYTES, `${size} bytes`);
  });

  for (const [version, variable] of Object.entries(VERSIONS))
    describe(`in the ${version} VS Code`, () => {
      const opened = new AsyncDisposableStack();
      let extensionsDir: string;
      let home: string;
      let page: Page;
      before(async () => {
        const root = codeServerRoot(variable);
        [extensionsDir, home] = [join(scratch, version, 'extensions'), join(scratch, version, 'home')];
        await mkdir(home, { recursive: true });
        const server = join(root, 'lib', 'vscode', 'out', 'server-main.js');
        const where = ['--extensions-dir', extensionsDir, '--server-data-dir', join(scratch, version, 'data')];
        run(process.execPath, [server, ...where, '--accept-server-license-terms', '--install-extension', vsix]);
        const settings = { 'portllm.library.huggingFaceCache': false };
        const started = await startServer({
          ...{ codeServerRoot: root, nodePath: process.execPath, extensionsDir, settings },
          smokeTestDriver: false,
        });
        opened.defer(() => started.stop());
        const browser = await launchBrowser();
        opened.defer(() => browser.close());
        const workbench = await openWorkbench(browser, started, { folder: home });
        opened.defer(() => workbench.close());
        await workbench.waitForWorkbench();
        ({ page } = workbench);
      });
      after(() => opened.disposeAsync());

      it('holds no source, no test, and the native files of one platform', async () => {
        const [name = ''] = (await readdir(extensionsDir)).filter((folder) => folder.startsWith('portllm'));
        const files = await readdir(join(extensionsDir, name), { recursive: true });
        const wrong = files.filter((file) => /\.(ts|map|vsix)$|(^|\/)tests?\/|^samples\/train\b|[._]venv/.test(file));
        assert.deepEqual(wrong, []);
        const native = files.filter((file) => file.endsWith('.node')).map((file) => file.split('/').slice(-3, -1));
        assert.deepEqual(native, [[process.platform, process.arch]]);
        const cli = join(extensionsDir, name, 'dist', 'cli.js');
        assert.match(
          run(process.execPath, [cli, 'inspect', join(ROOT, 'samples/patches/mood')]),
          /mood: patch \(LORA\)/,
        );
      });

      it('says what to do where there is nothing, and copies its samples', async () => {
        await openViewContainer(page, 'PortLLM');
        await page.getByRole('button', { name: 'Try It with the Sample Library…' }).click();
        await answerDialog(page, home);
        const done = await notification(page, 'The sample library is listed');
        for (const name of ['storyteller-v1', 'storyteller-v2', 'mood', 'kind'])
          await treeItem(page, name).first().waitFor();
        assert.deepEqual((await readdir(join(home, 'portllm-samples'))).sort(), [
          ...['README.md', 'models', 'patches', 'reference', 'tasks'],
        ]);
        await done.click('Port Patch…');
      });

      it('ports by clicks, up to the report', async () => {
        const wizard = new QuickInput(page);
        const out = join(home, 'mood-on-v2');
        for (const label of ['mood', 'storyteller-v2', 'Patched checkpoint']) await wizard.choose(label);
        await wizard.answer('Folder to make', out);
        await wizard.answer('Scale');
        const plan = await webview(page, 'Port Plan: mood');
        await plan.getByRole('button', { name: 'Port', exact: true }).click();
        await (await notification(page, 'Ported mood onto storyteller-v2')).click('Open Report');
        const report = await webview(page, 'Report: mood-on-v2');
        await report.getByText('84 of 84 patch tensors were ported').waitFor();
        assert.ok((await readdir(out)).includes('portllm.json'));
      });
    });
});
