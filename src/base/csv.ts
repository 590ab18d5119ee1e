/** RFC 4180; numbers are whole, not rounded for reading. What is not known is empty. */
export function csvText(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** A spreadsheet would run what begins like a formula: names are strangers' words. */
function field(value: string | number | null | undefined): string {
  if (typeof value !== 'string') return value == null ? '' : String(value);
  const text = /^[=+\-@＝＋－＠\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
