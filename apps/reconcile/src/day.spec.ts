import { parseDay } from './day.js';

describe('a day', () => {
  it('begins at midnight UTC and ends at the start of the next day, also at the end of a month and of a leap February', () => {
    expect(parseDay('2026-11-30').until).toEqual(parseDay('2026-12-01').from);
    expect(parseDay('2028-02-28').until).toEqual(new Date('2028-02-29T00:00:00Z'));
  });

  it.each(['2026-02-30', '2026-13-01', 'yesterday', '2026-1-1', '2026-11-20T00:00', ''])(
    'is not %p',
    (name) => {
      expect(() => parseDay(name)).toThrow(`"${name}" is not a day`);
    },
  );
});
