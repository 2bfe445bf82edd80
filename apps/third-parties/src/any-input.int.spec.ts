import { answersAnyRequest, anyRequestTo } from '@effectively-once/testing/any-request';
import fc from 'fast-check';
import { VALID_KINDS } from './faults.js';
import { ThirdParties } from './third-parties.fixture.js';

let thirdParties: ThirdParties;
beforeAll(async () => {
  thirdParties = await ThirdParties.start();
});
afterAll(async () => await thirdParties.stop());

const target = fc.constantFrom('psp', 'smtp', 'pager');
const number = fc.nat(20_000).map(String);
const paging = { after: number, limit: number };
const fault = {
  target,
  kind: fc.constantFrom(...Object.values(VALID_KINDS).flat(), 451),
  address: fc.emailAddress(),
  delayMs: fc.nat(600_000),
  times: fc.nat(9),
  seconds: fc.double({ min: 0, max: 90_000, noNaN: true }),
  code: fc.constantFrom('451', '550 5.1.1', '421 4.1.1', 554),
};

it('any request about faults, journals and messages is answered; a refusal names its field', async () => {
  const request = anyRequestTo(
    [
      { method: 'POST', path: '/_faults', body: fault },
      { method: 'GET', path: '/_faults' },
      { method: 'DELETE', path: '/_faults', query: { target } },
      {
        method: 'DELETE',
        path: '/_faults/{id}',
        parameters: { id: fc.constantFrom('psp.hang.1', 'smtp.451.2') },
      },
      { method: 'GET', path: '/_journal/charges', query: { ...paging, paymentId: fc.uuid() } },
      {
        method: 'GET',
        path: '/_journal/mails',
        query: { ...paging, address: fc.emailAddress(), messageId: fc.emailAddress() },
      },
      { method: 'GET', path: '/_journal/pages', query: { ...paging, dedupKey: fc.uuid() } },
      { method: 'GET', path: '/v1/messages', query: { messageId: fc.emailAddress() } },
    ],
    ['any'],
  );
  await answersAnyRequest(thirdParties.url, request);
}, 30_000);
