/** The import directions of ARCHITECTURE.md and promises of SECURITY.md are enforced: what breaks them fails the lint. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { importRules } from '../../../scripts/layers.ts';
import { safetyRules } from '../../../scripts/safetyRules.ts';
import { ROOT } from '../../support/paths.ts';

const CASES: readonly (readonly [file: string, imported: string, allowed: boolean])[] = [
  ['src/safetensors/a.ts', '../base/errors.ts', true],
  ['src/safetensors/a.ts', '../port/plan/plan.ts', false],
  ['src/port/a.ts', '../patch/patch.ts', true],
  ['src/port/a.ts', '../worker/client.ts', false],
  ['src/port/a.ts', 'vscode', false],
  ['src/editor/a.ts', 'vscode', true],
  ['src/editor/commands/a.ts', '../../worker/client.ts', true],
  ['src/library/a.ts', '../editor/ids.ts', false],
  ['src/cli/a.ts', '../editor/ids.ts', false],
  ['src/port/a.ts', '../extension.ts', false],
  ['src/port/a.ts', 'onnxruntime-node', false],
  ['src/port/a.ts', '../kernels/lowRank.ts', true],
  ['src/port/a.ts', '../kernels/runtime/ortKernel.ts', false],
  ['src/cli/a.ts', '../kernels/runtime/ortKernel.ts', false],
  ['src/worker/a.ts', '../kernels/runtime/chooseDevice.ts', true],
  ['src/kernels/runtime/a.ts', 'onnxruntime-node', true],
  ['src/cli/a.ts', '../../webview/contract.ts', false],
  ['src/library/a.ts', 'node:https', false],
  ['src/port/a.ts', 'node:child_process', false],
  ['src/worker/a.ts', 'node:child_process', true],
  ['webview/report/a.ts', '../../src/port/plan/plan.ts', false],
  ['webview/report/a.ts', '../../src/base/format.ts', true],
  ['webview/report/a.ts', 'vscode', false],
];

const SNIPPETS: readonly (readonly [file: string, code: string, allowed: boolean])[] = [
  ['src/port/a.ts', 'void fetch("http://x");', false],
  ['src/evaluation/remote/a.ts', 'void fetch("http://x");', true],
  ['webview/report/a.ts', 'document.body.innerHTML = name;', false],
  ['webview/report/a.ts', 'document.body.textContent = name;', true],
  ['src/editor/commands/a.ts', 'void vscode.window.showErrorMessage(name);', false],
  ['src/editor/messages.ts', 'void vscode.window.showErrorMessage(name);', true],
  ['src/editor/a.ts', 'tooltip.isTrusted = true;', false],
  ['src/torch/a.ts', 'eval(text);', false],
];

describe('import directions', () => {
  const linter = new Linter({ cwd: ROOT });
  const parser = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { '@typescript-eslint': tseslint.plugin },
  };
  for (const [file, imported, allowed] of CASES)
    it(`${file} ${allowed ? 'may' : 'may not'} import ${imported}`, () => {
      const code = `import { x } from '${imported}';\nx();\n`;
      const messages = linter.verify(code, [parser, ...importRules], { filename: join(ROOT, file) });
      assert.equal(messages.length === 0, allowed, messages.map(({ message }) => message).join('\n'));
    });
});

describe('what the sources promise', () => {
  const linter = new Linter({ cwd: ROOT });
  const parser = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } };
  for (const [file, code, allowed] of SNIPPETS)
    it(`${file} ${allowed ? 'may' : 'may not'} say ${code}`, () => {
      const messages = linter.verify(code, [parser, ...safetyRules], { filename: join(ROOT, file) });
      assert.equal(messages.length === 0, allowed, messages.map(({ message }) => message).join('\n'));
    });
});
