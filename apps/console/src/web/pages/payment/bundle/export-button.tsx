import type { PaymentEvidence } from '../../../../control-room/wire/evidence.js';
import { bundleOf, fileNameOf } from './incident-bundle.js';

/** Saves what the page shows as one file. It asks the system nothing: the system may be down. */
export function ExportButton({ payment }: { payment: PaymentEvidence }) {
  const save = () => {
    const source = location.origin + location.pathname;
    const bundle = bundleOf(payment, { exportedAt: new Date().toISOString(), source });
    const file = new Blob([JSON.stringify(bundle, null, 2)], { type: 'application/json' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = fileNameOf(bundle);
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" class="button" onClick={save}>
      Export
    </button>
  );
}
