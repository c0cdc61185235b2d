/** Whether a create lost a race for a unique key (Prisma's P2002, the same on both databases). */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002';
}
