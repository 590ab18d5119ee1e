import * as vscode from 'vscode';
import { isDeviceChoice, type DeviceChoice } from '../kernels/device.ts';

/** The settings as they are now; wrong values fall back to the defaults of package.json. */
export interface Settings {
  readonly folders: readonly string[];
  readonly depth: number;
  readonly huggingFaceCache: boolean;
  readonly device: DeviceChoice;
  readonly idleMinutes: number;
}

export function readSettings(): Settings {
  const configuration = vscode.workspace.getConfiguration('portllm');
  const device = configuration.get<unknown>('device');
  const folders = configuration.get<unknown>('library.folders');
  return {
    folders: Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string') : [],
    depth: number(configuration.get<unknown>('library.depth'), 4, 0, 12),
    huggingFaceCache: configuration.get<unknown>('library.huggingFaceCache') !== false,
    device: typeof device === 'string' && isDeviceChoice(device) ? device : 'auto',
    idleMinutes: number(configuration.get<unknown>('worker.idleMinutes'), 5, 0.05, 1440),
  };
}

export async function addLibraryFolder(folder: string): Promise<void> {
  const { folders } = readSettings();
  if (folders.includes(folder)) return;
  const configuration = vscode.workspace.getConfiguration('portllm');
  await configuration.update('library.folders', [...folders, folder], vscode.ConfigurationTarget.Global);
}

function number(value: unknown, otherwise: number, least: number, most: number): number {
  return typeof value === 'number' && value >= least && value <= most ? value : otherwise;
}
