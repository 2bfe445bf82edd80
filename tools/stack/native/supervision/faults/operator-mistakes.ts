import { ConnectApi } from '@effectively-once/console/connector/connect-api';
import { repairConnector } from '@effectively-once/console/connector/repair-connector';
import { newClient, newPool } from '@effectively-once/postgres/connections';
import {
  ensurePaymentsIndex,
  PAYMENTS_ALIAS,
  recordReindexCutOff,
} from '@effectively-once/search/payments-index';
import { reindex } from '@effectively-once/search/reindex';
import { PaymentDocuments } from '@effectively-once/search/search.idempotency';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { moveSlot } from '../../../../faults/break-pipeline.js';
import { addresses, superuserUrl } from '../../../addresses.js';
import type { Environment } from '../../../environment.js';
import type { Mistake } from './supervised-faults.js';

const TIMEOUT_MS = 30_000;

/** Mistakes at a store, each with the repair that docs/runbook.md names, by the id of the fault. */
export function mistakesOf(environment: Environment): Map<string, Mistake> {
  const at = addresses(environment, { journalFolder: '' });
  return new Map<string, Mistake>([
    [
      'replication-slot.advance',
      {
        make: () =>
          moveSlot(
            {
              superuserUrl: superuserUrl(environment, 'payments'),
              connectUrl: String(at.CONNECT_URL),
              consoleUrl: `http://127.0.0.1:${environment.settings.CONSOLE_PORT}`,
            },
            true,
          ),
        repair: () => repairSlot(String(at.CONNECT_URL), String(at.DEBEZIUM_DATABASE_URL)),
        command: 'npm run connector -- repair',
      },
    ],
    [
      'search-index.delete',
      {
        make: () => inElasticsearch(at.ELASTICSEARCH_URL, deleteIndex),
        repair: () => inElasticsearch(at.ELASTICSEARCH_URL, refill(at.AUDITOR_PAYMENTS_URL)),
        command: 'npm run reindex',
      },
    ],
  ]);
}

/** What `npm run connector -- repair` does. */
export async function repairSlot(connectUrl: string, debeziumUrl: string): Promise<void> {
  const pool = newPool({
    connectionString: debeziumUrl,
    applicationName: 'connector',
    max: 1,
    statementTimeoutMs: TIMEOUT_MS,
  });
  try {
    await repairConnector({
      connect: new ConnectApi(connectUrl),
      query: async (sql, parameters) =>
        (await pool.query<Record<string, unknown>>(sql, parameters)).rows,
      onStep: () => undefined,
    });
  } finally {
    await pool.end();
  }
}

/** The index, and with it its alias: what a wrong `DELETE` takes away. */
async function deleteIndex(elasticsearch: Elasticsearch): Promise<void> {
  const found = await elasticsearch.indices.getAlias({ name: PAYMENTS_ALIAS });
  await elasticsearch.indices.delete({ index: Object.keys(found) });
}

/** What `npm run reindex` does. @throws Error if a payment has no document afterwards. */
const refill = (paymentsUrl: string | undefined) => async (elasticsearch: Elasticsearch) => {
  const payments = newClient({
    connectionString: paymentsUrl,
    applicationName: 'reindex',
    statementTimeoutMs: TIMEOUT_MS,
  });
  try {
    await payments.connect();
    await ensurePaymentsIndex(elasticsearch);
    const { failed } = await reindex({
      payments,
      documents: new PaymentDocuments(elasticsearch),
      recordCutOff: (before) => recordReindexCutOff(elasticsearch, { before }),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onDeletions: () => undefined,
    });
    if (failed > 0) throw new Error(`${failed} payments have no document`);
  } finally {
    await payments.end();
  }
};

async function inElasticsearch(
  node: string | undefined,
  work: (elasticsearch: Elasticsearch) => Promise<void>,
): Promise<void> {
  const elasticsearch = new Elasticsearch({
    node: node ?? '',
    requestTimeout: TIMEOUT_MS,
    maxRetries: 0,
  });
  try {
    await work(elasticsearch);
  } finally {
    await elasticsearch.close();
  }
}
