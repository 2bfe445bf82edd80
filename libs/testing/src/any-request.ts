import { connect } from 'node:net';
import fc from 'fast-check';

/*
 * Requests that a client may send to a route. Most are nearly right, because a random one is
 * refused by its first field. They are sent as bytes, because the clients of Node.js refuse the
 * odd ones.
 */

export interface AnyRequest {
  method: string;
  /** Percent-encoded, with its query. */
  target: string;
  headers: Record<string, string>;
  body: string;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` stands for one of `parameters`. */
  path: string;
  parameters?: Record<string, fc.Arbitrary<string>>;
  query?: Record<string, fc.Arbitrary<string>>;
  /** The values of the fields of a JSON object. */
  body?: Record<string, fc.Arbitrary<unknown>>;
  headers?: Record<string, fc.Arbitrary<string>>;
}

const ODD_TEXTS = ['', ' ', '\0', 'a\0b', '\ud800', '.', '..', '../..', '%', "'", '1e3', '-1'];
const ODD_TEXTS_TOO = [
  'NaN',
  '__proto__',
  'constructor',
  'x'.repeat(600),
  '9'.repeat(40),
  '\u202e',
];
const oddText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS, ...ODD_TEXTS_TOO),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const oddValue = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 53, 1e300, [], {}, [[]]),
  fc.jsonValue({ maxDepth: 1 }),
);

const mostly = <Value>(right: fc.Arbitrary<Value>, odd: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: odd });

/** Without halves of surrogate pairs, which have no bytes in UTF-8. */
const wellFormed = (text: string) => Buffer.from(text).toString('utf8');

/** Also one whose value is no UTF-8, or no percent-encoding. */
const encoded = (text: fc.Arbitrary<string>) =>
  mostly(
    mostly(text, oddText).map((value) => encodeURIComponent(wellFormed(value))),
    fc.constantFrom('%ff', '%', '%2', '%00', '%2e%2e', '%2F', '+'),
  );

const query = (parameters: Record<string, fc.Arbitrary<string>>) => {
  const pairs = Object.entries(parameters).map(([name, value]) =>
    fc
      .tuple(mostly(fc.constant(name), fc.constantFrom(`${name}[x]`, `${name}[]`)), encoded(value))
      .map((pair) => pair.join('=')),
  );
  const odd = fc.constantFrom('__proto__=1', 'constructor=1', 'unknown=1', '=', '&', 'a[b][c]=1');
  // A parameter may be missing, or given twice.
  return fc.array(mostly(fc.oneof(...pairs), odd), { maxLength: 4 }).map((all) => all.join('&'));
};

const body = (fields: Record<string, fc.Arbitrary<unknown>>) => {
  const record = fc
    .record(
      Object.fromEntries(
        Object.entries(fields).map(([name, right]) => [name, mostly(right, oddValue)]),
      ),
      { requiredKeys: [] },
    )
    .chain((given) =>
      mostly(
        fc.constant(given),
        oddValue.map((__x) => ({ ...given, __x })),
      ),
    );
  return fc.oneof(
    { weight: 8, arbitrary: record.map((given) => JSON.stringify(given)) },
    { weight: 1, arbitrary: oddValue.map((value) => JSON.stringify(value) ?? '') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '{', '\ufeff{}', '{"__proto__":1}', 'a=1', '\0', '[', '{}{}'),
    },
  );
};

const ODD_HEADERS = ['', ' ', '"', '\x80', '\xff\xfe', 'a, b', '\t', 'a\x01b', 'x'.repeat(9_000)];
const oddHeader = fc.oneof(
  fc.constantFrom(...ODD_HEADERS),
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
);
const MEDIA_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
const mediaType = mostly(
  fc.constantFrom('application/json', 'Application/JSON;charset=utf-8'),
  fc.oneof(oddHeader, fc.constantFrom(...MEDIA_TYPES, 'application/xml', 'application/json/x')),
);

/** One of these routes, asked by one of these callers: the tokens. Sometimes by another method. */
export function anyRequestTo(routes: Route[], tokens: string[]): fc.Arbitrary<AnyRequest> {
  return fc.oneof(...routes.map((route) => requestTo(route, tokens)));
}

function requestTo(route: Route, tokens: string[]): fc.Arbitrary<AnyRequest> {
  const values = Object.entries(route.parameters ?? {}).map(([name, value]) =>
    encoded(value).map((text): [string, string] => [`{${name}}`, text]),
  );
  const path = fc
    .tuple(...values)
    .map((all) => all.reduce((text, [name, value]) => text.replace(name, () => value), route.path));
  const token = mostly(
    fc.constantFrom(...tokens),
    fc.constantFrom('', 'x.y.z', 'e30.e30.', '\xff'),
  );
  return fc
    .record({
      method: mostly(fc.constant<string>(route.method), fc.constantFrom('PUT', 'DELETE', 'PATCH')),
      path,
      query: query(route.query ?? { unknown: oddText }),
      hasQuery: route.query ? fc.constant(true) : mostly(fc.constant(false), fc.constant(true)),
      body: route.body ? body(route.body) : fc.constant(''),
      mediaType,
      headers: fc.record({
        authorization: mostly(
          token.map((text) => `Bearer ${text}`),
          oddHeader,
        ),
        traceparent: oddHeader,
        ...Object.fromEntries(
          Object.entries(route.headers ?? {}).map(([name, value]) => [
            name,
            mostly(value, oddHeader),
          ]),
        ),
      }),
    })
    .map(({ method, path, query, hasQuery, body, mediaType, headers }) => ({
      method,
      target: hasQuery && query ? `${path}?${query}` : path,
      headers: { ...headers, ...(body ? { 'content-type': mediaType } : {}) },
      body,
    }));
}

export interface RawAnswer {
  status: number;
  contentType: string | undefined;
  text: string;
}

/** @throws Error if the connection ends without an answer. */
export async function send(url: string, asked: AnyRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const bytes = Buffer.from(asked.body);
  const head = Object.entries({
    ...asked.headers,
    host: `${hostname}:${port}`,
    connection: 'close',
    'content-length': String(bytes.length),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = await new Promise<string>((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    // The server may close before it has read everything. Its answer counts.
    const end = (error?: Error) =>
      received.length > 0
        ? resolve(Buffer.concat(received).toString('utf8'))
        : reject(error ?? new Error('no answer'));
    socket.on('error', end).on('close', () => end());
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      // It has no end.
      if (/^content-type: text\/event-stream/im.test(chunk.toString('latin1'))) socket.destroy();
    });
    socket.write(
      Buffer.from(`${asked.method} ${asked.target} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'),
    );
    socket.write(bytes);
  });
  const [headers = '', ...rest] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1]),
    contentType: /^content-type: (.*)$/im.exec(headers)?.[1],
    text: rest.join('\r\n\r\n'),
  };
}

