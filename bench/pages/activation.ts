/**
 * How long the extension takes to be activated, as VS Code itself counts it: reading its code, and what `activate` does before it
 * returns (the view Running Extensions).
 *
 *     CODE_SERVER_ROOT=… node bench/pages/activation.ts [--rounds 7] [--out FILE.md]
 */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ROOT } from '../../test/support/paths.ts';
import { Session } from '../../test/vscode/session.ts';
import { machine, spread } from '../support/measure.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, out: { type: 'string' } } });
const codeServerRoot = process.env.CODE_SERVER_ROOT;
if (codeServerRoot === undefined) throw new Error('CODE_SERVER_ROOT is the folder of the npm package code-server.');

const session = await Session.open(codeServerRoot);
const version = await session.bridge.evaluate((vscode) => vscode.version, undefined);

async function activation(): Promise<number> {
  await session.bridge.evaluate(async (vscode) => {
    await vscode.extensions.getExtension('portllm.portllm')?.activate();
  }, undefined);
  // What else happens when a window opens is not the extension's.
  await sleep(3000);
  await session.execute('workbench.action.showRuntimeExtensions');
  const row = session.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: /portllm/i }).first();
  const found = /Activation: (\d+)\s*ms/.exec(await row.innerText());
  if (found === null) throw new Error(`no time in: ${await row.innerText()}`);
  return Number(found[1]);
}

const times: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  if (round > 0) await session.reload();
  times.push(await activation());
}
await session.close();
const kilobytes = (bundle: string): number => Math.round(statSync(join(ROOT, 'dist', bundle)).size / 1000);
const text = `# Activation of the extension

\`node bench/pages/activation.ts\` on ${machine()}; VS Code ${version}, ${values.rounds} windows. Milliseconds as its view Running Extensions has them: reading the code (${kilobytes('extension.cjs')} kB) and the call
of \`activate\`. The parts (${kilobytes('parts.cjs')} kB) are read when something is asked for, or a second later.

| what | ms |
| --- | ---: |
| activation | ${spread(times, 0)} |
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
