import type { FastifyInstance } from 'fastify';
import type { FaultSwitches } from '../../faults.js';
import type { Ledger } from '../ledger.js';
import type { PspRecord } from '../psp-record.js';
import { invalidRequest, noSuch } from '../stripe-error.js';
import type { Dispute } from '../stripe-objects.js';
import type { Webhooks } from '../webhooks.js';

interface DisputeOptions {
  ledger: Ledger;
  webhooks: Webhooks;
  faults: FaultSwitches;
  now: () => Date;
  newId: (prefix: string) => string;
}

/** With the fault `dispute`, the customer disputes the charge as soon as it is captured. */
export async function disputeCapture(record: PspRecord, options: DisputeOptions): Promise<void> {
  const { ledger, webhooks, faults, now, newId } = options;
  const { body } = record;
  if (!('object' in body) || body.object !== 'payment_intent') return;
  if (!faults.take('psp', 'dispute')) return;
  const dispute: Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount: body.amount,
    charge: body.latest_charge,
    created: Math.floor(now().getTime() / 1000),
    currency: body.currency,
    livemode: false,
    payment_intent: body.id,
    reason: 'fraudulent',
    status: 'needs_response',
  };
  const opened = { status: 200, body: dispute, charge: null };
  webhooks.announce(await ledger.change('dispute.created', opened), { delayMs: 0 });
}

/** The merchant accepts the dispute: it is lost, and the money stays with the customer. */
export function addDisputeClose(api: FastifyInstance, options: DisputeOptions): void {
  const { ledger, webhooks } = options;
  api.post<{ Params: { id: string } }>('/v1/disputes/:id/close', async (request) => {
    const dispute = ledger.dispute(request.params.id);
    if (!dispute) throw noSuch('dispute', request.params.id);
    if (dispute.status === 'lost') throw invalidRequest('This dispute is already closed.');
    const closed = { ...dispute, status: 'lost' as const };
    const record = await ledger.change('dispute.closed', {
      status: 200,
      body: closed,
      charge: null,
    });
    webhooks.announce(record, { delayMs: 0 });
    return closed;
  });
}
