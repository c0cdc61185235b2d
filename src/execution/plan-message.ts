import Type, { type Static } from 'typebox';
import { PLAN_FAILURES, PLAN_OUTCOMES, PLAN_QUESTIONS, type PlanFailure } from '../login/plan.ts';
import { Nullable } from '../schema.ts';

/** A question to the planner and its answer as they cross the thread boundary: bounded, and without any markup. */

const Place = Type.Integer({ minimum: 0, maximum: 1_000 });

export const PlanRequestSchema = Type.Object({
  question: Type.Enum(PLAN_QUESTIONS),
  controls: Type.Array(
    Type.Object({
      kind: Type.Union([Type.Literal('field'), Type.Literal('button'), Type.Literal('link')]),
      type: Type.String({ maxLength: 40 }),
      words: Type.String({ maxLength: 600 }),
      form: Nullable(Type.Integer()),
    }),
    { maxItems: 200 },
  ),
  lines: Type.Array(Type.Object({ text: Type.String({ maxLength: 300 }), new: Type.Boolean() }), { maxItems: 200 }),
  within_ms: Type.Integer({ minimum: 0 }),
});
export type PlanRequestMessage = Static<typeof PlanRequestSchema>;

export const PlanAnswerSchema = Type.Union([
  Type.Object({
    plan: Type.Union([
      Type.Object({ action: Type.Literal('click'), control: Place }),
      Type.Object({
        action: Type.Literal('fill'),
        username: Nullable(Place),
        password: Nullable(Place),
        code: Nullable(Place),
        submit: Nullable(Place),
      }),
      Type.Object({ action: Type.Literal('refused'), outcome: Type.Enum(PLAN_OUTCOMES), line: Place }),
      Type.Object({ action: Type.Literal('nothing') }),
    ]),
  }),
  Type.Object({ declined: Type.Enum(Object.keys(PLAN_FAILURES) as PlanFailure[]) }),
]);
export type PlanAnswerMessage = Static<typeof PlanAnswerSchema>;
