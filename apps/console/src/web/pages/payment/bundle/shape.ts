/** Strict checks of JSON that comes from outside, small enough for a page. */

/** @throws Misshapen at the first fault. `path` is a JSON pointer (RFC 6901). */
export type Shape = (value: unknown, path: string) => void;

export class Misshapen extends Error {
  override readonly name = 'Misshapen';
  constructor(path: string, expected: string) {
    super(`${path === '' ? 'the file' : path} is not ${expected}`);
  }
}

export function text(charactersMax: number, pattern = /^/, expected = 'a text'): Shape {
  return (value, path) => {
    if (typeof value !== 'string') throw new Misshapen(path, expected);
    if (value.length > charactersMax) {
      throw new Misshapen(path, `${expected} of at most ${charactersMax} characters`);
    }
    if (!pattern.test(value)) throw new Misshapen(path, expected);
  };
}

export const time: Shape = (value, path) => {
  text(40, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'a time')(value, path);
  if (Number.isNaN(Date.parse(String(value)))) throw new Misshapen(path, 'a time');
};

export const whole: Shape = (value, path) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw new Misshapen(path, 'a count');
};

export function oneOf(...values: (string | number)[]): Shape {
  return (value, path) => {
    if (!values.includes(value as string)) {
      throw new Misshapen(path, values.length === 1 ? String(values[0]) : 'a known word');
    }
  };
}

export function orNull(shape: Shape): Shape {
  return (value, path) => {
    if (value !== null) shape(value, path);
  };
}

export function listOf(shape: Shape, itemsMax: number): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) throw new Misshapen(path, 'a list');
    if (value.length > itemsMax) throw new Misshapen(path, `a list of at most ${itemsMax}`);
    value.forEach((item, index) => shape(item, `${path}/${index}`));
  };
}

/** Exactly these members: a member more or less is a fault. */
export function exactly(members: Record<string, Shape>): Shape {
  return (value, path) => {
    const object = asObject(value, path);
    for (const name of Object.keys(object)) {
      if (!Object.hasOwn(members, name)) throw new Misshapen(pointer(path, name), 'known');
    }
    for (const [name, shape] of Object.entries(members)) {
      if (!Object.hasOwn(object, name)) throw new Misshapen(pointer(path, name), 'there');
      shape(object[name], pointer(path, name));
    }
  };
}

/** Any names, each with a value of this shape. */
export function recordOf(shape: Shape, entriesMax: number): Shape {
  return (value, path) => {
    const entries = Object.entries(asObject(value, path));
    if (entries.length > entriesMax) throw new Misshapen(path, `at most ${entriesMax} members`);
    for (const [name, each] of entries) {
      if (name.length > 200) throw new Misshapen(path, 'an object with short names');
      shape(each, pointer(path, name));
    }
  };
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Misshapen(path, 'an object');
  }
  return value as Record<string, unknown>;
}

// A name comes from outside, and goes into a message.
const pointer = (path: string, name: string) =>
  `${path}/${name.slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')}`;
