import { hash } from 'node:crypto';
import { missingParameter } from './stripe-error.js';

const METADATA_KEY = /^metadata\[(.+)\]$/;

/** A form-encoded body, flat as Stripe's SDKs send it: `metadata[paymentId]=…`. */
export class Form {
  private readonly parameters: URLSearchParams;

  constructor(encoded: string) {
    this.parameters = new URLSearchParams(encoded);
  }

  optional(name: string): string | undefined {
    return this.parameters.get(name) ?? undefined;
  }

  /** @throws StripeError `parameter_missing` */
  required(name: string): string {
    const value = this.parameters.get(name);
    if (!value) throw missingParameter(name);
    return value;
  }

  metadata(): Record<string, string> {
    const metadata: Record<string, string> = {};
    for (const [name, value] of this.parameters) {
      const key = METADATA_KEY.exec(name)?.[1];
      if (key !== undefined) metadata[key] = value;
    }
    return metadata;
  }

  fingerprint(): string {
    const sorted = new URLSearchParams(this.parameters);
    sorted.sort();
    return hash('sha256', sorted.toString());
  }
}
