import * as vscode from 'vscode';
import { BOS_MODES, type BosMode } from '../evaluation/request.ts';
import { isDeviceChoice, type DeviceChoice } from '../kernels/device.ts';
import { scanRoot } from '../library/scan.ts';

/** The settings as they are now; wrong values fall back to the defaults of package.json. */
export interface Settings {
  readonly folders: readonly string[];
  readonly depth: number;
  readonly huggingFaceCache: boolean;
  readonly device: DeviceChoice;
  readonly idleMinutes: number;
  readonly runner: 'local' | 'slurm';
  readonly slurm: { readonly profile: string | undefined };
  readonly evaluate: EvaluateSettings;
}

export interface EvaluateSettings {
  readonly dataFolder: string | undefined;
  readonly bos: BosMode;
  readonly bootstrapIterations: number;
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
    runner: configuration.get<unknown>('runner') === 'slurm' ? 'slurm' : 'local',
    slurm: { profile: pathOf(configuration.get<unknown>('slurm.profile')) },
    evaluate: readEvaluateSettings(configuration),
  };
}

function readEvaluateSettings(configuration: vscode.WorkspaceConfiguration): EvaluateSettings {
  const folder = configuration.get<unknown>('evaluate.dataFolder');
  const bos = configuration.get<unknown>('evaluate.bos');
  return {
    dataFolder: pathOf(folder),
    bos: BOS_MODES.find((mode) => mode === bos) ?? 'auto',
    bootstrapIterations: Math.round(
      number(configuration.get<unknown>('evaluate.bootstrapIterations'), 100_000, 0, 10_000_000),
    ),
  };
}

export async function setDataFolder(folder: string): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('portllm');
  await configuration.update('evaluate.dataFolder', folder, vscode.ConfigurationTarget.Global);
}

export async function addLibraryFolder(folder: string): Promise<void> {
  if (readSettings().folders.includes(folder)) return;
  const configuration = vscode.workspace.getConfiguration('portllm');
  // Not the effective value: a workspace's folders are not the person's own.
  const own = configuration.inspect<readonly string[]>('library.folders')?.globalValue ?? [];
  await configuration.update('library.folders', [...own, folder], vscode.ConfigurationTarget.Global);
}

/** `~` stands for the home folder, as in the library's folders. */
function pathOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? scanRoot(value.trim(), 0).folder : undefined;
}

function number(value: unknown, otherwise: number, least: number, most: number): number {
  return typeof value === 'number' && value >= least && value <= most ? value : otherwise;
}
