/** The list of tasks in the wizard: order, words, and what was ticked before. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTask, taskGroups } from '../../../src/editor/wizard/evaluation/taskChoices.ts';
import type { TaskListing } from '../../../src/evaluation/run/result.ts';

const listing = (name: string, documents?: number, more: Partial<TaskListing> = {}): TaskListing => ({
  name,
  source: 'built in',
  outputType: 'multiple_choice',
  fewShot: 0,
  documents,
  problem: documents === undefined ? `The documents of ${name} are not here.` : undefined,
  ...more,
});
const BUILT_IN = [
  listing('boolq'),
  listing('sst2', 872),
  listing('gsm8k', 1319, { outputType: 'generate_until', fewShot: 5 }),
];
const FILES = ['/work/tasks/kind.train.jsonl', '/work/tasks/kind.test.jsonl', '/elsewhere/other.yaml'].map((path) => ({
  path,
  listing: listing('kind', 500),
}));

describe('taskGroups', () => {
  const [own, builtIn] = taskGroups(BUILT_IN, FILES, '/work', new Set(['sst2', '/work/tasks/kind.test.jsonl']));
  assert.ok(own && builtIn);

  it('shows own files first, test before train, with their folders', () => {
    assert.deepEqual(
      own.choices.map(({ label, detail, description }) => [label, detail, description]),
      [
        ['kind.test.jsonl', 'tasks', '500 items · multiple choice'],
        ['other.yaml', '/elsewhere', '500 items · multiple choice'],
        ['kind.train.jsonl', 'tasks', '500 items · multiple choice'],
      ],
    );
    assert.deepEqual(own.choices[0]?.value, { name: '/work/tasks/kind.test.jsonl', problem: undefined });
  });

  it('shows what has no data last, and why', () => {
    assert.deepEqual(
      builtIn.choices.map(({ label, description, detail }) => [label, description, detail]),
      [
        ['sst2', '872 items · multiple choice', undefined],
        ['gsm8k', '1,319 items · generation · 5-shot', undefined],
        ['boolq', 'not found · multiple choice', 'The documents of boolq are not here.'],
      ],
    );
  });

  it('keeps what was ticked', () => {
    const ticked = [...own.choices, ...builtIn.choices].filter(({ picked }) => picked).map(({ label }) => label);
    assert.deepEqual(ticked, ['kind.test.jsonl', 'sst2']);
  });

  it('says of a file that was chosen that it is no task', () => {
    const path = '/work/ci.yaml';
    const files = [{ path, listing: listing(path, undefined, { source: path, problem: 'It has no task.' }) }];
    const [choice] = taskGroups([], files, '/work', new Set())[0]?.choices ?? [];
    assert.deepEqual([choice?.description, choice?.detail], ['not a task', 'It has no task.']);
  });

  it('has no empty group', () => {
    assert.deepEqual(
      taskGroups(BUILT_IN, [], undefined, new Set()).map(({ title }) => title),
      ['Built in'],
    );
  });
});

it('a file that could not be read as a task bears its own path as its name', () => {
  assert.equal(isTask('/a/ci.yml', listing('/a/ci.yml')), false);
  assert.equal(isTask('/a/task.yaml', listing('mine')), true);
});
