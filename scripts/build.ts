/** Bundles host, worker, command line and pages into dist/, or `--outdir`. `--watch` rebuilds, `--production` minifies. */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, context, type BuildOptions, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    production: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    outdir: { type: 'string', default: join(root, 'dist') },
  },
});
const { production, watch, outdir: dist } = values;

const PAGES = ['plan', 'report', 'evaluation', 'matrix', 'runs', 'safetensors'];

const common: BuildOptions = {
  bundle: true,
  outdir: dist,
  absWorkingDir: root,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
};
// Node 20 runs the command line too (package.json "engines").
const node: BuildOptions = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
};

/** What a module says of itself, in CommonJS's words: the worker looks for the file of its threads beside its own. */
const PLACE = { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' };

/** The parts of the editor are a bundle of their own, which activation does not read. */
const PARTS: Plugin = {
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /\/editor\/parts\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './parts.cjs', external: true } : undefined,
    );
  },
};
/** By `require`, which VS Code's extension host answers at once; and CommonJS by the name, as it asks for ES modules otherwise. */
const host: BuildOptions = {
  ...node,
  external: ['vscode'],
  supported: { 'dynamic-import': false },
  outExtension: { '.js': '.cjs' },
};

const bundles: BuildOptions[] = [
  { ...host, entryPoints: { extension: 'src/extension.ts' }, plugins: [PARTS] },
  { ...host, entryPoints: { parts: 'src/editor/parts.ts' } },
  { ...node, entryPoints: { worker: 'src/worker/main.ts' }, external: ['onnxruntime-node'], define: PLACE },
  { ...node, entryPoints: { lane: 'src/kernels/lanes/thread.ts' } },
  { ...node, entryPoints: { cli: 'src/cli/main.ts' }, banner: { js: '#!/usr/bin/env node' } },
  {
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: Object.fromEntries(PAGES.map((page) => [`webview/${page}`, `webview/${page}/main.ts`])),
  },
  { ...common, entryPoints: { 'webview/page': 'webview/common/page.css' } },
];

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
// The bundles are CommonJS, whatever the project's own modules are.
await writeFile(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
if (watch) for (const options of bundles) await (await context(options)).watch();
else await Promise.all(bundles.map((options) => build(options)));
if (!watch) await chmod(join(dist, 'cli.js'), 0o755);
