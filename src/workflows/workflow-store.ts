import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { WorkflowDefinition } from './workflow.ts';

/** A stored workflow: its permanent id beside the definition. */
export interface StoredWorkflow extends WorkflowDefinition {
  workflow_permanent_id: string;
}

export async function createWorkflow(db: OrganizationModels, definition: WorkflowDefinition): Promise<string> {
  const id = newId('workflow');
  await db.workflow.create({
    data: {
      id,
      organization_id: db.organizationId,
      title: definition.title,
      definition: toJson(definition),
      created_at: new Date(),
    },
  });
  return id;
}

/** Throws `not_found`. */
export async function getWorkflow(db: OrganizationModels, id: string): Promise<StoredWorkflow> {
  const row = await db.workflow.findFirst({ where: { id } });
  if (!row) throw new KeyturnError('not_found', { detail: 'There is no workflow with this id.' });
  // The column holds what createWorkflow wrote; nothing else writes it.
  return { workflow_permanent_id: row.id, ...(row.definition as unknown as WorkflowDefinition) };
}
