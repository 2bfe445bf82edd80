import { rebuiltEventId, uuidV5 } from './event-id.js';

it('is the example of RFC 9562, appendix A.4', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
  expect(uuidV5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
});

it('is the same for each replay of a payment, and another for another payment', () => {
  const [one, other] = [
    '01a1fe5f-8515-75bb-a270-f20b00a0dde7',
    '01a1fe5f-8515-75bb-a270-f20b00a0dde8',
  ];
  expect(rebuiltEventId(one)).toBe(rebuiltEventId(one));
  expect(rebuiltEventId(one)).not.toBe(rebuiltEventId(other));
  // Consumers that stored it find it again: a change of the namespace would be a new event.
  expect(rebuiltEventId(one)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
});
