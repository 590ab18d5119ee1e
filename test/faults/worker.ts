/** A worker that dies, hangs, runs out of memory or speaks another language; a host that dies; and nobody is left over. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CancelledError, UserError } from '../../src/base/errors.ts';
import { isAlive } from '../../src/base/processes.ts';
import type { Progress } from '../../src/base/progress.ts';
import { WorkerClient } from '../../src/worker/client.ts';
import { writeBigPair } from '../support/fixtures.ts';
import { ROOT, SAMPLES } from '../support/paths.ts';
import { processesWith } from '../support/processes.ts';
import { withEnvironment } from './fault.ts';
import { Tally, type Row } from './table.ts';

const ENTRY = join(ROOT, 'dist/worker.js');
/** In the environment of every process that these tests start. */
const MARK = 'PORTLLM_FAULTS_RUN';

type Deed = (client: WorkerClient, pid: number, controller: AbortController) => unknown;

interface WorkerFault {
  readonly name: string;
  readonly deed: Deed;
  readonly says: RegExp;
}

const FAULTS: readonly WorkerFault[] = [
  { name: 'killed', deed: (_, pid) => process.kill(pid, 'SIGKILL'), says: /was killed \(SIGKILL/ },
  {
    name: 'crash in native code',
    deed: (_, pid) => process.kill(pid, 'SIGSEGV'),
    says: /crashed in native code \(SIGSEGV\)/,
  },
  {
    name: 'hung',
    deed: (_, pid) => process.kill(pid, 'SIGSTOP'),
    says: /did not answer for 3 s, was taken for hung and ended/,
  },
  {
    name: 'hung and cancelled',
    deed: (_, pid, controller) => {
      process.kill(pid, 'SIGSTOP');
      controller.abort();
    },
    says: /^Cancelled\.$/,
  },
];

export async function workerRows({ tries }: { tries: number }): Promise<Row[]> {
  process.env[MARK] = `${process.pid}-${Date.now()}`;
  const folder = await mkdtemp(join(tmpdir(), 'portllm faults '));
  const rows: Row[] = [];
  try {
    for (const fault of FAULTS) rows.push(await duringPort(folder, fault, tries));
    rows.push(await outOfMemory(folder, tries));
    rows.push(await otherVersion(folder, tries));
    rows.push(await storm(folder));
    for (const busy of [false, true]) rows.push(await deadHost(folder, busy, tries));
    rows.push(await severalWindows(folder, tries));
    const tally = new Tally('processes left over at the end');
    tally.add(
      (await marked()).map((pid) => `process ${pid}`),
      'all of the above',
    );
    rows.push(tally.row());
  } finally {
    Reflect.deleteProperty(process.env, MARK);
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}

/** The job ends in words, what it wrote is gone, and the next one works in a new process. */
async function duringPort(folder: string, { name, deed, says }: WorkerFault, tries: number): Promise<Row> {
  const tally = new Tally(`worker ${name} during a port`);
  const [onto, patch] = [join(folder, 'base'), join(folder, 'patch')];
  await writeBigPair(onto, patch, { rows: 4096, columns: 4096, tensors: 32 });
  for (let i = 0; i < tries; i++) {
    const client = new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: () => undefined, hungMs: 3000 });
    const controller = new AbortController();
    let begun: () => void = () => undefined;
    const writing = new Promise<void>((resolve) => (begun = resolve));
    const onProgress = ({ bytesDone }: Progress): void => {
      if (bytesDone > 0) begun();
    };
    const request = { patch, onto, out: join(folder, 'out'), as: 'checkpoint', scale: 1 } as const;
    const call = client.call('port', { request, device: 'cpu' }, { signal: controller.signal, onProgress });
    const ended = call.then(
      () => undefined,
      (error: unknown) => error,
    );
    await Promise.race([writing, ended]);
    const pid = (await client.pid()) ?? 0;
    deed(client, pid, controller);
    const problems = wordsOf(await ended, says);
    const left = (await readdir(folder)).filter((file) => file.startsWith('.') || file === 'out');
    if (left.length > 0) problems.push(`left behind: ${left.join(', ')}`);
    problems.push(...(await worksAgain(client)));
    if (isAlive(pid)) problems.push('the process is still there');
    await client.stop();
    tally.add(problems, `try ${i}`);
  }
  await Promise.all([onto, patch].map((path) => rm(path, { recursive: true })));
  return tally.row();
}

