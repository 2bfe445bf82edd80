import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { runbookSections } from '../../build/runbook-sections.mjs';

const root = new URL('../../../../', import.meta.url);
const sections = runbookSections(readFileSync(new URL('docs/runbook.md', root), 'utf8'));
const anchors = sections.map(({ anchor }) => anchor);

/** The runbook annotation of each alert. */
const links = readdirSync(new URL('infra/prometheus/rules/', root)).flatMap((file) => {
  const text = readFileSync(new URL(`infra/prometheus/rules/${file}`, root), 'utf8');
  const { groups } = parse(text) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules.flatMap((rule) => rule.annotations?.runbook ?? []));
});
interface Rule {
  annotations?: { runbook?: string };
}

describe('the runbook beside an alert', () => {
  it('has a section for each alert', () => {
    expect(links.length).toBeGreaterThan(20);
    const missing = links.filter((link) => !anchors.includes(link.replace('docs/runbook.md#', '')));
    expect(missing).toEqual([]);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  it('links only to sections that exist', () => {
    const inside = [...JSON.stringify(sections).matchAll(/"href":"#([^"]+)"/g)];
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.map(([, anchor]) => anchor).filter((one) => !anchors.includes(one!))).toEqual([]);
  });

  it('is a tree: text stays text', () => {
    expect(runbookSections('## A & B\n\nSee `x < y` & **do** [it](#a--b).\n')).toEqual([
      {
        anchor: 'a--b',
        title: 'A & B',
        blocks: [
          {
            type: 'paragraph',
            inline: [
              'See ',
              { type: 'code', text: 'x < y' },
              ' & ',
              { type: 'strong', inline: ['do'] },
              ' ',
              { type: 'link', href: '#a--b', inline: ['it'] },
              '.',
            ],
          },
        ],
      },
    ]);
  });

  it.each([
    ['markup', '## A\n\n<img src=x onerror=alert(1)>\n'],
    ['markup in a line', '## A\n\nsee <b>this</b>\n'],
    ['a link that runs', '## A\n\n[x](javascript:alert(1))\n'],
    ['a picture', '## A\n\n![x](https://example.com/x.png)\n'],
    ['a link into the system', '## A\n\n[x](/api/dlq)\n'],
  ])('the build refuses %s', (_, markdown) => {
    expect(() => runbookSections(markdown)).toThrow(/^the runbook/);
  });
});
