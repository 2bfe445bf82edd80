import { Controller, Get } from '@nestjs/common';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openApi } from './openapi.js';

const document = openApi();

@Controller('openapi.json')
export class OpenApiController {
  @Get()
  document(): OpenAPIObject {
    return document;
  }
}

/** The document as a page, on `/docs`. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, document, { raw: false });
}
