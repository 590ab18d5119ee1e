/** package.json as VS Code, the marketplace and people read it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  COMMANDS,
  CONTEXT,
  EVALUATIONS_VIEW,
  JOBS_VIEW,
  LIBRARY_VIEW,
  SAFETENSORS_EDITOR,
} from '../../../src/editor/ids.ts';
import { ROOT } from '../../support/paths.ts';

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly scope: string;
  readonly order: number;
  readonly markdownDescription: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
}

interface MenuItem {
  readonly command: string;
  readonly when: string;
}

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly keywords: readonly string[];
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
    readonly viewsWelcome: readonly { readonly view: string; readonly when: string }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly media: { svg: string }; readonly completionEvents: readonly string[] }[];
    }[];
  };
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const strings = JSON.parse(readFileSync(join(ROOT, 'package.nls.json'), 'utf8')) as Record<string, string>;
const { commands, menus, configuration, viewsWelcome, walkthroughs } = manifest.contributes;
const declared = commands.map(({ command }) => command);
const settings = configuration.flatMap(({ properties }) => Object.entries(properties));

/** What a `when` clause may ask: our keys, and VS Code's own. */
const ASKED = new Set([
  ...Object.values(CONTEXT),
  ...[
    'explorerResourceIsFolder',
    'isWorkspaceTrusted',
    'resourceFilename',
    'resourcePath',
    'view',
    'viewItem',
    'false',
  ],
]);

/** The names in a clause, without what they are compared with. */
function namesOf(when: string): string[] {
  const compared = when.replaceAll(/=~ \/.*?\/(?= |$)/g, '').replaceAll(/[!=]= [\w.]+/g, '');
  return [...compared.matchAll(/[A-Za-z][\w.]*/g)].map(([name]) => name).filter((name) => name !== 'in');
}

describe('the manifest', () => {
  it('declares the commands that there are, each with a category', () => {
    assert.deepEqual(declared.toSorted(), Object.values(COMMANDS).toSorted());
    for (const { category } of commands) assert.equal(category, 'PortLLM');
  });

  it('takes every text from package.nls.json, and every text of that is taken', () => {
    const used = [...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key);
    assert.deepEqual([...new Set(used)].toSorted(), Object.keys(strings).toSorted());
    for (const { title } of commands) assert.match(title, /^%.*%$/);
    for (const text of Object.values(strings)) assert.ok(text.trim() !== '');
  });

  for (const [menu, items] of Object.entries(menus))
    it(`asks in ${menu} only what is known`, () => {
      for (const { command, when } of items) {
        assert.ok(declared.includes(command), command);
        for (const name of namesOf(when)) assert.ok(ASKED.has(name), `${name} in: ${when}`);
      }
    });

  it('understands clauses', () => {
    assert.deepEqual(namesOf('view == a.b && viewItem =~ /^(c|d)$/ && e in f.g && !h'), [
      'view',
      'viewItem',
      'e',
      'f.g',
      'h',
    ]);
  });

  it('hides in the palette what needs something to be called on, and in an untrusted workspace what writes', () => {
    const palette = new Map((menus.commandPalette ?? []).map(({ command, when }) => [command, when]));
    for (const name of ['openEvaluation', 'reveal'] as const) assert.equal(palette.get(COMMANDS[name]), 'false');
    for (const name of ['port', 'extract', 'diagnose', 'evaluate', 'verify', 'trySamples'] as const)
      assert.equal(palette.get(COMMANDS[name]), 'isWorkspaceTrusted');
    const writing = ['port', 'extract', 'diagnose', 'evaluate', 'verify'].map((name) => `portllm.${name}`);
    for (const { command, when } of Object.values(menus).flat())
      if (writing.includes(command)) assert.match(when, /isWorkspaceTrusted/);
  });

  for (const [name, setting] of settings)
    it(`says of ${name} its type, default, scope and meaning`, () => {
      assert.match(setting.scope, /^(window|machine|machine-overridable)$/);
      assert.ok(setting.type !== '' && setting.default !== undefined && setting.order > 0);
      assert.match(setting.markdownDescription, /^%.*%$/);
      assert.equal(setting.enumDescriptions?.length, setting.enum?.length);
      if (setting.enum !== undefined) assert.ok((setting.enum as readonly unknown[]).includes(setting.default));
    });

  it('links only to commands and views that there are', () => {
    const known = new Set([...declared, 'workbench.action.openSettings']);
    for (const text of Object.values(strings))
      for (const [, command = ''] of text.matchAll(/\]\(command:([\w.]+)/g)) assert.ok(known.has(command), command);
    for (const { view } of viewsWelcome) assert.ok([LIBRARY_VIEW, EVALUATIONS_VIEW, JOBS_VIEW].includes(view));
  });

  it('has pictures for the walkthrough, and ends of its steps that can come', () => {
    for (const { media, completionEvents } of walkthroughs.flatMap(({ steps }) => steps)) {
      assert.ok(existsSync(join(ROOT, media.svg)), media.svg);
      for (const event of completionEvents) {
        const [kind, what = ''] = event.split(':');
        if (kind === 'onCommand') assert.ok(declared.includes(what), what);
        else
          assert.match(
            what,
            new RegExp(`^(${CONTEXT.libraryState} == ready|activeCustomEditorId == ${SAFETENSORS_EDITOR})$`),
          );
      }
    }
  });

  it('asks for no newer VS Code than its types are of', () => {
    assert.equal(manifest.engines.vscode, `^${manifest.devDependencies['@types/vscode'] ?? ''}`);
    assert.ok(manifest.keywords.length <= 10);
    // PNG, 128 × 128 or more.
    const icon = readFileSync(join(ROOT, manifest.icon));
    assert.equal(icon.toString('latin1', 1, 4), 'PNG');
    assert.ok(icon.readUInt32BE(16) >= 128 && icon.readUInt32BE(16) === icon.readUInt32BE(20));
  });
});
