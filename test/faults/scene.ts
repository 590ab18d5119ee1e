import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { sha256OfFile } from '../../src/base/hash.ts';
import { OrtKernel } from '../../src/kernels/runtime/ortKernel.ts';
import { port } from '../../src/port/port.ts';
import { SAMPLES } from '../support/paths.ts';

const NEVER = new AbortController().signal;

/** Sources of every kind of job in one folder, and a folder for outputs beside them. */
export class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly sources: string;
  readonly outputs: string;
  readonly kernel: OrtKernel;
  private readonly before: string;

  private constructor(folder: string, kernel: OrtKernel, before: string) {
    this.folder = folder;
    this.sources = join(folder, 'sources');
    this.outputs = join(folder, 'outputs');
    this.kernel = kernel;
    this.before = before;
  }

  static async create(): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'portllm faults ü '));
    const at = (name: string): string => join(folder, 'sources', name);
    await mkdir(join(folder, 'outputs'));
    await cp(join(SAMPLES, 'models/storyteller-v1'), at('old'), { recursive: true });
    await cp(join(SAMPLES, 'models/storyteller-v2'), at('new'), { recursive: true });
    await cp(join(SAMPLES, 'patches/mood'), at('patch'), { recursive: true });
    await cp(join(SAMPLES, 'tasks/mood.test.jsonl'), at('mood.jsonl'));
    const kernel = await OrtKernel.create('cpu');
    const request = { patch: at('patch'), onto: at('old'), out: at('tuned'), as: 'checkpoint', scale: 1 } as const;
    await port(request, kernel, 'test', () => undefined, NEVER);
    return new Scene(folder, kernel, await hashOf(join(folder, 'sources')));
  }

  source(name: string): string {
    return join(this.sources, name);
  }

  /** What must be true of the sources whatever happened. */
  async sourceProblems(): Promise<string[]> {
    return (await hashOf(this.sources)) === this.before ? [] : ['a source has changed'];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel.release();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Names and bytes of all files below a folder. */
export async function hashOf(folder: string, isCounted: (name: string) => boolean = () => true): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && isCounted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const hashed = await Promise.all(files.map(async (file) => `${relative(folder, file)} ${await sha256OfFile(file)}`));
  return hashed.sort().join('\n');
}
