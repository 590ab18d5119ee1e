import { readFileSync } from 'node:fs';

const INTERVAL_MS = 20;

/** The most anonymous memory, in bytes, that a process had while it was watched (Linux's RssAnon: mapped files not counted). */
export function peakMemory(pid: number): { stop: () => number } {
  let peak = 0;
  const look = (): void => {
    try {
      const found = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      peak = Math.max(peak, Number(found?.[1] ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, INTERVAL_MS);
  return {
    stop: () => {
      look();
      clearInterval(timer);
      return peak;
    },
  };
}
