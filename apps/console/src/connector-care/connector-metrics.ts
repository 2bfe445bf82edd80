import { Counter, Gauge, register } from 'prom-client';
import type { Report } from './caretaker.js';
import { CONDITIONS } from './condition.js';
import type { Remedy } from './remedies.js';

const MS_PER_S = 1_000;

/** The connector as Prometheus sees it. What cannot be read is absent, never old. */
export function connectorMetrics() {
  const gauge = (name: string, help: string, labelNames: string[] = []) => {
    // A process that makes the service again (a test) would be told that the name is taken.
    register.removeSingleMetric(name);
    return new Gauge({ name, help, labelNames });
  };
  const up = gauge('cdc_connector_up', '1 only if its task runs, reads its slot and gets on');
  const condition = gauge('cdc_connector_condition', '1 for the condition it is in', ['condition']);
  const active = gauge('cdc_slot_active', '1 while somebody reads the slot');
  const lag = gauge('cdc_slot_lag_bytes', 'Log that PostgreSQL keeps and nobody has confirmed', [
    'slot',
  ]);
  const unmoved = gauge('cdc_slot_unmoved_seconds', 'Since the confirmed position last moved', [
    'slot',
  ]);
  const restarts = 'cdc_connector_restarts_total';
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
      lag.set({ slot: 'payments_outbox' }, slot.lagBytes);
      unmoved.set({ slot: 'payments_outbox' }, (report.unmovedMs ?? 0) / MS_PER_S);
    },
    count: (remedy: Exclude<Remedy, 'none'>, result: 'accepted' | 'refused') =>
      counter.inc({ remedy, result }),
  };
}
