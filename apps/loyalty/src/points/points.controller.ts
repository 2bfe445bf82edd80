import { USER_ID, USER_ID_RULE } from '@effectively-once/contracts';
import {
  AuthenticatedCaller,
  CallerGuard,
  parseRequest,
  Problem,
  type Caller,
} from '@effectively-once/platform';
import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { Account, PointsEntry } from './points.entity.js';

const ENTRIES_MAX = 100;
/** PostgreSQL would refuse some texts with an error. */
const path = z.object({ userId: z.string().regex(USER_ID, `must be ${USER_ID_RULE}`) });

/** `GET /v1/users/{userId}/points`: a customer reads their own points. */
@Controller('v1/users')
@UseGuards(CallerGuard)
export class PointsController {
  constructor(private readonly database: DataSource) {}

  /** The balance, and the newest 100 entries. A user without payments has a balance of 0. */
  @Get(':userId/points')
  async points(@Param() parameters: unknown, @AuthenticatedCaller() caller: Caller) {
    const { userId } = parseRequest(path, parameters);
    if (caller.role !== 'operator' && caller.userId !== userId) {
      throw new Problem('forbidden', { status: 403, detail: 'These are not your points.' });
    }
    const account = await this.database.getRepository(Account).findOneBy({ userId });
    const entries = await this.database.getRepository(PointsEntry).find({
      where: { userId },
      order: { awardedAt: 'DESC', paymentId: 'DESC' },
      take: ENTRIES_MAX,
    });
    return {
      userId,
      balance: Number(account?.balance ?? 0),
      entries: entries.map(({ paymentId, points, awardedAt }) => ({
        paymentId,
        points: Number(points),
        awardedAt: awardedAt.toISOString(),
      })),
    };
  }
}
