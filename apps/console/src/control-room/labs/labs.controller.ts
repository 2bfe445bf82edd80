import { OperatorGuard, Problem } from '@effectively-once/platform';
import { Controller, Get, Header, Param, UseGuards } from '@nestjs/common';
import type { LabDetail, LabList } from '../wire/labs.js';
import { LabReports } from './labs.js';

@Controller('api/labs')
@UseGuards(OperatorGuard)
export class LabsController {
  constructor(private readonly labs: LabReports) {}

  @Get()
  async list(): Promise<LabList> {
    return await this.labs.list();
  }

  @Get(':name')
  async lab(@Param('name') name: string): Promise<LabDetail> {
    const lab = await this.labs.detail(name);
    if (!lab) throw noSuchLab();
    return lab;
  }

  /** The page shows it as an image, in which no script runs. Opened alone, it may load nothing. */
  @Get(':name/picture')
  @Header('content-type', 'image/svg+xml')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  async picture(@Param('name') name: string): Promise<string> {
    const picture = await this.labs.picture(name);
    if (!picture) throw noSuchLab();
    return picture.svg;
  }
}

const noSuchLab = () =>
  new Problem('not_found', { status: 404, detail: 'There is no such lab, or no picture of it.' });
