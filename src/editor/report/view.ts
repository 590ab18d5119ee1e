import { formatBytes, formatCount, plural } from '../../base/format.ts';
import type { CheckpointIdentity } from '../../checkpoint/identityTypes.ts';
import type { DiagnosisFile } from '../../diagnostics/diagnosisFile.ts';
import { groupOf } from '../../diagnostics/group.ts';
import type { Probe } from '../../diagnostics/probeTypes.ts';
import type { Diagnosis, Finding, TensorDiagnosis } from '../../diagnostics/types.ts';
import { verdictOf as gravestOf } from '../../diagnostics/summary.ts';
import { GRADES, WEIGHTS } from '../../diagnostics/types.ts';
import { diagnosisTitle } from '../../diagnostics/title.ts';
import { patchName, type PortedTensor, type Provenance } from '../../port/provenance.ts';
import { DIAGNOSED, PORTED, type Metric } from './metrics.ts';
import { probesOf } from './probes.ts';
import type {
  ReportView,
  ViewDetail,
  ViewFinding,
  ViewMetric,
  ViewShare,
  ViewTensor,
  ViewVerdict,
} from './viewTypes.ts';

/** What there is to be shown: a port, what was diagnosed, or both. */
export interface ReportSource {
  readonly port: { readonly folder: string; readonly provenance: Provenance } | null;
  readonly diagnosis: DiagnosisFile | null;
}

/** What a port says of itself stays; the figures are those of the diagnosis, where there is one. */
export function reportView({ port, diagnosis }: ReportSource): ReportView {
  if (port !== null) {
    const own = ofPort(port.folder, port.provenance);
    return diagnosis === null ? own : { ...own, ...figuresOf(diagnosis) };
  }
  if (diagnosis === null) throw new Error('a report of nothing');
  return ofDiagnosis(diagnosis);
}

function ofPort(folder: string, provenance: Provenance): ReportView {
  const { newBase, tensors, output, coverage, oldBase, combined } = provenance;
  return {
    title: `${patchName(provenance)} on ${newBase.name}`,
    subtitle:
      output === 'adapter'
        ? `The adapter patches ${coverage.touchedTensors} of ${coverage.baseTensors} tensors of the new base.`
        : `${coverage.touchedTensors} of ${coverage.baseTensors} tensors were patched; the others are the new base's, byte for byte.`,
    kind: 'port',
    verdict: null,
    cannotDiagnose:
      combined.length > 0 ? 'Several patches were combined into one, which cannot be diagnosed together yet.' : null,
    warnings: provenance.warnings,
    facts: [
      ['Output', `${folder} (${output})`],
      ...(combined.length > 0 ? combined : [provenance.patch]).map((one) => ['Patch', describePatch(one)] as const),
      ...provenance.chain.map(({ onto }) => ['Ported before onto', onto.path] as const),
      ['New base', describeBase(newBase)],
      ...(oldBase === null ? [] : [['Old base', oldBase.path] as const]),
      ['Formula', provenance.formula],
      ['Scale λ', String(provenance.scale)],
      ['Computed on', provenance.device],
      ['Patch SHA-256', (combined.length > 0 ? combined : [provenance.patch]).map(({ sha256 }) => sha256).join(', ')],
    ],
    coverage: sharesOf(provenance),
    ...numbersOf(PORTED, tensors),
    probes: [],
    notes: tensors.some(({ measured }) => measured !== null)
      ? []
      : [
          "An adapter is ported without reading the new base's weights, so ‖W′‖ and rounding are not known. Diagnose… reads them.",
        ],
  };
}

type Figures = Pick<ReportView, 'verdict' | 'probes' | 'metrics' | 'tensors' | 'notes'>;

function figuresOf({ diagnosis, probe, made }: DiagnosisFile): Figures {
  return {
    verdict: verdictOf(diagnosis, probe, made),
    probes: probe === null ? [] : probesOf(probe),
    ...numbersOf(DIAGNOSED, diagnosis.tensors),
    notes: diagnosis.oldBase === null ? ['Without the old base nothing is known of the evolution.'] : [],
  };
}

