import type { Progress } from './progress.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, as the Hugging Face hub shows sizes: 14.5 GB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(value) : value.toPrecision(3)} ${UNITS[unit] ?? ''}`;
}

/** 7.24B, 2.76M, 512. */
export function formatCount(count: number): string {
  for (const [size, suffix] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const)
    if (count >= size) return `${(count / size).toPrecision(3)}${suffix}`;
  return String(count);
}

export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** One line for a progress bar: what, how much, how fast, how long still. */
export function formatProgress(progress: Progress): string {
  if (progress.unit !== undefined) return formatItems(progress, progress.unit);
  const parts = [
    `${progress.phase}: ${progress.tensorsDone}/${progress.tensorsTotal} tensors`,
    `${formatBytes(progress.bytesDone)} of ${formatBytes(progress.bytesTotal)}`,
  ];
  if (progress.rate > 0) parts.push(`${formatBytes(Math.round(progress.rate))}/s`);
  if (progress.secondsLeft !== undefined && progress.bytesDone < progress.bytesTotal)
    parts.push(`${formatDuration(progress.secondsLeft)} left`);
  return parts.join(' · ');
}

function formatItems(progress: Progress, unit: string): string {
  const { phase, bytesDone: done, bytesTotal: total, rate, secondsLeft, job } = progress;
  const parts = [`${phase}: ${done} of ${total} ${unit}`];
  if (job !== undefined && job.total > total) parts.push(`${job.done} of ${job.total} in all`);
  if (rate > 0) parts.push(`${rate.toFixed(rate < 10 ? 1 : 0)} ${unit}/s`);
  if (secondsLeft !== undefined && (done < total || (job !== undefined && job.done < job.total)))
    parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join(' · ');
}

/** "1 tensor", "2 tensors"; the plural is given where it is not just an s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
