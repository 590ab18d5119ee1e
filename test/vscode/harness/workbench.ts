import type { Browser, ConsoleMessage, Page } from 'playwright-core';

export interface WorkbenchOptions {
  /** Folder to open, an absolute path. */
  folder: string;
  extensionDevelopmentPath?: string;
  /** CommonJS module that exports run(); its promise decides the exit code. */
  extensionTestsPath?: string;
  /** Environment variables for the extension host. */
  environment?: Record<string, string>;
  viewport?: { width: number; height: number };
  exitTimeoutMs?: number;
}

export interface LogFile {
  relativePath: string;
  contents: string;
}

export interface SuiteExit {
  code: number;
  /** What the extension host wrote to its console. */
  log: string;
  logFiles: LogFile[];
}

export interface ConsoleError {
  text: string;
  url: string;
}

export interface Workbench {
  page: Page;
  consoleErrors: ConsoleError[];
  /** Violations of the workbench and of every webview in it; each is in consoleErrors too. */
  cspViolations: ConsoleError[];
  /** Rejects when no suite has ended within the time-out, or when the page closed first. */
  exited: Promise<SuiteExit>;
  log(): string;
  waitForWorkbench(): Promise<void>;
  close(): Promise<void>;
}

const EXIT_TIMEOUT_MS = 120_000;
const WORKBENCH_TIMEOUT_MS = 60_000;
// Chromium words it "Refused to …", newer ones "… violates the following Content Security Policy directive".
const CSP_MESSAGE = /content security policy/i;

export async function openWorkbench(
  browser: Browser,
  server: { url: string },
  options: WorkbenchOptions,
): Promise<Workbench> {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: options.viewport ?? { width: 1280, height: 900 },
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const errors = collectErrors(page);
  const suite = await watchSuite(page, options.exitTimeoutMs ?? EXIT_TIMEOUT_MS);
  try {
    await page.goto(workbenchUrl(server.url, options));
  } catch (error) {
    await context.close();
    throw error;
  }
  return { page, ...errors, ...suite, waitForWorkbench: () => waitForWorkbench(page), close: () => context.close() };
}

export function workbenchUrl(serverUrl: string, options: WorkbenchOptions): string {
  const { host } = new URL(serverUrl);
  const remote = (path: string): string =>
    `vscode-remote://${host}${path.split('/').map(encodeURIComponent).join('/')}`;
  const payload: [string, string][] = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  if (options.extensionDevelopmentPath !== undefined) {
    payload.push(['extensionDevelopmentPath', remote(options.extensionDevelopmentPath)]);
  }
  if (options.extensionTestsPath !== undefined) {
    payload.push(['extensionTestsPath', remote(options.extensionTestsPath)]);
  }
  if (options.environment !== undefined) {
    payload.push(['extensionEnvironment', JSON.stringify(options.environment)]);
  }
  const query = new URLSearchParams({ folder: options.folder, payload: JSON.stringify(payload) });
  return `${serverUrl}/?${query.toString()}`;
}

function collectErrors(page: Page): Pick<Workbench, 'consoleErrors' | 'cspViolations'> {
  const consoleErrors: ConsoleError[] = [];
  const cspViolations: ConsoleError[] = [];
  // Playwright reports the console of every frame of the page, so the nested iframes of webviews are covered.
  // (A securitypolicyviolation listener would not last: VS Code fills webviews by document.open, which drops it.)
  page.on('console', (message: ConsoleMessage) => {
    const entry: ConsoleError = { text: message.text(), url: message.location().url };
    // A report-only violation comes as a warning or info.
    if (CSP_MESSAGE.test(entry.text)) {
      cspViolations.push(entry);
    }
    if (message.type() === 'error') {
      consoleErrors.push(entry);
    }
  });
  page.on('pageerror', (error) => consoleErrors.push({ text: error.stack ?? error.message, url: page.url() }));
  return { consoleErrors, cspViolations };
}

async function watchSuite(page: Page, timeoutMs: number): Promise<Pick<Workbench, 'exited' | 'log'>> {
  const lines: string[] = [];
  const log = (): string => lines.join('\n');
  let resolve: (exit: SuiteExit) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const exited = new Promise<SuiteExit>((...settle) => ([resolve, reject] = settle));
  const timer = setTimeout(() => reject(new Error(`No suite ended in ${timeoutMs} ms.\n${log()}`)), timeoutMs);
  // Not every user of a workbench waits for its end.
  exited.catch(() => undefined).finally(() => clearTimeout(timer));
  page.once('close', () => reject(new Error(`The page closed before the suite had ended.\n${log()}`)));
  // Both must exist before the first navigation: the workbench looks for them while it starts.
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    lines.push(args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' '));
  });
  await page.exposeFunction('codeAutomationExit', (code: number, logFiles: LogFile[] = []) => {
    resolve({ code, log: log(), logFiles });
  });
  return { exited, log };
}

async function waitForWorkbench(page: Page): Promise<void> {
  await page.locator('.monaco-workbench').waitFor({ timeout: WORKBENCH_TIMEOUT_MS });
  await page.locator('.explorer-folders-view, .activitybar').first().waitFor({ timeout: WORKBENCH_TIMEOUT_MS });
}
