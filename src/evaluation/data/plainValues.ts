/** A number where it is exact, as Python's int has no bounds and JSON's number has. */
export function plainInteger(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** As Python's str(datetime.date) has it. */
export function dateText(days: number): string {
  return isoText(days * 86_400_000, 10) ?? String(days);
}

/** As Python's str(datetime) has it, in UTC and without an offset; nanoseconds are cut to microseconds. */
export function timestampText(value: bigint, perSecond: bigint): string {
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const seconds = (value - fraction) / perSecond;
  const text = isoText(Number(seconds) * 1000, 19);
  if (text === undefined) return String(value);
  const micros = perSecond > 1_000_000n ? fraction / (perSecond / 1_000_000n) : fraction * (1_000_000n / perSecond);
  return micros === 0n ? text : `${text}.${String(micros).padStart(6, '0')}`;
}

function isoText(milliseconds: number, length: number): string | undefined {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().slice(0, length).replace('T', ' ');
}
