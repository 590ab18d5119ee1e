import assert from 'node:assert/strict';

/** Where a VS Code for the browser is: the newest, unless another variable is named. */
export function codeServerRoot(variable = 'CODE_SERVER_ROOT'): string {
  const root = process.env[variable];
  assert.ok(root, `${variable} is the folder of the npm package code-server; npm test sets it.`);
  return root;
}
