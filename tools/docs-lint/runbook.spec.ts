import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, RARE_METRICS } from './alerts/metrics.fixture.js';
import { alerts, metricsIn, ruleTests } from './alerts/rules.fixture.js';
import { repositoryRoot } from '../repository-root.js';

const runbook = readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8');
const rules = alerts();
const byName = rules.map((rule) => [rule.alert, rule] as const);
const sections = runbook.split(/^(?=#{2,3} )/m).map((section) => ({
  heading: /^#{2,3} (.+)/.exec(section)?.[1] ?? '',
  text: section,
}));
/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replace(/ /g, '-');
const sectionOf = (link = '') =>
  sections.find(({ heading }) => link === `docs/runbook.md#${anchorOf(heading)}`);

describe('an alert as code', () => {
  it.each(byName)('%s says how bad it is, what happens, and where to look', (_, rule) => {
    expect(['critical', 'warning']).toContain(rule.labels?.severity);
    expect(rule.annotations?.summary?.length).toBeGreaterThan(20);
    expect(sectionOf(rule.annotations?.runbook)).toBeDefined();
  });

  it.each(byName)('%s is shown by promtool to fire, and not to', (alert) => {
    const instants = ruleTests()
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ alertname }) => alertname === alert);
    const fires = instants.filter(({ exp_alerts = [] }) => exp_alerts.length > 0);
    expect(fires.length).toBeGreaterThan(0);
    expect(instants.length).toBeGreaterThan(fires.length);
  });

  it('is the only one of its name, and every test is of one that exists', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    const tested = ruleTests().flatMap(({ alert_rule_test }) => alert_rule_test);
    expect(tested.filter(({ alertname }) => !names.includes(alertname))).toEqual([]);
  });

  // In the end-to-end level each of these is seen to be exported.
  it.each(byName)('%s reads only metrics that are part of the contract', (_, rule) => {
    const known = { ...METRICS, ...RARE_METRICS, completed_payments_judged_min: [] };
    expect(metricsIn(rule).filter((name) => !(name in known))).toEqual([]);
  });

  it('there is one for the dead letters of each consumer', () => {
    const watched = rules.flatMap(
      ({ expr }) => /dead_letters\{consumer="(\w+)"/.exec(expr)?.[1] ?? [],
    );
    expect(watched).toEqual(['email', 'loyalty', 'search']);
  });
});

describe('docs/runbook.md', () => {
  const linked = new Set(rules.map(({ annotations }) => sectionOf(annotations?.runbook)));

  it.each([...linked].map((section) => [section?.heading ?? '', section?.text ?? ''] as const))(
    '%s: for customers, look, decide, act, verify',
    (_, text) => {
      const steps = [...text.matchAll(/^\*\*([\w ]+)\.\*\*/gm)].map(([, step]) => step);
      expect(steps).toEqual(['For customers', 'Look', 'Decide', 'Act', 'Verify']);
    },
  );

  it('describes no alert that does not exist', () => {
    const chapters = sections.filter(({ text }) => text.includes('**For customers.**'));
    expect(chapters.filter((section) => !linked.has(section))).toEqual([]);
  });

  it('answers its questions with metrics that are exported', () => {
    const { text = '' } = sections.find(({ heading }) => heading.startsWith('Which number')) ?? {};
    const named = [...text.matchAll(/`([a-z]+(?:_[a-z]+)+)[{`]/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(20);
    const known = { ...METRICS, ...RARE_METRICS };
    expect(named.filter((name) => !(name in known))).toEqual([]);
  });
});
