import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { KeyturnError } from '../errors.ts';
import { type FormBody, readForms } from '../http/body.ts';
import { files } from '../schema.ts';
import type { Storage } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import { arrive, type InboxServices } from './arrive.ts';
import { looksLikeMessage } from './mail-message.ts';
import { isSignedSms } from './sms-signature.ts';
import { openSmsWebhook } from './sms-webhook-store.ts';

/** A text message in many parts, escaped as a form. */
const BODY_LIMIT = 64 * 1024;
const MAX_MEMBERS = 200;
/** A number, a short code, or the name of a channel before it. */
const PHONE = /^[\w+:. ()-]{3,100}$/;
/** Says that there is nothing to answer the message with. */
const NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

const InboundForm = Type.Array(Type.Tuple([Type.String(), Type.String()]), {
  maxItems: MAX_MEMBERS,
  description: 'An HTML form with To, From, Body and MessageSid',
});

function member(form: FormBody, name: string): string {
  return form.find(([other]) => other === name)?.[1] ?? '';
}

/**
 * Text messages, as the provider of the number posts them (Twilio's shape). No key: the form is signed with a token that
 * the organization shares with the provider. It stands outside of /v1, where a key opens every door.
 */
export const inboundSmsRoutes =
  (services: InboxServices & { storage: Storage }): FastifyPluginAsyncTypebox =>
  async (app) => {
    readForms(app);
    app.post(
      '/inbound/sms/:id',
      {
        bodyLimit: BODY_LIMIT,
        schema: {
          summary: 'A text message from the provider of a number, signed by X-Twilio-Signature',
          tags: ['sms webhooks'],
          consumes: ['application/x-www-form-urlencoded'],
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          body: InboundForm,
          response: { 200: files('Taken; an empty answer in the words of the provider', 'text/xml') },
        },
      },
      async (request, reply) => {
        const form: FormBody = request.body;
        const signature = request.headers['x-twilio-signature'];
        const webhook = await openSmsWebhook(services.dataKeys, services.storage.database, request.params.id);
        // An unknown id takes the same way, so that it cannot be told from a wrong signature.
        const { token, url } = webhook ?? { token: 'nobody', url: '' };
        const signed = isSignedSms(token, url, form, typeof signature === 'string' ? signature : '');
        if (!webhook || !signed) throw new KeyturnError('signature_refused');
        const [to, content, sid] = [member(form, 'To'), member(form, 'Body'), member(form, 'MessageSid')];
        if (PHONE.test(to) && sid !== '' && looksLikeMessage(content)) {
          await take(services, webhook.db, { identifier: to, content, messageId: `sms ${sid}` });
        }
        return reply.type('text/xml; charset=utf-8').send(NO_ANSWER);
      },
    );
  };

/** Many messages hold no code, and one may be posted again: neither is the provider's fault. */
async function take(
  services: InboxServices,
  db: Parameters<typeof arrive>[1],
  message: { identifier: string; content: string; messageId: string },
): Promise<void> {
  try {
    await arrive(services, db, { ...message, source: 'sms' });
  } catch (error) {
    const noCode = error instanceof KeyturnError && error.code === 'code_not_found';
    if (!noCode && !isUniqueViolation(error)) throw error;
  }
}