/** A header that needs more memory than there is. */
async function outOfMemory(folder: string, tries: number): Promise<Row> {
  const tally = new Tally('worker out of memory');
  const model = join(folder, 'large');
  await writeLargeHeader(model, 400_000);
  for (let i = 0; i < tries; i++) {
    const client = withOptions(
      '--max-old-space-size=60',
      () => new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: () => undefined }),
    );
    const error = await withOptions('--max-old-space-size=60', () => client.call('inspect', { path: model })).catch(
      (caught: unknown) => caught,
    );
    const problems = wordsOf(error, /ran out of memory|not enough memory/);
    problems.push(...(await worksAgain(client)));
    await client.stop();
    tally.add(problems, `try ${i}`);
  }
  return tally.row();
}

async function writeLargeHeader(folder: string, tensors: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = Array.from(
    { length: tensors },
    (_, i) => `"model.layers.${i}.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
  );
  const header = Buffer.from(`{${entries.join(',')}}`);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([start, header]));
  await writeFile(join(folder, 'config.json'), '{"model_type":"llama"}');
}

/** Editor and worker of two builds. */
async function otherVersion(folder: string, tries: number): Promise<Row> {
  const tally = new Tally('worker of another version');
  const entry = join(folder, 'other.cjs');
  const rpc = JSON.stringify(fileURLToPath(import.meta.resolve('vscode-jsonrpc/node')));
  await writeFile(
    entry,
    `const { createMessageConnection, IPCMessageReader, IPCMessageWriter } = require(${rpc});
    const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
    connection.onRequest('hello', () => ({ protocolVersion: 999, version: '9', pid: process.pid, node: '' }));
    connection.listen();`,
  );
  for (let i = 0; i < tries; i++) {
    const client = new WorkerClient({ entry, idleMs: 60_000, log: () => undefined });
    const error = await client.call('device', { device: 'cpu' }).catch((caught: unknown) => caught);
    tally.add(wordsOf(error, /was updated while this window was open/), `try ${i}`);
    await client.stop();
  }
  return tally.row();
}

async function storm(folder: string): Promise<Row> {
  const tally = new Tally('worker that dies at every start');
  const log = join(folder, 'starts');
  const entry = join(folder, 'dies.cjs');
  await writeFile(entry, `require('node:fs').appendFileSync(${JSON.stringify(log)}, 'x'); process.exit(3);`);
  const client = new WorkerClient({ entry, idleMs: 60_000, log: () => undefined });
  for (let i = 0; i < 20; i++) await client.call('device', { device: 'cpu' }).catch(() => undefined);
  const starts = (await readFile(log, 'utf8')).length;
  tally.add(starts > 3 ? [`${starts} starts for 20 jobs`] : [], 'twenty jobs');
  return tally.row(`${starts} starts for 20 jobs`);
}

/** The host is killed while its worker ports, or while the worker's main thread does not listen. */
async function deadHost(folder: string, busy: boolean, tries: number): Promise<Row> {
  const tally = new Tally(busy ? 'host killed while the worker does not listen' : 'host killed during a port');
  const [onto, patch, host] = [join(folder, 'base'), join(folder, 'patch'), join(folder, 'host.mjs')];
  await writeBigPair(onto, patch, { rows: 4096, columns: 4096, tensors: 32 });
  const client = pathToFileURL(join(ROOT, 'src/worker/client.ts')).href;
  const [deaf, trigger] = [join(folder, 'deaf.mjs'), join(folder, 'go deaf')];
  await writeFile(
    deaf,
    `import { existsSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    const listen = () => { if (existsSync(${JSON.stringify(trigger)})) for (;;); };
    if (isMainThread && process.argv[1]?.endsWith('worker.js')) setInterval(listen, 20);`,
  );
  for (let i = 0; i < tries; i++) {
    const out = join(folder, `host-${i}`);
    const request = { patch, onto, out, as: 'checkpoint', scale: 1 };
    await writeFile(
      host,
      `const { WorkerClient } = await import(${JSON.stringify(client)});
      const client = new WorkerClient({ entry: ${JSON.stringify(ENTRY)}, idleMs: 60000, log: () => undefined });
      let said = false;
      void client.call('port', { request: ${JSON.stringify(request)}, device: 'cpu' }, { onProgress: async ({ bytesDone }) => {
        if (said || bytesDone === 0) return;
        said = true;
        process.send(await client.pid());
      } });`,
    );
    const process_ = withOptions(busy ? `--import=${pathToFileURL(deaf).href}` : '', () =>
      fork(host, [], { execArgv: [] }),
    );
    const pid = await Promise.race([
      once(process_, 'message').then(([said]) => said as number),
      once(process_, 'exit').then(() => undefined),
    ]);
    if (pid === undefined) {
      tally.add(['the host ended by itself'], `try ${i}`);
      continue;
    }
    if (busy) await writeFile(trigger, '');
    await sleep(300);
    process_.kill('SIGKILL');
    const problems: string[] = [];
    const begin = Date.now();
    while (isAlive(pid) && Date.now() - begin < 10_000) await sleep(50);
    if (isAlive(pid)) problems.push(`worker ${pid} is still there after ten seconds`);
    await Promise.all([out, trigger].map((path) => rm(path, { recursive: true, force: true })));
    tally.add(problems, `try ${i}, ${Date.now() - begin} ms`);
  }
  await Promise.all([onto, patch].map((path) => rm(path, { recursive: true })));
  return tally.row();
}

/** Each with a worker of its own. */
async function severalWindows(folder: string, tries: number): Promise<Row> {
  const tally = new Tally('four windows at once');
  for (let i = 0; i < tries; i++) {
    const clients = Array.from(
      { length: 4 },
      () => new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: () => undefined }),
    );
    const ended = await Promise.allSettled(
      clients.map((client, which) => {
        const request = {
          patch: join(SAMPLES, 'patches/mood'),
          onto: join(SAMPLES, 'models/storyteller-v2'),
          out: join(folder, `window-${i}-${which}`),
          as: 'checkpoint',
          scale: 1,
        } as const;
        return client.call('port', { request, device: 'cpu' });
      }),
    );
    await Promise.all(clients.map((client) => client.stop()));
    tally.add(
      ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : [])),
      `try ${i}`,
    );
  }
  return tally.row();
}

async function worksAgain(client: WorkerClient): Promise<string[]> {
  return client.call('inspect', { path: join(SAMPLES, 'patches/mood') }).then(
    () => [],
    (error: unknown) => [`the next job fails: ${String(error)}`],
  );
}

function wordsOf(error: unknown, says: RegExp): string[] {
  const isKnown = error instanceof UserError || error instanceof CancelledError;
  if (!isKnown) return [`not an error for people: ${String(error)}`];
  return says.test(error.message) ? [] : [`it says: ${error.message}`];
}

function withOptions<T>(options: string, start: () => T): T {
  return withEnvironment({ NODE_OPTIONS: options }, start);
}

/** Processes that carry the mark, but for this one. */
async function marked(): Promise<number[]> {
  const pids = await processesWith('environ', `${MARK}=${process.env[MARK] ?? ''}`);
  return pids.filter((pid) => pid !== process.pid);
}
