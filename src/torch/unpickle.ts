import { LIMITS } from './limits.ts';
import { PickleMachine } from './machine.ts';
import { ACTIONS, PROTO, STOP } from './opcodes.ts';
import { PickleBytes } from './pickleBytes.ts';
import { refuse } from './refusal.ts';
import { opcodeName } from './refusedOpcodes.ts';
import type { PickleStorage, Value } from './values.ts';

export interface Unpickled {
  readonly value: Value;
  /** What it refers to, in order, repeats included. */
  readonly storages: readonly PickleStorage[];
  /** Where the pickle ends. */
  readonly end: number;
}

/**
 * Reads the pickle that begins at `begin` as data.
 *
 * @throws Refusal for whatever does not belong to a state dict of tensors; EndOfBytes if it goes on after `bytes`
 */
export function unpickle(bytes: Uint8Array, begin = 0): Unpickled {
  const input = new PickleBytes(bytes, begin);
  const machine = new PickleMachine(bytes.length - begin);
  readProtocol(input);
  for (let count = 0; count < LIMITS.opcodes; count++) {
    const opcode = input.u8();
    if (opcode === STOP) return { value: machine.finish(), storages: machine.storages, end: input.at };
    const action = ACTIONS.get(opcode) ?? refuse(`its pickle uses ${opcodeName(opcode)}, which no state dict needs`);
    action(machine, input);
  }
  return refuse('its pickle has too many instructions');
}

/** Protocols 0 and 1 have other opcodes, which torch.save has never written. */
function readProtocol(input: PickleBytes): void {
  if (input.u8() !== PROTO) refuse('it does not begin with a pickle of protocol 2 or later');
  const protocol = input.u8();
  if (protocol < 2 || protocol > 5) refuse(`its pickle is of the unknown protocol ${protocol}`);
}
