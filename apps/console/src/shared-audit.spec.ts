import type { AuditReport } from '@effectively-once/audit';
import { SharedAudit } from './shared-audit.js';

const report = (cutoff: string) => ({ cutoff }) as AuditReport;

describe('the audit of several operators', () => {
  it('is run once for all who ask while it runs', async () => {
    let runs = 0;
    const audit = new SharedAudit(async () => report(String(++runs)));
    const answers = await Promise.all([audit.run(), audit.run(), audit.run()]);
    expect(answers).toEqual([report('1'), report('1'), report('1')]);
  });

  it('is run anew for whoever asks later, so that nobody is shown an old one', async () => {
    let runs = 0;
    const audit = new SharedAudit(async () => report(String(++runs)));
    await audit.run();
    await expect(audit.run()).resolves.toEqual(report('2'));
  });

  it('can be tried again after it failed', async () => {
    const outcomes = [Promise.reject(new Error('Redis is down')), Promise.resolve(report('2'))];
    const audit = new SharedAudit(
      () => outcomes.shift() ?? Promise.reject(new Error('asked thrice')),
    );
    await expect(Promise.allSettled([audit.run(), audit.run()])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    await expect(audit.run()).resolves.toEqual(report('2'));
  });
});
