import { IN_FLIGHT_LIMIT as audited } from '@effectively-once/audit';
import { IN_FLIGHT_RECORDS_MAX as runtime } from '@effectively-once/delivery/offset-tracker';

it('the auditor states the same limit of records per partition as the delivery runtime', () => {
  expect(audited).toBe(runtime);
});