/**
 * What is wrong with an answer, for anyone who has to act on it; undefined if nothing is.
 * @param unavailable the codes of the problems that a 503 may have.
 */
export function faultOf(answer: RawAnswer, unavailable: string[] = []): string | undefined {
  const { status, contentType, text } = answer;
  if (status >= 200 && status < 400) return undefined;
  if (!/^application\/problem\+json(;|$)/.test(contentType ?? ''))
    return `its type is ${contentType}`;
  const problem = JSON.parse(text) as Record<string, unknown>;
  const code = String(problem['type']).split('/').at(-1) ?? '';
  if (problem['status'] !== status) return `the document says ${String(problem['status'])}`;
  if (!problem['detail'] || !code) return 'it names no rule';
  if (status >= 500 && !(status === 503 && unavailable.includes(code))) return `it is ${status}`;
  if (code !== 'invalid_request') return undefined;
  const errors = problem['errors'] as { pointer?: unknown; detail?: unknown }[] | undefined;
  const isNamed =
    errors?.length && errors.every((one) => typeof one.pointer === 'string' && one.detail);
  return isNamed ? undefined : 'it names no field';
}

/**
 * Sends random requests, and reports the smallest one whose answer is at fault. fast-check prints
 * its seed.
 */
export async function answersAnyRequest(
  url: string,
  request: fc.Arbitrary<AnyRequest>,
  options: { unavailable?: string[]; withinMs?: number } = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const answer = await send(url, asked);
      const fault = faultOf(answer, options.unavailable);
      if (fault) throw new Error(`${fault}: ${answer.status} ${answer.text.slice(0, 400)}`);
    }),
    { numRuns: 2_000, interruptAfterTimeLimit: options.withinMs ?? 7_000 },
  );
}
