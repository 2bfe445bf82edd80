import { samplesIn } from './metrics.js';

it('reads names, labels and values, and no comment', () => {
  const text = `# HELP a_total What is counted
# TYPE a_total counter
a_total 3
b_bucket{le="+Inf",app="email"} 17
c{text="a } in quotes"} NaN
d 1.5e+3
`;
  expect(samplesIn(text)).toEqual([
    { name: 'a_total', labels: {}, value: 3 },
    { name: 'b_bucket', labels: { le: '+Inf', app: 'email' }, value: 17 },
    { name: 'c', labels: { text: 'a } in quotes' }, value: NaN },
    { name: 'd', labels: {}, value: 1500 },
  ]);
});
