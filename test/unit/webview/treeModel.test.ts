/** The rows that the tree of tensors is drawn from. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row, RowPage } from '../../../src/library/glance/types.ts';
import { TreeModel } from '../../../webview/safetensors/treeModel.ts';

const group = (id: string): Row => ({ type: 'group', id, label: id, tensors: 2, parameters: 2, bytes: 4 });
const leaf = (name: string): Row => ({
  type: 'tensor',
  label: name,
  tensor: { name, dtype: 'F32', shape: [1], parameters: 1, bytes: 4, file: 'a' },
});
const page = (rows: readonly Row[], from = 0, total = rows.length): RowPage => ({ from, total, rows });

function drawn(model: TreeModel): string[] {
  return model.visible.map(({ row, level, position, size }) => `${level} ${position}/${size} ${row?.label ?? '…'}`);
}

describe('the model of the tree', () => {
  it('shows what is below open groups, and one row for what is still to come', () => {
    const model = new TreeModel(['model.']);
    model.add('', page([leaf('head'), group('model.')]));
    assert.deepEqual(drawn(model), ['1 1/2 head', '1 2/2 model.', '2 1/1 …']);
    model.add('model.', page([leaf('a'), group('model.b.')]));
    assert.deepEqual(drawn(model), ['1 1/2 head', '1 2/2 model.', '2 1/2 a', '2 2/2 model.b.']);
    assert.deepEqual(
      model.visible.map(({ parent }) => parent),
      [-1, -1, 1, 1],
    );
  });

  it('keeps the key of a row that was still to come', () => {
    const model = new TreeModel([]);
    model.add('', page([leaf('t0')], 0, 3));
    const keys = model.visible.map(({ key }) => key);
    model.add('', page([leaf('t1'), leaf('t2')], 1, 3));
    assert.deepEqual(drawn(model), ['1 1/3 t0', '1 2/3 t1', '1 3/3 t2']);
    assert.deepEqual(
      model.visible.map(({ key }) => key),
      keys,
    );
  });

  it('remembers which groups are open inside a closed one', () => {
    const model = new TreeModel(['a.', 'a.b.']);
    model.add('', page([group('a.')]));
    model.add('a.', page([group('a.b.')]));
    model.add('a.b.', page([leaf('x')]));
    assert.equal(model.visible.length, 3);
    model.setExpanded('a.', false);
    assert.deepEqual(drawn(model), ['1 1/1 a.']);
    model.setExpanded('a.', true);
    assert.equal(model.visible.length, 3);
    assert.deepEqual(model.expanded, ['a.b.', 'a.']);
  });
});