function ofDiagnosis(file: DiagnosisFile): ReportView {
  const { patch, newBase, oldBase, request, tensors } = file.diagnosis;
  return {
    ...figuresOf(file),
    title: diagnosisTitle(file.diagnosis),
    subtitle: `${plural(tensors.length, 'tensor')} would be patched. Nothing was written.`,
    kind: 'diagnosis',
    cannotDiagnose: null,
    warnings: [],
    facts: [
      ['Patch', `${patch.path} (${patch.method}, rank ${patch.ranks.join(', ')}, ${patch.dtype})`],
      ['New base', describeBase(newBase)],
      ['Old base', oldBase === null ? 'not given' : oldBase.path],
      ...(request.against === undefined ? [] : [['Retrained patch', request.against] as const]),
      ['Scale λ', String(request.scale)],
      [
        'Leading directions',
        request.directions === 0 ? 'not compared' : `${request.directions} of each weight and of its evolution`,
      ],
    ],
    coverage: [],
  };
}

function describePatch(patch: Provenance['patch'] & { readonly weight?: number }): string {
  const weight = patch.weight === undefined ? '' : `, weight ${patch.weight}`;
  return `${patch.path} (made for ${patch.baseName ?? 'an unnamed base'}, ${formatBytes(patch.bytes)}${weight})`;
}

function describeBase(base: Pick<CheckpointIdentity, 'path' | 'architecture' | 'parameters' | 'dtype'>): string {
  return `${base.path} (${base.architecture}, ${formatCount(base.parameters)} parameters, ${base.dtype})`;
}

function sharesOf({ coverage: c }: Provenance): ViewShare[] {
  return [
    {
      share: c.matchedPatchTensors / Math.max(1, c.patchTensors),
      words: `${c.matchedPatchTensors} of ${c.patchTensors} patch tensors were ported`,
    },
    {
      share: c.touchedParameters / Math.max(1, c.baseParameters),
      words: `${formatCount(c.touchedParameters)} of ${formatCount(c.baseParameters)} parameters were touched`,
    },
  ];
}

/** The gravest first: they are why the verdict is what it is. */
function verdictOf({ summary }: Diagnosis, probe: Probe | null, made: string): ViewVerdict {
  const gravity = (one: Finding): number => WEIGHTS.indexOf(one.verdict);
  const findings = [...(probe?.findings ?? []), ...summary.findings];
  const shown = findings.toSorted((a, b) => gravity(b) - gravity(a));
  return {
    verdict: gravestOf(findings),
    next: summary.next,
    figure: shown.find((one) => gravity(one) > WEIGHTS.indexOf('fits') && one.figure !== undefined)?.figure ?? null,
    made,
    findings: shown.map((one): ViewFinding => ({ ...one, ...evidenceOf(one) })),
  };
}

function evidenceOf({ grade, source }: Finding): Pick<ViewFinding, 'evidence' | 'sourceName'> {
  const paper = source === null ? null : /arxiv\.org\/abs\/([\d.]+)/.exec(source)?.[1];
  return { evidence: GRADES[grade], sourceName: paper == null ? source : `arXiv ${paper}` };
}

type Described = Pick<
  PortedTensor | TensorDiagnosis,
  'target' | 'module' | 'layer' | 'type' | 'shape' | 'dtype' | 'method'
>;

/** Metrics that no tensor has are left out. */
function numbersOf<T extends Described>(
  metrics: readonly Metric<T>[],
  tensors: readonly T[],
): { metrics: ViewMetric[]; tensors: ViewTensor[] } {
  const known = metrics.filter(({ of }) => tensors.some((tensor) => finite(of(tensor)) !== null));
  return {
    metrics: known.map(shownMetric),
    tensors: tensors.map((tensor) => {
      const { target, module, layer, type, shape, dtype, method } = tensor;
      return {
        ...{ target, module, layer, type, shape, dtype, method, group: groupOf(module) },
        values: known.map(({ of }) => finite(of(tensor))),
        chances: known.map(({ chance }) => finite(chance(tensor))),
      };
    }),
  };
}

function shownMetric({ name, label, group, explanation, unit, beside, combine }: ViewMetric): ViewMetric {
  return { name, label, group, explanation, unit, beside, combine };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/** What is shown of one tensor alone; undefined where the report has no such tensor. */
export function detailOf({ diagnosis, port }: ReportSource, target: string): ViewDetail | undefined {
  const found = diagnosis?.diagnosis.tensors.find((tensor) => tensor.target === target);
  if (found !== undefined) {
    const { spectrum, histogram, angles } = found;
    return { target, spectrum, histogram, angles };
  }
  const isPorted = port?.provenance.tensors.some((tensor) => tensor.target === target) === true;
  return isPorted ? { target, spectrum: null, histogram: null, angles: null } : undefined;
}
