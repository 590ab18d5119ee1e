import { findGlobal } from './globals.ts';
import type { PickleMachine } from './machine.ts';
import type { PickleBytes } from './pickleBytes.ts';
import { findStorage, rebuild } from './rebuild.ts';
import { refuse } from './refusal.ts';
import { PickleDict, PickleFloat, PickleList, PickleTuple, type Value } from './values.ts';

type Action = (machine: PickleMachine, bytes: PickleBytes) => void;

export const PROTO = 0x80;
export const STOP = 0x2e;

/** The opcodes that torch.save writes for a state dict, but for PROTO and STOP, which begin and end a pickle. */
export const ACTIONS: ReadonlyMap<number, Action> = new Map<number, Action>([
  // FRAME
  [0x95, (_, bytes) => bytes.frame()],
  // MARK
  [0x28, (machine) => machine.mark()],
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
  [0x7d, (machine) => machine.make(new PickleDict(false))],
  [0x5d, (machine) => machine.make(new PickleList())],
  [0x29, (machine) => machine.make(new PickleTuple([]))],
  // TUPLE, TUPLE1, TUPLE2, TUPLE3
  [0x74, (machine) => machine.make(new PickleTuple(machine.popToMark()))],
  [0x85, (machine) => machine.make(new PickleTuple(machine.popMany(1)))],
  [0x86, (machine) => machine.make(new PickleTuple(machine.popMany(2)))],
  [0x87, (machine) => machine.make(new PickleTuple(machine.popMany(3)))],
  // BINPUT, LONG_BINPUT, MEMOIZE
  [0x71, (machine, bytes) => machine.remember(bytes.u8())],
  [0x72, (machine, bytes) => machine.remember(bytes.u32())],
  [0x94, (machine) => machine.remember()],
  // BINGET, LONG_BINGET
  [0x68, (machine, bytes) => machine.recall(bytes.u8())],
  [0x6a, (machine, bytes) => machine.recall(bytes.u32())],
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  [0x4a, (machine, bytes) => machine.push(bytes.i32())],
  [0x4b, (machine, bytes) => machine.push(bytes.u8())],
  [0x4d, (machine, bytes) => machine.push(bytes.u16())],
  [0x8a, (machine, bytes) => machine.push(bytes.long(bytes.u8()))],
  [0x47, (machine, bytes) => machine.make(new PickleFloat(bytes.f64()))],
  // BINUNICODE, SHORT_BINUNICODE
  [0x58, (machine, bytes) => machine.push(bytes.text(bytes.u32()))],
  [0x8c, (machine, bytes) => machine.push(bytes.text(bytes.u8()))],
  // NONE, NEWTRUE, NEWFALSE
  [0x4e, (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  // SETITEM, SETITEMS, APPEND, APPENDS
  [0x73, (machine) => machine.setItems(machine.popMany(2))],
  [0x75, (machine) => machine.setItems(machine.popToMark())],
  [0x61, (machine) => machine.append(machine.popMany(1))],
  [0x65, (machine) => machine.append(machine.popToMark())],
  // GLOBAL, STACK_GLOBAL
  [0x63, (machine, bytes) => machine.push(findGlobal(bytes.line(), bytes.line()))],
  [0x93, stackGlobal],
  // REDUCE, BUILD, BINPERSID
  [0x52, reduce],
  [0x62, build],
  [0x51, (machine) => machine.refer(findStorage(machine.pop()))],
]);

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== 'string' || typeof module !== 'string')
    return refuse('its pickle asks for something whose name is not a text');
  machine.push(findGlobal(module, name));
}

function reduce(machine: PickleMachine): void {
  const args = machine.pop();
  machine.make(rebuild(machine.pop(), args));
}

/** Module.state_dict() hangs the versions of its modules on the OrderedDict, as `_metadata`. They are not needed. */
function build(machine: PickleMachine): void {
  const state = machine.pop();
  const target = machine.top();
  if (!(target instanceof PickleDict) || !target.ordered || !isModuleVersions(state))
    refuse('its pickle sets attributes of an object (BUILD)');
}

function isModuleVersions(state: Value): boolean {
  if (!(state instanceof PickleDict) || state.ordered) return false;
  const [first, ...more] = state.entries;
  return first?.[0] === '_metadata' && first[1] instanceof PickleDict && more.length === 0;
}
