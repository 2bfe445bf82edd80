const HEX_BYTES_MAX = 4_096;

/** @returns null if these bytes are not the text that they would look like. */
export function asText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // A control character would be invisible, and the operator would compare the wrong thing.
    return /[^\P{Cc}\n\r\t]/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** 16 bytes a line with their offset, and the printable ASCII of them. At most 4,096 bytes. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < Math.min(bytes.length, HEX_BYTES_MAX); offset += 16) {
    const row = [...bytes.subarray(offset, offset + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'));
    lines.push(`${offset.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${ascii.join('')}`);
  }
  const cut = bytes.length - HEX_BYTES_MAX;
  if (cut > 0) lines.push(`and ${cut} bytes more`);
  return lines.join('\n');
}

/** @returns null for a text that is not base64. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
