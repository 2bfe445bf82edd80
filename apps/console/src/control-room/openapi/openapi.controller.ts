import { Controller, Get } from '@nestjs/common';
import { consoleOpenApi } from './openapi.js';

const document = consoleOpenApi();

/** Needs no token: it describes the routes, and says nothing about the system. */
@Controller('openapi.json')
export class ConsoleOpenApiController {
  @Get()
  document(): object {
    return document;
  }
}
