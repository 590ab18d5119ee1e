/** No socket is opened by jobs that need none: seen from inside by Node's own doors, and from outside by the system's calls. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../support/paths.ts';
import type { Scene } from './scene.ts';
import { Tally, type Row } from './table.ts';

const CLI = join(ROOT, 'dist/cli.js');
const WATCH = pathToFileURL(join(import.meta.dirname, 'sockets.ts')).href;

export async function networkRows(scene: Scene): Promise<Row[]> {
  return [await fromInside(scene), await fromOutside(scene)];
}

/** What runs without the person having named a server. */
function commandsOf(scene: Scene, suffix: string): Record<string, string[]> {
  const [patch, onto, old] = ['patch', 'new', 'old'].map((name) => scene.source(name)) as [string, string, string];
  const out = (name: string): string => join(scene.outputs, `${name}-${suffix}`);
  return {
    inspect: ['inspect', onto],
    port: ['port', patch, '--onto', onto, '--out', out('ported'), '--device', 'cpu'],
    verify: ['verify', out('ported'), '--device', 'cpu'],
    diagnose: ['diagnose', patch, '--onto', onto, '--from', old, '--device', 'cpu'],
    extract: [
      'extract',
      scene.source('tuned'),
      '--from',
      old,
      '--out',
      out('extracted'),
      '--rank',
      '4',
      '--device',
      'cpu',
    ],
    evaluate: [
      'evaluate',
      onto,
      '--task',
      scene.source('mood.jsonl'),
      '--limit',
      '5',
      '--out',
      out('scores'),
      '--device',
      'cpu',
    ],
  };
}

async function fromInside(scene: Scene): Promise<Row> {
  const tally = new Tally('a socket, seen from inside');
  for (const [name, args] of Object.entries(commandsOf(scene, 'inside'))) {
    const { status, stderr, text } = await watched(scene, args);
    const problems = status === 0 ? [] : [`it ended with ${status ?? ''}: ${stderr}`];
    for (const process_ of ['cli.js', 'worker.js'])
      if (!text.includes(`watched ${join(ROOT, 'dist', process_)}`)) problems.push(`${process_} was not watched`);
    tally.add([...problems, ...openedIn(text)], name);
  }
  // What asks a server must be seen, or the watch sees nothing.
  const { text } = await watched(scene, askingServer(scene));
  tally.add(openedIn(text).length > 0 ? [] : ['a server was asked, and nobody saw it'], 'a server that is named');
  return tally.row('connect, listen, lookup, fetch and datagrams, in both processes');
}

function askingServer(scene: Scene): string[] {
  const server = ['--endpoint', 'http://127.0.0.1:9/v1', '--served', 'x', '--out', join(scene.outputs, 'asked')];
  return ['evaluate', scene.source('new'), '--task', scene.source('mood.jsonl'), '--limit', '1', ...server];
}

async function watched(
  scene: Scene,
  args: readonly string[],
): Promise<{ status: number | null; stderr: string; text: string }> {
  const record = join(scene.folder, 'sockets');
  await writeFile(record, '');
  const env = { ...process.env, NODE_OPTIONS: `--import=${WATCH}`, PORTLLM_SOCKETS: record };
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env });
  return { status, stderr, text: await readFile(record, 'utf8') };
}

function openedIn(text: string): string[] {
  return text.split('\n').filter((line) => line.includes(' in /') && !line.startsWith(' '));
}

/** strace sees what native code does too. It may be missing, or not allowed in a container. */
async function fromOutside(scene: Scene): Promise<Row> {
  const tally = new Tally('a socket, seen by the system');
  const record = join(scene.folder, 'calls');
  const strace = ['-f', '-qq', '-e', 'trace=socket,connect,bind,sendto', '-o', record];
  if (spawnSync('strace', [...strace, 'true']).status !== 0) return tally.row('strace cannot be used here');
  for (const [name, args] of Object.entries(commandsOf(scene, 'outside'))) {
    const { status, stderr } = spawnSync('strace', [...strace, process.execPath, CLI, ...args], { encoding: 'utf8' });
    const calls = (await readFile(record, 'utf8'))
      .split('\n')
      .filter((line) => /AF_INET|AF_PACKET|AF_NETLINK/.test(line));
    tally.add([...(status === 0 ? [] : [`it ended with ${status ?? ''}: ${stderr}`]), ...calls], name);
  }
  return tally.row('socket, connect, bind and sendto of all threads and processes (strace)');
}
