import { ensurePaymentsIndex } from '@effectively-once/search/payments-index';
import { Client } from '@elastic/elasticsearch';

const REQUEST_TIMEOUT_MS = 30_000;

/** Creates the search index if it is missing. */
export async function createIndex(options: { elasticsearchUrl: string }): Promise<void> {
  const client = new Client({ node: options.elasticsearchUrl, requestTimeout: REQUEST_TIMEOUT_MS });
  try {
    await ensurePaymentsIndex(client);
  } finally {
    await client.close();
  }
}
