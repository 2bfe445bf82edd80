import { freshGauge } from '@effectively-once/platform';
import { Counter, register } from 'prom-client';
import type { ConnectorReport } from './connector-supervisor.js';
import { CONDITIONS } from './condition.js';
import { SLOT } from './connect-api.js';
import { REMEDIES, type Remedy } from './remedies.js';

const MS_PER_S = 1_000;

/** The metrics of the connector. A value that cannot be read is absent, and never an old one. */
export function connectorMetrics() {
  const up = freshGauge(
    'cdc_connector_up',
    '1 only if its task runs, reads its slot and makes progress',
  );
  const condition = freshGauge(
    'cdc_connector_condition',
    '1 for the current condition of the connector',
    ['condition'],
  );
  const active = freshGauge('cdc_slot_active', '1 while the connector reads the slot');
  const lag = freshGauge(
    'cdc_slot_lag_bytes',
    'Write-ahead log that the connector has not confirmed',
    ['slot'],
  );
  const unmoved = freshGauge(
    'cdc_slot_unmoved_seconds',
    'Time since the confirmed position last moved',
    ['slot'],
  );
  const restarts = 'cdc_connector_restarts_total';
  // Replaces the counter of an earlier app in this process, as freshGauge does.
  register.removeSingleMetric(restarts);
  const counter = new Counter({
    name: restarts,
    help: 'Remedies of the connector supervision, and whether Connect accepted them',
    labelNames: ['remedy', 'result'] as const,
  });
  // increase() does not see a series that starts at one: the alert would miss the first remedies.
  for (const { remedy } of Object.values(REMEDIES)) {
    if (remedy === 'none') continue;
    for (const result of ['accepted', 'refused']) counter.inc({ remedy, result }, 0);
  }
  return {
    show: (report: ConnectorReport) => {
      const { slot } = report.observation;
      up.set(report.condition === 'healthy' ? 1 : 0);
      for (const one of CONDITIONS)
        condition.set({ condition: one }, one === report.condition ? 1 : 0);
      active.set(slot !== undefined && slot !== 'missing' && slot.active ? 1 : 0);
      lag.reset();
      unmoved.reset();
      if (slot === undefined || slot === 'missing') return;
      lag.set({ slot: SLOT }, slot.lagBytes);
      unmoved.set({ slot: SLOT }, (report.unmovedMs ?? 0) / MS_PER_S);
    },
    count: (remedy: Exclude<Remedy, 'none'>, result: 'accepted' | 'refused') =>
      counter.inc({ remedy, result }),
  };
}
