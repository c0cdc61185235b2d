import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Nullable } from '../schema.ts';
import { TERMINATE_RULES } from './terminate-rules.ts';
import { getWorkflow } from './workflow-store.ts';

const WorkflowSchema = Type.Object({
  workflow_permanent_id: Type.String(),
  title: Type.String(),
  description: Type.String(),
  status: Type.Literal('auto_generated'),
  persist_browser_session: Type.Boolean(),
  parameters: Type.Array(
    Type.Object({
      key: Type.Literal('credential'),
      parameter_type: Type.Literal('credential'),
      credential_id: Type.String(),
    }),
  ),
  blocks: Type.Array(
    Type.Object({
      block_type: Type.Literal('login'),
      label: Type.Literal('login'),
      url: Type.String(),
      navigation_goal: Type.String(),
      terminate_criterion: Type.String(),
      rules: Type.Array(
        Type.Object({
          id: Type.Enum(TERMINATE_RULES.map((rule) => rule.id)),
          text: Type.String(),
        }),
      ),
      max_steps_per_run: Type.Integer(),
      parameter_keys: Type.Array(Type.Literal('credential')),
      totp_identifier: Nullable(Type.String()),
      totp_url: Nullable(Type.String()),
    }),
  ),
});

/** The generated workflow, shown as it is. */
export const workflowRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/workflows/:id',
    {
      config: { scope: 'runs:read' },
      schema: {
        summary: 'The one-shot login workflow of a run, with its terminate rules',
        tags: ['workflows'],
        params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
        response: { 200: WorkflowSchema },
      },
    },
    async (request) => getWorkflow(request.organization, request.params.id),
  );
};
