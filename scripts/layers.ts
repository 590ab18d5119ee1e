import type { Linter } from 'eslint';
import { restrictedModules } from './safetyRules.ts';

/**
 * Who may import whom, as ESLint rules: a folder of src/ imports itself and what stands below it, never upwards.
 * The order is ARCHITECTURE.md's.
 */
export const LAYERS = [
  'editor',
  'cli',
  'cluster',
  'worker',
  'evaluation',
  'model',
  'diagnostics',
  'library',
  'extract',
  'port',
  'patch',
  'checkpoint',
  'kernels',
  'torch',
  'safetensors',
  'base',
];

const VSCODE = { name: 'vscode', message: 'Only src/extension.ts and src/editor/ know vscode.' };
const RUNTIME = {
  name: 'onnxruntime-node',
  message: 'Only src/kernels/runtime/ loads the native runtime, and only the worker process imports that.',
};
const CODE = ['ts', 'tsx'];

function upwards(layer: string): { regex: string; message: string }[] {
  const above = LAYERS.slice(0, LAYERS.indexOf(layer));
  const patterns = [
    { regex: '/extension\\.ts$', message: 'src/extension.ts is the composition root; nothing imports it.' },
  ];
  if (above.length > 0)
    patterns.push({
      regex: `^(\\.\\./)+(${above.join('|')})/`,
      message: `src/${layer}/ may only import what stands below it (scripts/layers.ts).`,
    });
  if (layer !== 'editor') patterns.push({ regex: '/webview/', message: 'Only src/editor/ knows the pages.' });
  if (layer !== 'worker' && layer !== 'kernels')
    patterns.push({ regex: '/kernels/runtime/', message: RUNTIME.message });
  return patterns;
}

function rule(layer: string): Linter.Config {
  const paths = [
    ...restrictedModules(layer),
    ...(layer === 'editor' ? [] : [VSCODE]),
    ...(layer === 'kernels' ? [] : [RUNTIME]),
  ];
  return {
    files: CODE.map((ending) => `src/${layer}/**/*.${ending}`),
    rules: { 'no-restricted-imports': ['error', { paths, patterns: upwards(layer) }] },
  };
}

export const importRules: Linter.Config[] = [
  ...LAYERS.map(rule),
  {
    files: ['webview/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [VSCODE, RUNTIME],
          patterns: [
            {
              regex: '/src/(?!base/format\\.ts$)',
              allowTypeImports: true,
              message: 'Pages know src/ only by its types (and how numbers are written).',
            },
          ],
        },
      ],
    },
  },
];
