import type { Feeds, HostTensor } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { assertTokens } from './checks.ts';
import { maskName, windowsOf } from './graph/inputs.ts';
import type { RopeTables } from './ropeTables.ts';
import { flatten, treeMask, type Place, type TokenTree } from './rows.ts';
import { float32, int32, int64 } from './tensors.ts';

/** What a body without a cache is fed for rows, padded on the right; all but the states that are asked for. */
export function rowFeeds(
  architecture: Architecture,
  rows: readonly TokenTree[],
  masked: boolean,
  ropes: RopeTables,
): Feeds {
  const flat = rows.map(flatten);
  for (const { tokens } of flat) assertTokens(architecture, tokens);
  const length = Math.max(...flat.map(({ tokens }) => tokens.length));
  const lengths = flat.map(({ places }) => lastPosition(places) + 1);
  const { tables, offsets } = ropes.feeds(lengths, length);
  return {
    ids: padded(
      flat.map(({ tokens }) => tokens),
      length,
    ),
    positions: padded(
      flat.map(({ places }, row) => places.map(({ position }) => position + (offsets[row] ?? 0))),
      length,
    ),
    lastIndex: int32(flat.map(({ tokens }) => tokens.length - 1)),
    totalLength: int32([length], []),
    ...tables,
    ...(masked
      ? masks(
          architecture,
          flat.map(({ places }) => places),
          length,
        )
      : {}),
  };
}

/** Branches end at different positions, so it need not be the last token's. */
function lastPosition(places: readonly Place[]): number {
  return places.reduce((last, { position }) => Math.max(last, position), 0);
}

function padded(rows: readonly (readonly number[])[], length: number): HostTensor {
  const values = rows.flatMap((row) => [...row, ...new Array<number>(length - row.length).fill(0)]);
  return int64(values, [rows.length, length]);
}

function masks(architecture: Architecture, rows: readonly (readonly Place[])[], length: number): Feeds {
  return Object.fromEntries(
    windowsOf(architecture).map((window) => [
      maskName(window),
      float32(treeMask(rows, length, window), [rows.length, 1, length, length]),
    ]),
  );
}
