import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from './paths.ts';

const ORIGIN = 'http://page.invalid';
const POLICY =
  "default-src 'none'; script-src 'nonce-test'; style-src http://page.invalid 'nonce-test'; font-src http://page.invalid; img-src blob:";
const HTML = `<!DOCTYPE html><html lang="en"><head><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta property="csp-nonce" content="test"><title>page</title><link rel="stylesheet" href="/page.css"></head>
<body><main id="app" aria-busy="true"></main><script nonce="test" src="/page.js"></script></body></html>`;

interface Poster {
  postMessage(message: unknown, origin: string): void;
}

/** What the page said to the host, its state, and what it did that it should not. */
export interface RenderedPage {
  readonly page: Page;
  readonly problems: string[];
  readonly send: (message: unknown) => Promise<void>;
  readonly sent: () => Promise<unknown[]>;
  readonly state: () => Promise<unknown>;
}

/** A page of webview/ in a browser, with the policy that pageHtml gives it and a host of the test's own. */
export async function renderPage(browser: Browser, name: string, state?: unknown): Promise<RenderedPage> {
  const [script, style] = await Promise.all([
    bundle(join(ROOT, 'webview', name, 'main.ts')),
    bundle(join(ROOT, 'webview', 'common', 'page.css')),
  ]);
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript((kept) => {
    const host = { sent: [] as unknown[], state: kept };
    Object.assign(globalThis, {
      host,
      acquireVsCodeApi: () => ({
        postMessage: (message: unknown) => host.sent.push(message),
        getState: () => host.state,
        setState: (next: unknown) => (host.state = next),
      }),
    });
  }, state);
  await page.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: HTML });
    if (pathname === '/page.js') return route.fulfill({ contentType: 'text/javascript', body: script });
    if (pathname === '/page.css') return route.fulfill({ contentType: 'text/css', body: style });
    return route.fulfill({ status: 404, body: '' });
  });
  await page.goto(`${ORIGIN}/`);
  const host = <T>(read: 'sent' | 'state'): Promise<T> =>
    page.evaluate((key) => (globalThis as unknown as { host: Record<string, unknown> }).host[key] as T, read);
  return {
    page,
    problems,
    send: (message) => page.evaluate((data) => (globalThis as unknown as Poster).postMessage(data, '*'), message),
    sent: () => host<unknown[]>('sent'),
    state: () => host<unknown>('state'),
  };
}

async function bundle(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    outdir: 'unused',
    logLevel: 'warning',
  });
  return result.outputFiles[0]?.text ?? '';
}
