import { Form } from './form.js';

describe('a form-encoded body', () => {
  it('reads the metadata that the SDK flattened', () => {
    const form = new Form('amount=1&metadata[paymentId]=p-1&metadata%5Bnote%5D=a%26b');
    expect(form.metadata()).toEqual({ paymentId: 'p-1', note: 'a&b' });
  });

  it('has one fingerprint for the same parameters in any order', () => {
    const fingerprint = new Form('amount=1&currency=eur').fingerprint();
    expect(new Form('currency=eur&amount=1').fingerprint()).toBe(fingerprint);
    expect(new Form('currency=eur&amount=2').fingerprint()).not.toBe(fingerprint);
  });

  it('names a parameter that is missing', () => {
    expect(() => new Form('amount=').required('amount')).toThrow('Missing required param: amount.');
  });
});
