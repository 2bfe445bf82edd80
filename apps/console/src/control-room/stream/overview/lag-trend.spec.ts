import { LagTrend, TREND_WINDOW_MS } from './lag-trend.js';

/** The trend of lags that were measured every two seconds. */
function trendOf(...lags: number[]) {
  const trend = new LagTrend();
  lags.forEach((lag, index) => trend.observe(index * 2_000, lag));
  return trend.now();
}

describe('the trend of a lag', () => {
  it('is unknown at first, and after a measurement that failed', () => {
    expect(trendOf()).toEqual({ trend: null, clearsInSeconds: null });
    expect(trendOf(100, 200)).toEqual({ trend: null, clearsInSeconds: null });
    const trend = new LagTrend();
    for (const atMs of [0, 2_000, 4_000]) trend.observe(atMs, atMs);
    trend.forget();
    expect(trend.now().trend).toBeNull();
  });

  it('says when the lag is gone at this pace', () => {
    expect(trendOf(1_000, 900, 800, 700)).toEqual({ trend: 'shrinking', clearsInSeconds: 14 });
  });

  it('promises no end while the lag grows or stays', () => {
    expect(trendOf(0, 500, 1_000, 1_500)).toEqual({ trend: 'growing', clearsInSeconds: null });
    expect(trendOf(1_000, 1_010, 990, 1_000)).toEqual({ trend: 'steady', clearsInSeconds: null });
    expect(trendOf(0, 3, 0, 2)).toEqual({ trend: 'steady', clearsInSeconds: null });
    expect(trendOf(900, 600, 300, 0)).toEqual({ trend: 'steady', clearsInSeconds: null });
  });

  it('is that of the last seconds: the growth before them is forgotten', () => {
    const trend = new LagTrend();
    for (let atMs = 0; atMs <= 30_000; atMs += 1_000) trend.observe(atMs, atMs);
    for (let atMs = 31_000; atMs <= 31_000 + TREND_WINDOW_MS; atMs += 1_000)
      trend.observe(atMs, 60_000 - atMs);
    expect(trend.now()).toEqual({ trend: 'shrinking', clearsInSeconds: 14 });
  });

  it('counts a measurement once, however often it is read', () => {
    const trend = new LagTrend();
    for (const atMs of [0, 0, 0, 5_000, 5_000]) trend.observe(atMs, atMs === 0 ? 100 : 50);
    expect(trend.now()).toEqual({ trend: 'shrinking', clearsInSeconds: 5 });
  });
});
