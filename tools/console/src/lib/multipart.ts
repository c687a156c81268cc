// The parts of multipart/mixed (RFC 2046) as the headend sends a preview: each with its Content-Length, so that no picture is searched
// for a boundary.
const PART_MAX = 8 << 20; // bytes
const HEAD_MAX = 1024; // bytes

const latin1 = new TextDecoder('latin1');

export class MultipartReader {
  private rest = new Uint8Array(0);

  // Bytes as they come; the parts that are whole by now. Throws where it is no such thing.
  take(data: Uint8Array): Uint8Array[] {
    const all = new Uint8Array(this.rest.length + data.length);
    all.set(this.rest);
    all.set(data, this.rest.length);
    const parts: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const head = headOf(all, at);
      if (!head || head.start + head.length > all.length) break;
      parts.push(all.slice(head.start, head.start + head.length));
      at = head.start + head.length;
    }
    this.rest = all.slice(at);
    return parts;
  }
}

function headOf(data: Uint8Array, at: number): { readonly start: number; readonly length: number } | undefined {
  const text = latin1.decode(data.subarray(at, at + HEAD_MAX));
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) {
    if (text.length === HEAD_MAX) throw new Error('a part without an end of its head');
    return undefined;
  }
  const length = Number(/\r\nContent-Length: (\d{1,8})\r\n/i.exec(`\r\n${text.slice(0, end)}\r\n`)?.[1] ?? NaN);
  if (!(length > 0 && length <= PART_MAX)) throw new Error('a part without a length');
  return { start: at + end + 4, length };
}
