import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { sha256Of } from './hash.ts';
import { isAlive } from './processes.ts';

/** What file systems allow, in bytes; eCryptfs allows 143. */
const MAX_NAME_BYTES = 255;
const ENDING = /\.([^.]+)-(\d+)-[0-9a-f]{8}\.tmp$/;

/** A hidden name beside a file in the making, which says what it will be and who makes it. */
export function temporaryPath(path: string): string {
  const stem = basename(path).replace(/^\./, '');
  return join(dirname(path), hiddenName(stem, `${hostKey()}-${process.pid}-${randomBytes(4).toString('hex')}.tmp`));
}

/** `.stem.ending`; of a stem that is too long for that its beginning and its hash. */
export function hiddenName(stem: string, ending: string): string {
  const room = MAX_NAME_BYTES - Buffer.byteLength(ending) - 2;
  if (Buffer.byteLength(stem) <= room) return `.${stem}.${ending}`;
  const hash = sha256Of(stem).slice(0, 16);
  return `.${cut(stem, room - hash.length - 1)}~${hash}.${ending}`;
}

/** Removes what processes of this host that are gone left behind in a folder. What cannot be removed stays. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => {
    const [, host, pid] = ENDING.exec(name) ?? [];
    return name.startsWith('.') && host === hostKey() && !isAlive(Number(pid));
  });
  await Promise.allSettled(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function hostKey(): string {
  return hostname().replaceAll(/[^\w]/g, '_').slice(0, 40);
}

/** The first characters that fit into so many bytes. */
function cut(text: string, bytes: number): string {
  let kept = '';
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > bytes) break;
    kept += character;
  }
  return kept;
}
