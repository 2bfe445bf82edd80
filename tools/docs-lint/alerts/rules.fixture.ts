import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../repository-root.js';

const folder = join(repositoryRoot, 'infra', 'prometheus');

export interface Rule {
  alert: string;
  expr: string;
  labels?: { severity?: string };
  annotations?: { summary?: string; runbook?: string };
}
export interface RuleTest {
  name: string;
  alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[];
}

export const filesIn = (part: 'rules' | 'profiles' | 'tests'): string[] =>
  readdirSync(join(folder, part)).map((file) => join(folder, part, file));

const read = (file: string) => parse(readFileSync(file, 'utf8'), { merge: true }) as unknown;

/** Every alert, whatever file it is in. */
export const alerts = (): Rule[] =>
  filesIn('rules').flatMap((file) => {
    const { groups } = read(file) as { groups: { rules: Rule[] }[] };
    return groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert);
  });

/** What promtool is asked to show, whatever file it is in. */
export const ruleTests = (): RuleTest[] =>
  filesIn('tests').flatMap((file) => (read(file) as { tests: RuleTest[] }).tests);

/** The counters that an alert reads, with the labels it selects. A histogram has several. */
export function countersIn({ expr }: Pick<Rule, 'expr'>) {
  const selected = expr.matchAll(/\b([a-z_]+_(?:total|bucket|count))\b(?:\{([^}]*)\})?/g);
  return [...selected].map(([, name = '', selectors = '']) => {
    const labels = [...selectors.matchAll(/(\w+)="([^"]*)"/g)];
    return { name, labels: Object.fromEntries(labels.map(([, label, value]) => [label, value])) };
  });
}

const FUNCTIONS = ['histogram_quantile', 'max_over_time', 'label_replace'];

/** The metrics an alert reads; of a histogram its name without `_bucket` and `_count`. */
export function metricsIn({ expr }: Pick<Rule, 'expr'>): string[] {
  const names = expr.replace(/\{[^}]*\}/g, '').match(/\b[a-z]+(_[a-z0-9]+)+\b/g) ?? [];
  return names
    .map((name) => name.replace(/_(bucket|count)$/, ''))
    .filter((name) => !FUNCTIONS.includes(name));
}
