/** A refund that payments pursues, or that an operator has closed as paid in another way. */
export interface RefundDebt {
  status: 'owed' | 'pending' | 'requires_action' | 'succeeded' | 'paid_otherwise';
  /** The refund at the PSP that payments waits for, or has seen succeed. */
  refundId: string | null;
}
