import { basename } from 'node:path';
import * as vscode from 'vscode';
import { plural } from '../../base/format.ts';
import type { PartState, State } from '../../cluster/look.ts';
import { summaryOf } from '../../cluster/words.ts';
import type { ClusterJobs } from './clusterJobs.ts';
import type { End, RememberedJob } from './remembered.ts';

/** A row: a job, or a step of it. */
export type JobNode =
  | { readonly type: 'job'; readonly out: string }
  | { readonly type: 'part'; readonly out: string; readonly part: PartState };

/** Jobs on a cluster, with their parts: what waits and why, what runs, what failed and its log. */
export class JobsTree implements vscode.TreeDataProvider<JobNode> {
  readonly onDidChangeTreeData: vscode.Event<void>;
  private readonly jobs: ClusterJobs;

  constructor(jobs: ClusterJobs) {
    this.jobs = jobs;
    this.onDidChangeTreeData = jobs.onDidChange;
  }

  getChildren(node?: JobNode): JobNode[] {
    if (node === undefined) return this.jobs.all.map(({ out }) => ({ type: 'job', out }));
    if (node.type === 'part') return [];
    return (this.jobs.statesOf(node.out) ?? []).map((part) => ({ type: 'part', out: node.out, part }));
  }

  getTreeItem(node: JobNode): vscode.TreeItem {
    if (node.type === 'part') return partRow(node.out, node.part);
    const job = this.jobs.all.find(({ out }) => out === node.out);
    return job === undefined ? new vscode.TreeItem(basename(node.out)) : jobRow(job, this.jobs.statesOf(node.out));
  }
}

const ENDED: Readonly<Record<End, string>> = { done: 'done', failed: 'failed', cancelled: 'taken back' };

function jobRow({ out, kind, title, end }: RememberedJob, states: readonly PartState[] | undefined): vscode.TreeItem {
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  // One that has ended well has only its result.
  const row = new vscode.TreeItem(title, end === 'done' ? None : Collapsed);
  const standing = states === undefined ? 'asking Slurm…' : summaryOf(states);
  row.id = out;
  row.description = `${kind}, ${end === undefined ? standing : ENDED[end]}`;
  row.tooltip = `${out}\n${row.description}`;
  row.iconPath = iconOf(end === undefined ? stateOf(states) : end === 'done' ? 'done' : 'failed');
  row.contextValue = `job.${end ?? 'running'}`;
  row.accessibilityInformation = { label: `${title}, ${row.description}` };
  return row;
}

function stateOf(states: readonly PartState[] | undefined): State {
  return states?.some(({ state }) => state === 'running') === true ? 'running' : 'queued';
}

function partRow(out: string, { what, state, reason, log, logFile }: PartState): vscode.TreeItem {
  const row = new vscode.TreeItem(what);
  row.id = `${out}|${what}`;
  row.description = reason === '' ? state : `${state} (${reason})`;
  row.tooltip = [`${what}: ${row.description}`, ...log].join('\n');
  row.iconPath = iconOf(state);
  row.contextValue = 'jobPart';
  const lines = log.length === 0 ? '' : `, log of ${plural(log.length, 'line')}`;
  row.accessibilityInformation = { label: `${what}, ${row.description}${lines}` };
  if (state !== 'queued' && logFile !== '')
    row.command = { command: 'vscode.open', title: 'Open Log', arguments: [vscode.Uri.file(logFile)] };
  return row;
}

function iconOf(state: State): vscode.ThemeIcon {
  switch (state) {
    case 'queued':
      return new vscode.ThemeIcon('watch');
    case 'running':
      return new vscode.ThemeIcon('sync~spin');
    case 'done':
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed'));
  }
}
