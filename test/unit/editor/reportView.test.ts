/** Reports as they are sent to the page: of a port, of a diagnosis, of both; and the file that holds one. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, UserError } from '../../../src/base/errors.ts';
import {
  diagnosisFile,
  readDiagnosis,
  writeDiagnosis,
  type DiagnosisFile,
} from '../../../src/diagnostics/diagnosisFile.ts';
import type { Diagnosis } from '../../../src/diagnostics/types.ts';
import { Diagnoses, type DiagnosedPort } from '../../../src/editor/diagnoses.ts';
import { csvOf } from '../../../src/editor/report/csv.ts';
import { detailOf, reportView } from '../../../src/editor/report/view.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { port } from '../../../src/port/port.ts';
import { plainKernel } from '../../support/matrices.ts';
import { ROOT } from '../../support/paths.ts';
import { MADE, SMALL_PROBE, smallDiagnosis, smallFile } from '../../support/reportView.ts';

const VARIANTS = join(ROOT, 'test/golden/variants/cases');

describe('the view of a report', () => {
  let folder: string;
  let file: DiagnosisFile;
  let ported: DiagnosedPort;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portllm-report-'));
    file = await smallFile();
    const request: PortRequest = {
      ...{ patch: join(VARIANTS, 'layers-to-transform/patch'), onto: join(VARIANTS, 'bases/llama-new') },
      ...{ out: join(folder, 'ported'), scale: 1 },
      as: 'checkpoint',
    };
    ported = await port(request, plainKernel, '0.0.0', () => undefined, new AbortController().signal);
  });
  after(() => rm(folder, { recursive: true }));

  it('has every figure of a diagnosis beside its baseline', () => {
    const { metrics, tensors, verdict, kind } = reportView({ port: null, diagnosis: file });
    assert.equal(kind, 'diagnosis');
    assert.equal(tensors.length, file.diagnosis.tensors.length);
    const valueOf = (name: string): [number | null | undefined, number | null | undefined] => {
      const index = metrics.findIndex((metric) => metric.name === name);
      return [tensors[0]?.values[index], tensors[0]?.chances[index]];
    };
    const [first] = file.diagnosis.tensors;
    assert.deepEqual(valueOf('cosine'), [first?.alignment?.cosine.value, first?.alignment?.cosine.chance]);
    assert.deepEqual(valueOf('columns'), [first?.alignment?.columns?.value, first?.alignment?.columns?.chance]);
    assert.deepEqual(valueOf('keptNew'), [first?.kept?.newBase, first?.kept?.chance]);
    assert.deepEqual(valueOf('angleRows'), [1, first?.angles?.rows.chance[0]]);
    assert.deepEqual(valueOf('load'), [(first?.norms.evolution ?? 0) / (first?.norms.delta ?? 1), null]);
    for (const metric of metrics.filter(({ beside }) => beside !== null)) assert.ok(valueOf(metric.name)[1] !== null);
    assert.equal(verdict?.made, MADE.toISOString());
  });

  it('names what caused the verdict first, each line with its evidence and a source', () => {
    const { findings, verdict } = reportView({ port: null, diagnosis: file }).verdict ?? assert.fail();
    assert.equal(findings[0]?.verdict, verdict);
    const lineage = findings.find(({ text }) => text.includes('cos(W, W′)'));
    assert.equal(lineage?.evidence, 'hint: shown for moving a fine-tune to another base');
    assert.equal(lineage.sourceName, 'arXiv 2510.09658');
  });

  it('has a probe too, which may ask for a closer look', () => {
    const { probes, verdict } = reportView({ port: null, diagnosis: file });
    assert.deepEqual([verdict?.verdict, verdict?.findings[0]?.text], ['look closer', SMALL_PROBE.findings[0]?.text]);
    const [one] = probes;
    assert.ok(one);
    const [blend, scales] = one.lines;
    assert.ok(blend);
    assert.deepEqual(blend.points.map(({ parameter, text, accuracy }) => [parameter, text, accuracy])[2], [
      0.5,
      '2.75 ± 0.10',
      '90.0 %',
    ]);
    assert.deepEqual(
      [blend.parameter, scales?.parameter, one.subtitle],
      ['t', 'λ', '40 of 500 items; cpu, float32 arithmetic'],
    );
    const calm = reportView({ port: null, diagnosis: { ...file, probe: null } });
    assert.deepEqual([calm.probes, calm.verdict?.verdict], [[], file.diagnosis.summary.verdict]);
  });

  it('opens with the figure of what is gravest', () => {
    const grave = { verdict: 'does not fit', text: 'apart', grade: 'A', source: null, figure: 'lineage' } as const;
    const { findings } = file.diagnosis.summary;
    const summary = { ...file.diagnosis.summary, findings: [...findings, grave] };
    const of = (change: object): string | null | undefined =>
      reportView({ port: null, diagnosis: { ...file, probe: null, diagnosis: { ...file.diagnosis, ...change } } })
        .verdict?.figure;
    assert.equal(of({ summary }), 'lineage');
    assert.equal(of({ summary: { ...summary, findings: findings.filter(({ verdict }) => verdict === 'fits') } }), null);
    const names = new Set(reportView({ port: null, diagnosis: file }).metrics.map(({ name }) => name));
    for (const { figure } of findings) assert.ok(figure === undefined || names.has(figure), figure);
  });

  it('leaves out what is not known without an old base', async () => {
    const diagnosis = diagnosisFile(await smallDiagnosis(false), null, '0.0.0', MADE);
    const { metrics, notes } = reportView({ port: null, diagnosis });
    assert.ok(!metrics.some(({ group }) => group === 'Evolution'));
    assert.match(notes.join(), /Without the old base/);
  });

  it('shows a port as it was measured, until it is diagnosed; then both', () => {
    const alone = reportView({ port: ported, diagnosis: null });
    assert.deepEqual([alone.verdict, alone.kind, alone.coverage.length], [null, 'port', 2]);
    assert.ok(alone.metrics.some(({ name }) => name === 'lost'));
    const both = reportView({ port: ported, diagnosis: file });
    assert.deepEqual([both.title, both.facts, both.kind], [alone.title, alone.facts, 'port']);
    assert.ok(both.metrics.some(({ name }) => name === 'lineage'));
    assert.notEqual(both.verdict, null);
  });

  it('agrees with the port on what it measured', () => {
    const [alone, both] = [
      reportView({ port: ported, diagnosis: null }),
      reportView({ port: ported, diagnosis: file }),
    ];
    const of = (view: typeof alone, name: string): number[] => {
      const index = view.metrics.findIndex((metric) => metric.name === name);
      return view.tensors.map(({ values }) => values[index] ?? NaN);
    };
    const dtype = alone.tensors[0]?.dtype ?? '';
    for (const [own, diagnosed] of [
      ['delta', 'delta'],
      ['relative', 'relative'],
      ['lost', `error${dtype}`],
      ['unchanged', `absorbed${dtype}`],
    ] as const) {
      const found = of(both, diagnosed);
      of(alone, own).forEach((value, i) => {
        const difference = Math.abs(value - (found[i] ?? NaN));
        assert.ok(difference <= 1e-3 * Math.abs(value) + 1e-7, `${own} of ${i}: ${value}, ${found[i]}`);
      });
    }
  });

  it('has the details of a tensor, and of no other', () => {
    const [first] = file.diagnosis.tensors;
    const detail = detailOf({ port: null, diagnosis: file }, first?.target ?? '');
    assert.deepEqual(detail?.spectrum, first?.spectrum);
    assert.equal(detailOf({ port: null, diagnosis: file }, '__proto__'), undefined);
    const name = ported.provenance.tensors[0]?.target ?? '';
    assert.deepEqual(detailOf({ port: ported, diagnosis: null }, name)?.histogram, null);
  });

  it('writes one line of CSV for each tensor, with what chance gives', () => {
    const view = reportView({ port: null, diagnosis: file });
    const [head = '', ...lines] = csvOf(view).trimEnd().split('\r\n');
    assert.equal(lines.length, view.tensors.length);
    const names = head.split(',');
    assert.ok(names.includes('cosine_chance') && !names.includes('delta_chance'));
    assert.equal(lines[0]?.split(',')[names.indexOf('delta')], String(file.diagnosis.tensors[0]?.norms.delta));
  });

  it('goes into a file and comes back, and nothing is overwritten', async () => {
    const path = join(folder, 'some.diagnosis.json');
    await writeDiagnosis(path, file);
    assert.deepEqual(await readDiagnosis(path), JSON.parse(JSON.stringify(file)));
    await assert.rejects(writeDiagnosis(path, file), UserError);
  });

  it('says what is wrong with a file that is none, or was damaged', async () => {
    const whole = JSON.stringify(file);
    const damaged: Readonly<Record<string, [string, RegExp]>> = {
      'not JSON': [whole.slice(0, 100), /is not JSON/],
      'another file': ['{"model_type": "llama"}', /portllm/],
      'a later version': [whole.replace('"version":1', '"version":2'), /version/],
      'a finding that links to a program': [whole.replaceAll('https://arxiv.org', 'command:run'), /source/],
      'a tensor without a name': [whole.replace('"target":', '"goal":'), /target/],
    };
    for (const [what, [text, reason]] of Object.entries(damaged)) {
      const path = join(folder, 'damaged.diagnosis.json');
      await writeFile(path, text);
      await assert.rejects(readDiagnosis(path), (error) => {
        assert.ok(error instanceof InputError && error.message.includes(path) && reason.test(error.message), what);
        return true;
      });
    }
  });

  it('is kept until the port is another, and only the newest are', async () => {
    const kept = new Diagnoses(join(folder, 'kept'));
    assert.equal(await kept.ofPort(ported), null);
    const path = await kept.keep(file.diagnosis, file.probe, ported);
    assert.equal((await kept.ofPort(ported))?.diagnosis.patch.name, 'patch');
    const patch = { ...ported.provenance.patch, sha256: 'f'.repeat(64) };
    assert.equal(await kept.ofPort({ ...ported, provenance: { ...ported.provenance, patch } }), null);
    const again: Diagnosis = { ...file.diagnosis, request: { ...file.diagnosis.request, scale: 2 } };
    assert.notEqual(await kept.keep(again, null, undefined), path);
    assert.equal(await kept.keep(again, null, undefined), await kept.keep(again, null, undefined));
    assert.deepEqual((await kept.list()).map(({ title }) => title).sort(), [
      'patch on llama-new',
      'patch × 2 on llama-new',
    ]);
    const few = new Diagnoses(join(folder, 'few'), 2);
    for (const scale of [1, 2, 3]) {
      await few.keep({ ...file.diagnosis, request: { ...file.diagnosis.request, scale } }, null, undefined);
      await sleep(20);
    }
    assert.deepEqual(
      (await few.list()).map(({ title }) => title),
      ['patch × 3 on llama-new', 'patch × 2 on llama-new'],
    );
    assert.equal((await readdir(join(folder, 'few'))).length, 4, 'nothing else is left');
    assert.ok((await readFile(path, 'utf8')).length > 100);
  });
});
