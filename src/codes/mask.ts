/** An address or number as it may be shown to whoever polls: enough to know it again, not to use it. */
export function maskIdentifier(identifier: string): string {
  const text = identifier.trim();
  const at = text.lastIndexOf('@');
  if (at > 0) return `${text.slice(0, 1)}***${text.slice(at)}`;
  const digits = text.replace(/\D/g, '');
  if (digits.length >= 6 && /^[+\d\s().-]+$/.test(text)) return `***${digits.slice(-2)}`;
  return text.length > 2 ? `${text.slice(0, 1)}***` : '***';
}
