import type { Service } from './service.ts';

/** When a run had typed its code and sent it off, Unix milliseconds, by what it wrote down itself. */
export async function codeTypedAt(service: Service, runId: string): Promise<number> {
  const db = service.runtime.services.storage.database.asSystem('sweep');
  const events = await db.runEvent.findMany({ where: { run_id: runId, event: 'stage' }, orderBy: { sequence: 'asc' } });
  const typed = events.find(({ data }) => {
    const { stage, state } = data as { stage?: string; state?: string };
    return stage === 'code' && state === 'submitted';
  });
  if (!typed) throw new Error('The run typed no code');
  return typed.created_at.getTime();
}

/** The texts of a run's evidence, one a line. */
export function evidenceText(result: { evidence: { text: string }[] }): string {
  return result.evidence.map(({ text }) => text).join('\n');
}
