import * as vscode from 'vscode';
import type { PortPlan } from '../../port/plan/planTypes.ts';
import { PageEnd, pageHtml, pageOptions } from './page.ts';

/** Shows the plan before a byte is written. @returns whether to go on; closing the page is a no */
export function decideOnPlan(extensionUri: vscode.Uri, plan: PortPlan): Promise<boolean> {
  const title = `Port Plan: ${plan.patch.name}`;
  const panel = vscode.window.createWebviewPanel(
    'portllm.plan',
    title,
    vscode.ViewColumn.Active,
    pageOptions(extensionUri),
  );
  return new Promise((resolve) => {
    const decide = (goOn: boolean): void => {
      resolve(goOn);
      panel.dispose();
    };
    const end = new PageEnd(panel.webview, 'plan', (message) => {
      switch (message.type) {
        case 'ready':
          return end.send({ type: 'show', plan });
        case 'port':
          return decide(plan.refusals.length === 0);
        case 'cancel':
          return decide(false);
      }
    });
    panel.onDidDispose(() => resolve(false));
    panel.webview.html = pageHtml(panel.webview, extensionUri, 'plan', 'Port Plan');
  });
}
