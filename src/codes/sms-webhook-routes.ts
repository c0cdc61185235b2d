import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { invalidAt } from '../errors.ts';
import { Time } from '../schema.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import { createSmsWebhook, listSmsWebhooks, removeSmsWebhook, smsWebhookView } from './sms-webhook-store.ts';

const TAGS = ['sms webhooks'];

const SmsWebhookSchema = Type.Object({
  sms_webhook_id: Type.String(),
  url: Type.String({ description: 'To be set as the webhook at the provider, to the letter: it is signed' }),
  created_at: Time,
});

const CreateBody = Type.Object(
  {
    auth_token: Type.String({
      minLength: 16,
      maxLength: 500,
      pattern: '^[\\x21-\\x7e]+$',
      description: 'The token that the provider signs with; never read back',
    }),
    base_url: Type.String({
      maxLength: 500,
      description: 'The address under which the provider reaches this service, such as https://keyturn.example.com',
    }),
  },
  { additionalProperties: false },
);

/** Without a slash at the end, a query or a login: what is signed has to be the same to the letter. */
function baseUrlOf(text: string): string {
  const url = URL.parse(text.trim());
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw invalidAt('/base_url', 'must be an http or https address without user, query or fragment');
  }
  return url.href.replace(/\/+$/, '');
}

/** Where text messages come in. Whoever may push codes may name who else pushes them. */
export const smsWebhookRoutes =
  (services: { dataKeys: Sealer }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/sms_webhooks',
      {
        config: { scope: 'codes:read' },
        schema: { summary: 'List the SMS webhooks', tags: TAGS, response: { 200: Type.Array(SmsWebhookSchema) } },
      },
      async (request) => (await listSmsWebhooks(request.organization)).map(smsWebhookView),
    );

    app.post(
      '/sms_webhooks',
      {
        config: { scope: 'codes:write', audit: 'sms_webhook.created' },
        schema: {
          summary: 'Make an address that a provider of phone numbers posts text messages to, signed with its token',
          tags: TAGS,
          body: CreateBody,
          response: { 201: SmsWebhookSchema },
        },
      },
      async (request, reply) => {
        const { auth_token: token, base_url } = request.body;
        const baseUrl = baseUrlOf(base_url);
        const webhook = { baseUrl, token, actor: request.actor };
        const row = await createSmsWebhook(services.dataKeys, request.organization, webhook);
        return reply.code(201).send(smsWebhookView(row));
      },
    );

    app.delete(
      '/sms_webhooks/:id',
      {
        config: { scope: 'codes:write', audit: 'sms_webhook.removed' },
        schema: {
          summary: 'Remove an SMS webhook at once',
          tags: TAGS,
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 204: Type.Null({ description: 'Removed' }) },
        },
      },
      async (request, reply) => {
        await removeSmsWebhook(request.organization, request.params.id, request.actor);
        return reply.code(204).send(null);
      },
    );
  };
