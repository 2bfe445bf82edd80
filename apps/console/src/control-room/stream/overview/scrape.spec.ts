import { Scrape } from './scrape.js';

const TEXT = `# HELP records_total What is counted
# TYPE records_total counter
records_total{consumer="email",outcome="applied"} 3
records_total{consumer="email",outcome="duplicate"} 1
records_total{consumer="search",outcome="applied"} 9
records_total_more{consumer="email"} 100
parked 0
text{name="a } in \\"quotes\\""} 1.5e+3
`;
const NAMES = ['records_total', 'parked', 'text'];

describe('the metrics of an app', () => {
  const metrics = new Scrape(TEXT, NAMES);

  it('are values by label, and sums', () => {
    expect(Object.fromEntries(metrics.by('records_total', 'outcome'))).toEqual({
      applied: 12,
      duplicate: 1,
    });
    expect(metrics.by('records_total', 'outcome', { consumer: 'email' }).get('applied')).toBe(3);
    expect(metrics.sum('records_total', { consumer: 'search' })).toBe(9);
    expect(metrics.sum('parked')).toBe(0);
    expect([...metrics.by('text', 'name')]).toEqual([['a } in \\"quotes\\"', 1_500]]);
  });

  it('are null when absent, and not 0', () => {
    expect(metrics.sum('records_total', { consumer: 'loyalty' })).toBeNull();
    expect(metrics.sum('never_measured')).toBeNull();
  });
});
