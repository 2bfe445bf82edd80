import { freshGauge } from '@effectively-once/platform';
import { Counter, register } from 'prom-client';
import type { Report } from './caretaker.js';
import { CONDITIONS } from './condition.js';
import { SLOT } from './connect-api.js';
import type { Remedy } from './remedies.js';

const MS_PER_S = 1_000;

/** The connector as Prometheus sees it. What cannot be read is absent, never old. */
export function connectorMetrics() {
  const up = freshGauge('cdc_connector_up', '1 only if its task runs, reads its slot and gets on');
  const condition = freshGauge('cdc_connector_condition', '1 for the condition it is in', [
    'condition',
  ]);
  const active = freshGauge('cdc_slot_active', '1 while somebody reads the slot');
  const lag = freshGauge(
    'cdc_slot_lag_bytes',
    'Log that PostgreSQL keeps and nobody has confirmed',
    ['slot'],
  );
  const unmoved = freshGauge(
    'cdc_slot_unmoved_seconds',
    'Since the confirmed position last moved',
    ['slot'],
  );
  const restarts = 'cdc_connector_restarts_total';
  // As with a gauge that is made anew.
  register.removeSingleMetric(restarts);
  const counter = new Counter({
    name: restarts,
    help: 'What connector care did, and whether Connect accepted it',
    labelNames: ['remedy', 'result'] as const,
  });
  return {
    show: (report: Report) => {
      const { slot } = report.sight;
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
