import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { InputError } from '../../../../src/base/errors.ts';
import { openJournal, openPartJournal } from '../../../../src/evaluation/results/journal.ts';
import type { Answer } from '../../../../src/evaluation/types.ts';

const KEY = 'ab'.repeat(32);
const ANSWERS: readonly Answer[] = [
  { kind: 'loglikelihood', logProbability: -0.1234567890123456, greedy: true, tokens: 2, truncated: 0 },
  { kind: 'loglikelihood', logProbability: -Infinity, greedy: false, tokens: 1, truncated: 3 },
  { kind: 'loglikelihood_rolling', logProbability: NaN, tokens: 7 },
  { kind: 'generate_until', text: 'line one\nline "two" \ud800 ü', tokens: 4, truncated: 0 },
];

describe('the journal', () => {
  let root: string;
  let number = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'portllm-journal-'));
  });
  after(() => rm(root, { recursive: true, force: true }));
  const folder = (): string => join(root, String(number++));
  const pathIn = (out: string, ending = 'jsonl'): string => join(out, '.portllm-journal', `${KEY}.${ending}`);
  async function write(out: string, docs: readonly number[]): Promise<void> {
    await using journal = await openJournal(out, KEY);
    for (const docId of docs) journal.add(docId, ANSWERS);
  }
  async function known(out: string): Promise<ReadonlyMap<number, readonly Answer[]>> {
    await using journal = await openJournal(out, KEY);
    return journal.known();
  }

  it('knows what parts have answered, and passes over what one is just writing', async () => {
    const out = folder();
    await write(out, [1]);
    const line = await readFile(pathIn(out), 'utf8');
    const of = (docId: number): string => line.replace('"docId": 1', `"docId": ${docId}`);
    await writeFile(pathIn(out, 'a.jsonl'), `${of(2)}${of(3).slice(0, 20)}`);
    await writeFile(pathIn(out, 'b.jsonl'), of(4));
    await writeFile(join(out, '.portllm-journal', `${'cd'.repeat(32)}.c.jsonl`), of(5));
    assert.deepEqual([...(await known(out)).keys()].toSorted(), [1, 2, 4]);
  });

  it('of a part is a file of its own, which several may have at once, and none where nothing was answered', async () => {
    const out = folder();
    {
      await using first = await openPartJournal(out, KEY);
      await using second = await openPartJournal(out, KEY);
      first.add(1, ANSWERS);
      assert.equal(second.known().size, 0);
    }
    assert.equal((await readdir(join(out, '.portllm-journal'))).length, 1);
    assert.deepEqual([...(await known(out)).keys()], [1]);
  });

  it('gives back what was added, to the bit', async () => {
    const out = folder();
    await write(out, [3, 1]);
    const read = await known(out);
    assert.deepEqual([...read.keys()], [3, 1]);
    assert.deepStrictEqual(read.get(3), ANSWERS);
  });

  it('has every item on the disk a second later, without being closed', async () => {
    const out = folder();
    await using journal = await openJournal(out, KEY);
    journal.add(5, ANSWERS);
    assert.equal(await readFile(pathIn(out), 'utf8'), '');
    await setTimeout(1300);
    assert.equal((await readFile(pathIn(out), 'utf8')).match(/"docId": 5/g)?.length, 1);
  });

  it('goes on behind a line that was torn', async () => {
    const out = folder();
    await write(out, [0, 1]);
    await appendFile(pathIn(out), '{"docId": 2, "answers": [{"kind": "generate_until", "te');
    await write(out, [4]);
    assert.deepEqual([...(await known(out)).keys()], [0, 1, 4]);
  });

  it('does not count lines that are damaged, and of two of one document the later', async () => {
    const out = folder();
    await write(out, [0]);
    await appendFile(
      pathIn(out),
      '{"docId": 1, "answers": [{"kind": "loglikelihood"}]}\n\0\0\0\n{"docId": 0, "answers": []}\n',
    );
    await write(out, [2]);
    const read = await known(out);
    assert.deepEqual([...read.keys()], [0, 2]);
    assert.deepEqual(read.get(0), []);
  });

  it('refuses a second opener in this process, by whatever path', async () => {
    const out = folder();
    await mkdir(out);
    await symlink(out, `${out}-link`);
    const first = await openJournal(out, KEY);
    await assert.rejects(openJournal(`${out}-link`, KEY), (error: InputError) => {
      assert.match(error.message, new RegExp(`process ${process.pid} on ${hostname()}, since \\d`));
      return error instanceof InputError;
    });
    await first.close();
  });

  it('refuses another process that is alive, and takes over from one that was killed', async () => {
    const out = folder();
    const url = pathToFileURL(join(import.meta.dirname, '../../../../src/evaluation/results/journal.ts')).href;
    const program = `
      const { openJournal } = await import(${JSON.stringify(url)});
      const journal = await openJournal(${JSON.stringify(out)}, '${KEY}');
      journal.add(8, []);
      await new Promise((resolve) => setTimeout(resolve, 1300));
      journal.add(9, []);
      console.log('open');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await assert.rejects(openJournal(out, KEY), { message: new RegExp(`process ${child.pid ?? 0} on`) });
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual([...(await known(out)).keys()], [8]);
    assert.deepEqual(await readdir(join(out, '.portllm-journal')), [`${KEY}.jsonl`]);
  });

  it('does not trust the number of a process on another host, nor a lock that cannot be read', async () => {
    const out = folder();
    await mkdir(join(out, '.portllm-journal'), { recursive: true });
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const since = new Date().toISOString();
    await writeFile(pathIn(out, 'lock'), JSON.stringify({ pid, host: 'elsewhere', since }));
    await assert.rejects(openJournal(out, KEY), { message: /on elsewhere, since/ });
    await writeFile(pathIn(out, 'lock'), '');
    await assert.rejects(openJournal(out, KEY), { message: /by another process/, hint: /delete .*\.lock/ });
    await writeFile(pathIn(out, 'lock'), JSON.stringify({ pid, host: hostname(), since }));
    assert.equal((await known(out)).size, 0);
    // A process of an earlier life of this host had our number.
    await writeFile(pathIn(out, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), since }));
    assert.equal((await known(out)).size, 0);
  });

  it('lets only one of several take over', async () => {
    const out = folder();
    await mkdir(join(out, '.portllm-journal'), { recursive: true });
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(pathIn(out, 'lock'), JSON.stringify({ pid, host: hostname(), since: '' }));
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openJournal(out, KEY)));
    const won = opened.filter((each) => each.status === 'fulfilled');
    assert.equal(won.length, 1);
    await won[0]?.value.close();
    assert.deepEqual(await readdir(join(out, '.portllm-journal')), [`${KEY}.jsonl`]);
  });

  it('says so when it cannot be written', async () => {
    const out = folder();
    await writeFile(out, '');
    await assert.rejects(openJournal(out, KEY), { name: 'UserError', message: /Cannot write .*jsonl: .*not a folder/ });
    await assert.rejects(openJournal(out, '../x'), InputError);
  });
});
