import { PROBLEM_TYPE_BASE } from '@effectively-once/platform';
import { z } from 'zod';
import { ROUTES, type DescribedRoute } from './routes.js';
import { SCHEMAS } from './schemas.js';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** The OpenAPI document of the console. The schemas that check requests are those in it. */
export function consoleOpenApi() {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(path, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'console',
      version: '1.0.0',
      description:
        'The operator API. It needs the token of an operator. Amounts and offsets are strings, ' +
        'because a JavaScript number would falsify large ones. Times are ISO 8601 in UTC.',
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { ...SCHEMAS, Problem: PROBLEM },
    },
  };
}

function operation(path: string, route: DescribedRoute): object {
  const { summary, description, query, body, answer, problems = {}, isOpen } = route;
  const { status = 200, schema, mediaType = 'application/json' } = answer;
  const statuses = {
    ...(isOpen ? {} : { 401: ['unauthorized'], 403: ['forbidden'] }),
    ...problems,
  };
  return {
    summary,
    ...(description ? { description } : {}),
    ...(isOpen ? { security: [] } : {}),
    parameters: [...pathParameters(path), ...(query ? queryParameters(query) : [])],
    ...(body ? { requestBody: { required: true, content: json(inputOf(body)) } } : {}),
    responses: {
      [status]: {
        description: answer.description,
        content: { [mediaType]: schema ? { schema: ref(schema) } : {} },
      },
      ...Object.fromEntries(
        Object.entries(statuses).map(([code, codes]) => [code, problemResponse(codes)]),
      ),
    },
  };
}

const json = (schema: object) => ({ 'application/json': { schema } });

// A transform cannot be expressed. What it reads can.
const inputOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const queryParameters = (query: z.ZodObject) =>
  Object.entries((inputOf(query)['properties'] ?? {}) as Record<string, object>).map(
    ([name, schema]) => ({ name, in: 'query', required: false, schema }),
  );

const problemResponse = (codes: string[]) => ({
  description: codes.join(', '),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [ref('Problem')],
        properties: { type: { enum: codes.map((code) => PROBLEM_TYPE_BASE + code) } },
      },
    },
  },
});

const PROBLEM = {
  description: 'RFC 9457. The `type` ends in a stable code.',
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
