import { build } from 'esbuild';

/** Bundles a module that the extension host loads as extensionTestsPath; give outFile the ending .cjs. */
export async function bundleForExtensionHost(entry: string, outFile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile: outFile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode'],
    logLevel: 'warning',
  });
}
