import type { AuditReport } from '@effectively-once/audit';
import { OperatorGuard } from '@effectively-once/platform';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { SharedAudit } from './shared-audit.js';

@Controller('api/audit')
@UseGuards(OperatorGuard)
export class AuditController {
  constructor(private readonly audit: SharedAudit) {}

  /** Runs the audit now, or waits for the one that is running. */
  @Get()
  async now(): Promise<AuditReport> {
    return await this.audit.run();
  }
}
