import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { FROM_PAGE, readMessage, type Contracts, type PageName } from '../../../webview/messages.ts';

/** What a page may load: its own script and style, nothing else. */
/** Who opens a page: the person, or something that has ended meanwhile. */
export type Opening = 'asked' | 'byItself';

/**
 * What comes by itself opens beside what is being worked on, and does not take the keyboard from it; where it is open
 * already, it stays where it is, for it may be behind what is being looked at.
 */
export function placeOf(opening: Opening): { viewColumn: vscode.ViewColumn; preserveFocus: boolean } {
  const isEmpty = vscode.window.tabGroups.activeTabGroup.activeTab === undefined;
  const byItself = opening === 'byItself';
  return {
    viewColumn: byItself && !isEmpty ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active,
    preserveFocus: byItself,
  };
}

export function pageOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')] };
}

/**
 * The HTML of a page. The toolkit's style elements take their nonce from the csp-nonce meta element
 * (https://github.com/microsoft/vscode-webview-ui-toolkit/issues/561: archived, so this stays).
 */
export function pageHtml(webview: vscode.Webview, extensionUri: vscode.Uri, page: PageName, title: string): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    // Pictures that the page makes itself, on their way into a file.
    'img-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${file('page.css')}">
</head>
<body>
<main id="app" aria-busy="true"></main>
<script nonce="${nonce}" src="${file(`${page}.js`)}"></script>
</body>
</html>`;
}

/** The host's end of a page's contract. What is sent before the page says that it is ready is lost; it asks for all then. */
export class PageEnd<Name extends PageName> {
  private readonly webview: vscode.Webview;

  /** What does not follow the contract is passed over. */
  constructor(webview: vscode.Webview, page: Name, onMessage: (message: Contracts[Name]['fromPage']) => void) {
    this.webview = webview;
    webview.onDidReceiveMessage((received: unknown) => {
      const message = readMessage(FROM_PAGE, page, received);
      if (message !== undefined) onMessage(message);
    });
  }

  send(message: Contracts[Name]['toPage']): void {
    void this.webview.postMessage(message);
  }
}
