import type { Scanner } from '../python/scanner.ts';
import { PatternError } from '../../patternError.ts';
import type { Flags, State } from './state.ts';

/** What an opening parenthesis begins, in RE2's syntax. @param at where the parenthesis stands */
export function openGroup(state: State, at: number): string {
  const { scanner } = state;
  if (!scanner.accept('?')) {
    openScope(state, state.flags);
    state.groups.push(++state.count);
    return '(';
  }
  if (scanner.match(/#[^)]*\)/y)) return '';
  const flags = scanner.match(/([aiLmsux]*)(?:-([imsx]+))?([:)])/y);
  if (flags) return flagGroup(state, flags, at);
  const named = scanner.match(/P<([A-Za-z_]\w*)>/y);
  if (named) {
    openScope(state, state.flags);
    state.groups.push(++state.count);
    state.names.set(named[1] ?? '', state.groups.length);
    return '(';
  }
  const behind = scanner.match(/<[=!]/y);
  if (behind) {
    openScope(state, state.flags);
    return `(?${behind[0]}`;
  }
  throw new PatternError(refusedGroup(scanner));
}

/** @param flags what holds again after the group */
function openScope({ outer, size }: State, flags: Flags): void {
  outer.push(flags);
  size.open();
}

function flagGroup(state: State, [, on = '', off = '', end]: RegExpExecArray, at: number): string {
  if (/[xL]/.test(on + off)) throw new PatternError('the flags x and L are not supported');
  const before = state.flags;
  const flags = {
    ascii: on.includes('a') || (before.ascii && !on.includes('u')),
    multiline: on.includes('m') || (before.multiline && !off.includes('m')),
  };
  if (end === ')' && (at > 0 || on === ''))
    throw new PatternError('flags for the whole pattern must stand at its start');
  if (end === ':') openScope(state, before);
  state.flags = flags;
  const kept = on.replace(/[au]/g, '') + (off === '' ? '' : `-${off}`);
  return end === ')' && kept === '' ? '' : `(?${kept}${end ?? ''}`;
}

function refusedGroup(scanner: Scanner): string {
  const next = scanner.text.slice(scanner.at);
  if (/^[=!]/.test(next)) return `RE2 has no lookahead ((?${next[0] ?? ''}…))`;
  if (next.startsWith('P=')) return 'RE2 has no back-reference ((?P=…))';
  if (next.startsWith('>')) return 'RE2 has no atomic group ((?>…))';
  if (next.startsWith('(')) return 'RE2 has no conditional group ((?(…)…))';
  return `the group (?${next.slice(0, 3)}… is not known`;
}
