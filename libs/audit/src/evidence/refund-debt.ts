/** A refund that payments pursues. */
export interface RefundDebt {
  status: 'owed' | 'pending' | 'requires_action' | 'succeeded';
  /** The refund at the PSP that payments waits for, or has seen succeed. */
  refundId: string | null;
}
