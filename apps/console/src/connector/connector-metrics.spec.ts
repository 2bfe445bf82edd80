import { register } from 'prom-client';
import { connectorMetrics } from './connector-metrics.js';
import { REMEDIES } from './remedies.js';

it('each remedy counts from 0, because an alert on an increase does not see a series that starts at one', async () => {
  const metrics = connectorMetrics();
  const values = async () => {
    const counter = await register.getSingleMetric('cdc_connector_restarts_total')?.get();
    return (counter?.values ?? []).map(({ labels, value }) => ({ ...labels, value }));
  };
  const before = await values();
  for (const { remedy } of Object.values(REMEDIES)) {
    if (remedy === 'none') continue;
    for (const result of ['accepted', 'refused'] as const) {
      expect(before).toContainEqual({ remedy, result, value: 0 });
      metrics.count(remedy, result);
    }
  }
  expect(await values()).toHaveLength(before.length);
});
