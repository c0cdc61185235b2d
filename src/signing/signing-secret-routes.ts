import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Nullable, Time } from '../schema.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import {
  listSigningSecrets,
  removeSigningSecret,
  rotateSigningSecret,
  signingSecretView,
} from './signing-secret-store.ts';

const DAY_SECONDS = 24 * 60 * 60;

const SigningSecretSchema = Type.Object({
  signing_secret_id: Type.String(),
  last_four: Type.String(),
  created_at: Time,
  expires_at: Nullable(Time),
});

const CreateBody = Type.Object(
  {
    signing_secret: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 500,
        pattern: '^[\\x21-\\x7e]+$',
        description: 'One that an endpoint already has; left out, a new one is made',
      }),
    ),
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * DAY_SECONDS,
        default: DAY_SECONDS,
        description: 'How long the secrets before it go on signing beside it',
      }),
    ),
  },
  { additionalProperties: false },
);

const TAGS = ['signing secrets'];

/** What calls to the organization's endpoints are signed with. */
export const signingSecretRoutes =
  (services: { dataKeys: Sealer }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/signing_secrets',
      {
        config: { scope: 'admin' },
        schema: {
          summary: 'List the signing secrets in force, the current one first',
          tags: TAGS,
          response: { 200: Type.Array(SigningSecretSchema) },
        },
      },
      async (request) => (await listSigningSecrets(request.organization)).map(signingSecretView),
    );

    app.post(
      '/signing_secrets',
      {
        config: { scope: 'admin', audit: 'signing_secret.created' },
        schema: {
          summary: 'Make or import a signing secret; the answer is the only place it is ever shown',
          tags: TAGS,
          body: CreateBody,
          response: { 201: Type.Object({ ...SigningSecretSchema.properties, signing_secret: Type.String() }) },
        },
      },
      async (request, reply) => {
        const { signing_secret: given, overlap_seconds: overlap = DAY_SECONDS } = request.body;
        const { row, secret } = await rotateSigningSecret(services.dataKeys, request.organization, {
          secret: given ?? null,
          until: new Date(Date.now() + overlap * 1000),
          actor: request.actor,
        });
        return reply.code(201).send({ ...signingSecretView(row), signing_secret: secret });
      },
    );

    app.delete(
      '/signing_secrets/:id',
      {
        config: { scope: 'admin', audit: 'signing_secret.removed' },
        schema: {
          summary: 'End a signing secret at once',
          tags: TAGS,
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 204: Type.Null({ description: 'Ended' }) },
        },
      },
      async (request, reply) => {
        await removeSigningSecret(request.organization, request.params.id, request.actor);
        return reply.code(204).send(null);
      },
    );
  };
