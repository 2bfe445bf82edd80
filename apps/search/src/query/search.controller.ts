import { Client, type estypes } from '@elastic/elasticsearch';
import { AuthenticatedCaller, CallerGuard, Problem, type Caller } from '@effectively-once/platform';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import type { PaymentDocument } from '../payment-document.js';
import { PAYMENTS_ALIAS } from '../elasticsearch/payments-index.js';
import { decodeCursor, encodeCursor, readSearchQuery, type SearchQuery } from './search-query.js';

const PAGE_SIZE = 20;

/** Finds completed payments, the newest first. */
@Controller('v1/search')
@UseGuards(CallerGuard)
export class SearchController {
  constructor(private readonly elasticsearch: Client) {}

  /**
   * Pages of 20; `nextCursor` is null on the last page. A search finds a document at most about 1 s
   * after it was written.
   */
  @Get()
  async search(@Query() parameters: unknown, @AuthenticatedCaller() caller: Caller) {
    const query = readSearchQuery(parameters);
    const found = await this.elasticsearch
      .search<PaymentDocument>({
        index: PAYMENTS_ALIAS,
        size: PAGE_SIZE,
        track_total_hits: true,
        query: { bool: { filter: filters(query, visibleUser(query, caller)) } },
        // The id makes the order total, so pages neither repeat nor skip payments of one instant.
        sort: [{ completedAt: 'desc' }, { paymentId: 'desc' }],
        ...(query.cursor ? { search_after: decodeCursor(query.cursor) } : {}),
      })
      .catch((error: unknown) => {
        throw new Problem('search_unavailable', {
          status: 503,
          detail: 'Search is not available now. No payment is affected.',
          headers: { 'retry-after': '5' },
          cause: error,
        });
      });
    const { hits } = found.hits;
    const last = hits.length === PAGE_SIZE ? hits.at(-1)?.sort : undefined;
    return {
      total: (found.hits.total as estypes.SearchTotalHits).value,
      items: hits.map((hit) => hit._source),
      nextCursor: last ? encodeCursor(last) : null,
    };
  }
}

/** A customer finds only their own payments. An operator may name a user, or finds all. */
function visibleUser(query: SearchQuery, caller: Caller): string | undefined {
  if (caller.role === 'operator') return query.userId;
  if (query.userId !== undefined && query.userId !== caller.userId) {
    throw new Problem('forbidden', { status: 403, detail: 'These are not your payments.' });
  }
  return caller.userId;
}

function filters(query: SearchQuery, userId: string | undefined): estypes.QueryDslQueryContainer[] {
  const range = <Value>(from: Value | undefined, to: Value | undefined) => ({
    ...(from === undefined ? {} : { gte: from }),
    ...(to === undefined ? {} : { lte: to }),
  });
  return [
    ...(query.q ? [{ match: { text: { query: query.q, operator: 'and' as const } } }] : []),
    ...(userId ? [{ term: { userId } }] : []),
    ...(query.status ? [{ term: { status: query.status } }] : []),
    ...(query.currency ? [{ term: { currency: query.currency } }] : []),
    { range: { completedAt: range(query.from, query.to) } },
    { range: { amountMinor: range(query.minAmountMinor, query.maxAmountMinor) } },
  ];
}
