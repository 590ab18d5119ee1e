import { readdir, readFile } from 'node:fs/promises';

/** The processes of this machine with this word of their command line or environment; none where there is no /proc. */
export async function processesWith(file: 'cmdline' | 'environ', word: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
      return words.split('\0').includes(word) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}
