/** The reason for a decline, in Stripe's words (https://docs.stripe.com/declines/codes). */
export interface Decline {
  code: string;
  decline_code: string;
  message: string;
}

function declined(declineCode: string, message: string, code = 'card_declined'): Decline {
  return { code, decline_code: declineCode, message };
}

export const GENERIC_DECLINE = declined('generic_decline', 'Your card was declined.');

// Those of Stripe's test payment methods (https://docs.stripe.com/testing) that this system uses.
const TEST_CARDS = new Map<string, 'pays' | Decline>([
  ['pm_card_visa', 'pays'],
  ['pm_card_visa_debit', 'pays'],
  ['pm_card_mastercard', 'pays'],
  ['pm_card_mastercard_debit', 'pays'],
  ['pm_card_amex', 'pays'],
  ['pm_card_discover', 'pays'],
  ['pm_card_visa_chargeDeclined', GENERIC_DECLINE],
  [
    'pm_card_visa_chargeDeclinedInsufficientFunds',
    declined('insufficient_funds', 'Your card has insufficient funds.'),
  ],
  ['pm_card_visa_chargeDeclinedLostCard', declined('lost_card', 'Your card was declined.')],
  ['pm_card_visa_chargeDeclinedStolenCard', declined('stolen_card', 'Your card was declined.')],
  [
    'pm_card_visa_chargeDeclinedVelocityLimitExceeded',
    declined('card_velocity_exceeded', 'Your card has exceeded its velocity limit.'),
  ],
  [
    'pm_card_chargeDeclinedExpiredCard',
    declined('expired_card', 'Your card has expired.', 'expired_card'),
  ],
  [
    'pm_card_chargeDeclinedIncorrectCvc',
    declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
  ],
  [
    'pm_card_chargeDeclinedProcessingError',
    declined(
      'processing_error',
      'An error occurred while processing your card.',
      'processing_error',
    ),
  ],
]);

export function testCard(paymentMethod: string): 'pays' | Decline | undefined {
  return TEST_CARDS.get(paymentMethod);
}
