import { ensurePaymentsIndex } from '@effectively-once/search/payments-index';
import { Client } from '@elastic/elasticsearch';

const REQUEST_TIMEOUT_MS = 30_000;

/** Makes the search index unless it is there. */
export async function createIndex(options: { elasticsearchUrl: string }): Promise<void> {
  const client = new Client({ node: options.elasticsearchUrl, requestTimeout: REQUEST_TIMEOUT_MS });
  try {
    await ensurePaymentsIndex(client);
  } finally {
    await client.close();
  }
}
