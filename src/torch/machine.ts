import { LIMITS } from './limits.ts';
import { refuse } from './refusal.ts';
import {
  depthOf,
  PickleDict,
  PickleList,
  type PickleFloat,
  type PickleStorage,
  type PickleTensor,
  type PickleTuple,
  type Value,
} from './values.ts';

type Made = PickleTuple | PickleList | PickleDict | PickleTensor | PickleStorage | PickleFloat;

/** The stack and the memo of a pickle that is being read, each bounded. A pickle can reach nothing else. */
export class PickleMachine {
  private readonly stack: Value[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, Value>();
  /** In the order in which they were first referred to, repeats included. */
  readonly storages: PickleStorage[] = [];
  private objects = 0;
  private readonly most: number;

  /** @param bytes how long the pickle may be: what it makes is bounded by that too */
  constructor(bytes: number) {
    this.most = LIMITS.free + bytes / LIMITS.bytesEach;
  }

  push(value: Value): void {
    if (this.stack.length >= LIMITS.stack) refuse('its pickle keeps too many values at once');
    this.stack.push(value);
  }

  /** Pushes a value that takes memory of its own. */
  make(value: Made): void {
    if (++this.objects > Math.min(LIMITS.objects, this.most)) refuse('its pickle makes too many objects');
    if (depthOf(value) > LIMITS.depth) refuse('its pickle nests its values too deeply');
    this.push(value);
  }

  refer(storage: PickleStorage): void {
    this.make(storage);
    this.storages.push(storage);
  }

  pop(): Value {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  /** The last `count` values, in their order. */
  popMany(count: number): Value[] {
    if (this.stack.length - this.floor < count) refuse('its pickle takes values that are not there');
    return this.stack.splice(this.stack.length - count);
  }

  top(): Value {
    const value = this.stack.length > this.floor ? this.stack.at(-1) : undefined;
    return value === undefined ? refuse('its pickle takes a value that is not there') : value;
  }

  mark(): void {
    if (this.marks.length >= LIMITS.marks) refuse('its pickle nests its values too deeply');
    this.marks.push(this.stack.length);
  }

  popToMark(): Value[] {
    return this.stack.splice(this.marks.pop() ?? refuse('its pickle takes a mark that is not there'));
  }

  /** The value that a pickle is: the only one that is left. */
  finish(): Value {
    const value = this.pop();
    if (this.stack.length > 0 || this.marks.length > 0) refuse('its pickle ends with values left over');
    return value;
  }

  remember(index: number = this.memo.size): void {
    if (this.memo.size >= Math.min(LIMITS.memo, this.most)) refuse('its pickle remembers too many values');
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    this.push(value === undefined ? refuse('its pickle recalls a value that it has not remembered') : value);
  }

  append(items: readonly Value[]): void {
    const list = this.top();
    if (!(list instanceof PickleList)) return refuse('its pickle appends to something that is not a list');
    for (const item of items) list.items.push(item);
    this.deepen(list, items);
  }

  /** Keys and values in turn. */
  setItems(items: readonly Value[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) return refuse('its pickle sets items of something that is not a dict');
    for (let i = 0; i < items.length; i += 2) dict.entries.push(entry(items[i], items[i + 1]));
    this.deepen(dict, items);
  }

  private get floor(): number {
    return this.marks.at(-1) ?? 0;
  }

  private deepen(container: PickleList | PickleDict, items: readonly Value[]): void {
    for (const item of items) container.depth = Math.max(container.depth, 1 + depthOf(item));
    if (container.depth > LIMITS.depth) refuse('its pickle nests its values too deeply');
  }
}

function entry(key: Value | undefined, value: Value | undefined): readonly [Value, Value] {
  if (key === undefined || value === undefined) return refuse('its pickle sets a key without a value');
  if (typeof key !== 'string' && typeof key !== 'number')
    return refuse('its pickle has a key that is neither a text nor a number');
  return [key, value];
}
