import { Secret } from 'otpauth';

/** A fresh TOTP seed of 160 bits, base32 (RFC 4226 §4 asks for at least 128). */
export function newSeed(): string {
  return new Secret({ size: 20 }).base32;
}
