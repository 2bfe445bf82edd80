import { windowsIn } from './windows.js';

// As a consumer prints them.
const METRICS = `
# HELP delivery_parked_keys Lanes that wait for a back-off or a dependency, the others going on
# TYPE delivery_parked_keys gauge
delivery_parked_keys{consumer="email"} 2
# TYPE delivery_window_records gauge
delivery_window_records{consumer="email",topic="payment.completed",partition="3"} 17
delivery_window_records{consumer="email",topic="payment.completed.email.redrive",partition="3"} 0
delivery_records_total{consumer="email",outcome="applied"} 4
`;

describe("a consumer's windows, in its metrics", () => {
  it('are read by topic and partition', () => {
    expect(windowsIn(METRICS, 'email')).toEqual({
      parkedKeys: 2,
      records: new Map([
        ['payment.completed/3', 17],
        ['payment.completed.email.redrive/3', 0],
      ]),
    });
  });

  it('are unknown when another answers, or the metric has another name', () => {
    expect(windowsIn(METRICS, 'loyalty')).toBeUndefined();
    expect(windowsIn(METRICS.replaceAll('parked_keys', 'parked'), 'email')).toBeUndefined();
  });
});
