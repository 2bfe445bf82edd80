import { join } from 'node:path';
import type { LabDetail, LabList, LabRun, LabSummary } from '../wire/labs.js';
import { documentedLabs, type DocumentedLab } from './documented-labs.js';
import { receiptOf, textOf, type ReadReceipt } from './lab-receipts.js';

export interface LabFolders {
  /** Where `npm run lab` leaves its receipts; absent in a container. */
  receipts: string | undefined;
  /** Has labs.md and pictures/labs. */
  documents: string;
}

interface LabPicture {
  of: 'run' | 'documents';
  svg: string;
}

/** The labs of docs/labs.md, each with its last run on this machine. Reads the files each time. */
export class LabReports {
  constructor(private readonly folders: LabFolders) {}

  async list(): Promise<LabList> {
    const labs = await this.documented();
    const summaries = labs.map(async (lab) => summaryOf(lab, await this.receipt(lab.name)));
    return { items: await Promise.all(summaries) };
  }

  async detail(name: string): Promise<LabDetail | undefined> {
    const lab = await this.find(name);
    if (!lab) return undefined;
    const receipt = await this.receipt(name);
    const picture = await this.pictureOf(name, receipt);
    return {
      ...summaryOf(lab, receipt),
      doesNotShow: receipt?.doesNotShow ?? lab.doesNotShow,
      table: receipt?.table ?? null,
      claims: receipt?.claims ?? [],
      pictureOf: picture?.of ?? null,
    };
  }

  /** The picture of the last run here, else the one of the documents. */
  async picture(name: string): Promise<LabPicture | undefined> {
    // A name that is no section never becomes a path.
    if (!(await this.find(name))) return undefined;
    return await this.pictureOf(name, await this.receipt(name));
  }

  private async pictureOf(
    name: string,
    receipt: ReadReceipt | undefined,
  ): Promise<LabPicture | undefined> {
    const { receipts, documents } = this.folders;
    // A picture without its receipt is of an unknown run.
    const run =
      receipt && receipts !== undefined
        ? await textOf(join(receipts, name, 'picture.svg'))
        : undefined;
    if (run !== undefined) return { of: 'run', svg: run };
    const svg = await textOf(join(documents, 'pictures', 'labs', `${name}.svg`));
    return svg === undefined ? undefined : { of: 'documents', svg };
  }

  private async find(name: string): Promise<DocumentedLab | undefined> {
    return (await this.documented()).find((lab) => lab.name === name);
  }

  private async documented(): Promise<DocumentedLab[]> {
    return documentedLabs((await textOf(join(this.folders.documents, 'labs.md'))) ?? '');
  }

  private async receipt(name: string): Promise<ReadReceipt | undefined> {
    const { receipts } = this.folders;
    return receipts === undefined ? undefined : await receiptOf(receipts, name);
  }
}

function summaryOf(lab: DocumentedLab, receipt: ReadReceipt | undefined): LabSummary {
  const { name, claim, failureWindow, measured } = lab;
  return {
    name,
    claim,
    failureWindow,
    command: `npm run lab -- ${name}`,
    run: receipt ? runOf(receipt) : null,
    documented: measured,
  };
}

function runOf({ at, seed, seconds, version, claims }: ReadReceipt): LabRun {
  const claimsHeld = claims.filter(({ holds }) => holds).length;
  return { at, seed, seconds, version, claimsHeld, claimsBroken: claims.length - claimsHeld };
}
