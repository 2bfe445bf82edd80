import { consumerStateIn } from './consumer-state.js';

// As a consumer exposes them.
const METRICS = `
# HELP delivery_parked_keys Lanes that wait for a back-off or a dependency, the others going on
# TYPE delivery_parked_keys gauge
delivery_parked_keys{consumer="email"} 2
# TYPE delivery_window_records gauge
delivery_window_records{consumer="email",topic="payment.completed",partition="3"} 17
delivery_window_records{consumer="email",topic="payment.completed.email.redrive",partition="3"} 0
delivery_records_total{consumer="email",outcome="applied"} 4
`;

describe('the state of a consumer, read from its metrics', () => {
  it('has its records in flight by topic and partition', () => {
    expect(consumerStateIn(METRICS, 'email')).toEqual({
      parkedKeys: 2,
      inFlightRecords: new Map([
        ['payment.completed/3', 17],
        ['payment.completed.email.redrive/3', 0],
      ]),
    });
  });

  it('is unknown if another consumer answers, or if the metric has another name', () => {
    expect(consumerStateIn(METRICS, 'loyalty')).toBeUndefined();
    expect(consumerStateIn(METRICS.replaceAll('parked_keys', 'parked'), 'email')).toBeUndefined();
  });
});
