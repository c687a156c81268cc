// Codes that new screens show: eight letters without vowels, "BCDF-GHJK".
const CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/;

const letters = (text: string): string => text.toUpperCase().replace(/[\s\-–—]/g, '');

// In the form that screens show; undefined where it is none.
export function codeOf(text: string): string | undefined {
  const plain = letters(text);
  return CODE.test(plain) ? `${plain.slice(0, 4)}-${plain.slice(4)}` : undefined;
}

// What somebody types, with the dash as soon as there is something behind it.
export function codeTyped(text: string): string {
  const plain = letters(text).replace(/[^A-Z]/g, '').slice(0, 8);
  return plain.length > 4 ? `${plain.slice(0, 4)}-${plain.slice(4)}` : plain;
}

// Out of what a QR code says: the address of this headend's page for a code.
export function codeScanned(text: string, origin: string): string | undefined {
  let address: URL;
  try {
    address = new URL(text);
  } catch {
    return undefined;
  }
  return address.origin === origin ? codeOf(address.searchParams.get('user_code') ?? '') : undefined;
}
