import type { Linter } from 'eslint';

/** Promises of SECURITY.md that the sources themselves can break, as ESLint rules. */

const NETWORK = ['net', 'http', 'https', 'http2', 'tls', 'dgram', 'dns', 'dns/promises'].flatMap((name) =>
  [name, `node:${name}`].map((module) => ({
    name: module,
    message: 'Only src/evaluation/remote/ talks to a network, by fetch.',
  })),
);
const PROCESSES = ['child_process', 'node:child_process', 'cluster', 'node:cluster', 'node:vm', 'vm'].map((name) => ({
  name,
  message: 'Only src/worker/ and src/cluster/ start processes: our own, and those of Slurm.',
}));
const SOCKETS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({
  name,
  message: 'Only src/evaluation/remote/ talks to a network.',
}));
const MARKUP = [
  'innerHTML',
  'outerHTML',
  'insertAdjacentHTML',
  'srcdoc',
  'write',
  'writeln',
  'createContextualFragment',
];

/** Modules that a layer may not import, whatever stands below it. */
export function restrictedModules(layer: string): { name: string; message: string }[] {
  return [...NETWORK, ...(['worker', 'cluster'].includes(layer) ? [] : PROCESSES)];
}

export const safetyRules: Linter.Config[] = [
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    rules: { 'no-eval': 'error', 'no-new-func': 'error', 'no-restricted-globals': ['error', ...SOCKETS] },
  },
  { files: ['src/evaluation/remote/*.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['webview/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...MARKUP.map((property) => ({ property, message: 'Data become text nodes, never markup.' })),
      ],
    },
  },
  {
    files: ['src/editor/**/*.ts'],
    ignores: ['src/editor/messages.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[property.name=/^show(Information|Warning|Error)Message$/]',
          message: 'messages.ts takes the links out of strangers’ words.',
        },
        {
          selector: 'AssignmentExpression[left.property.name=/^(isTrusted|supportHtml|enableCommandUris)$/]',
          message: 'Strangers’ words are never trusted.',
        },
      ],
    },
  },
];
