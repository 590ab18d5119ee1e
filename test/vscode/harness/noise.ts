import type { ConsoleError } from './workbench.ts';

// What code-server's build logs in every run because it is opened without its wrapper, account or network.
const NOISE: readonly RegExp[] = [
  /_static\/(src\/browser\/media\/favicon|out\/browser\/serviceWorker)/,
  /bad HTTP response code \(404\) was received when fetching the script/,
  /\/update\/check$/,
  /vsda(_bg)?\.(js|wasm)/,
  /open-vsx\.org/,
  /events\.data\.microsoft\.com/,
  /authentication provider 'github'/,
  /AgentHost|AccountPolicyGate/,
];

export function isKnownNoise(error: ConsoleError): boolean {
  return NOISE.some((pattern) => pattern.test(error.text) || pattern.test(error.url));
}
