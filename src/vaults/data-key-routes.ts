import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Nullable, Time } from '../schema.ts';
import { listDataKeys } from './data-key-rotation.ts';
import type { DataKeys } from './data-keys.ts';
import type { SealedPlace } from './sealed-place.ts';

const TAGS = ['data keys'];

const DataKeysSchema = Type.Array(
  Type.Object({
    data_key_id: Type.String(),
    current: Type.Boolean({ description: 'Whether it is the one that seals' }),
    sealed_rows: Type.Integer({ description: 'How many secrets lie under it' }),
    created_at: Time,
    retired_at: Nullable(Time),
  }),
);

/** The keys that seal the organization's secrets. */
export const dataKeyRoutes =
  (services: { dataKeys: DataKeys }, places: readonly SealedPlace[]): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/data_keys',
      {
        config: { scope: 'admin' },
        schema: {
          summary: 'List the data keys, oldest first; a retired one goes when nothing lies under it any more',
          tags: TAGS,
          response: { 200: DataKeysSchema },
        },
      },
      async (request) => listDataKeys(request.organization, places),
    );

    app.post(
      '/data_keys/rotate',
      {
        config: { scope: 'admin', audit: 'data_key.rotated' },
        schema: {
          summary: 'Make a new data key; what lies under the old one is sealed anew in the background',
          tags: TAGS,
          response: { 200: DataKeysSchema },
        },
      },
      async (request) => {
        await services.dataKeys.rotate(request.organization, request.actor);
        return listDataKeys(request.organization, places);
      },
    );
  };
