import { endWithParent } from '../../process/one-by-one.js';
import type { LabMessage } from '../../process/lab-process.js';
import { PaymentsAddress } from './payments-address.js';

// Its own process: in the one that makes the load, every request would wait for the load.
const { port } = JSON.parse(process.argv[2] ?? '') as { port: number };
const address = await PaymentsAddress.listen(port);
process.on('message', ({ n }: LabMessage) => {
  if (n !== undefined) address.pointTo(n);
  process.send?.({ kind: 'points' } satisfies LabMessage);
});
endWithParent(() => address.close());
process.send?.({ kind: 'listens' } satisfies LabMessage);
