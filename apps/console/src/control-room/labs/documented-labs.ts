/** A section of docs/labs.md. tools/labs/lab.spec.ts compares claim and window with the lab. */
export interface DocumentedLab {
  name: string;
  claim: string;
  failureWindow: string;
  doesNotShow: string[];
  /** What stands between “Measured (” and “)”: the documented run. */
  measured: string | null;
}

const NAME = /^[a-z][a-z-]{0,39}$/;

/** Every section of the document that has a claim. */
export function documentedLabs(text: string): DocumentedLab[] {
  return text.split(/^## /m).flatMap((section) => {
    const [name = '', ...lines] = section.split('\n');
    const body = lines.join(' ').replaceAll(/\s+/g, ' ');
    const [, claim = '', failureWindow = ''] =
      /\*\*Claim\.\*\* (.*?) \*\*Failure window:\*\* (.*?)\. `npm run lab/.exec(body) ?? [];
    if (!NAME.test(name) || claim === '') return [];
    const [, hidden = ''] = /What it does not show: (.*?)\.?\s*$/.exec(body) ?? [];
    return [
      {
        name,
        claim,
        failureWindow,
        doesNotShow: hidden === '' ? [] : hidden.split('; '),
        measured: /(?:Measured|Computed) \(([^)]*)\)/.exec(body)?.[1] ?? null,
      },
    ];
  });
}
