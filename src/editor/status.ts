import * as vscode from 'vscode';
import { plainText } from '../base/plainText.ts';
import type { DeviceReport } from '../kernels/device.ts';
import { COMMANDS } from './ids.ts';

/** The status bar's word on the worker: hidden until it is needed, then the device, or the job that runs. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('portllm.status', vscode.StatusBarAlignment.Left);
  private device: DeviceReport | undefined;
  private readonly running: string[] = [];

  constructor() {
    this.item.name = 'PortLLM';
    this.item.command = COMMANDS.showLog;
  }

  setDevice(report: DeviceReport): void {
    this.device = report;
    this.render();
  }

  busy(title: string): vscode.Disposable {
    this.running.push(title);
    this.render();
    return new vscode.Disposable(() => {
      this.running.splice(this.running.indexOf(title), 1);
      this.render();
    });
  }

  dispose(): void {
    this.item.dispose();
  }

  private render(): void {
    const job = this.running[0];
    const device = this.device?.used;
    this.item.text =
      job === undefined ? `$(server-process) PortLLM: ${device ?? 'idle'}` : `$(sync~spin) ${plainText(job)}`;
    const warned = this.device?.warning !== undefined;
    this.item.backgroundColor = warned ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.tooltip =
      this.device?.warning ?? (device === undefined ? 'PortLLM' : `ONNX Runtime computes on ${device}`);
    this.item.show();
  }
}
