import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import type { ResponseFormatJSONSchema } from 'openai/resources/shared';
import type { PlanRequestMessage } from '../execution/plan-message.ts';
import type { Plan, PlanFailure } from '../login/plan.ts';
import { boundedFetch, TooLarge } from './bounded-fetch.ts';
import { ANSWER_FORMAT, messagesFor, readAnswer } from './prompt.ts';

/** Where the model is. */
export interface ModelPlace {
  apiKey: string | null;
  /** Null: the package's own. */
  baseUrl: string | null;
  model: string;
}

export type ModelAnswer = ({ plan: Plan } | { declined: PlanFailure }) & {
  /** Tokens the call took, as the endpoint counts; null when it did not say. */
  tokens: number | null;
};

type Said = ({ text: string } | { declined: PlanFailure }) & { tokens: number | null };

/** Longest answer in tokens; some models think before they write. */
export const MAX_ANSWER_TOKENS = 4_000;

/** An OpenAI-compatible endpoint. Its errors stay here: their texts may quote the request, or the key. */
export class ModelClient {
  readonly #client: OpenAI;
  readonly #model: string;

  constructor({ apiKey, baseUrl, model }: ModelPlace) {
    this.#model = model;
    // Everything the package would read from the environment by itself is said here.
    this.#client = new OpenAI({
      apiKey: apiKey ?? 'none',
      baseURL: baseUrl ?? 'https://api.openai.com/v1',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      logLevel: 'off',
      fetch: boundedFetch,
    });
  }

  /** Asks once what to do next. Never rejects. */
  async ask(request: PlanRequestMessage, ms: number, signal: AbortSignal): Promise<ModelAnswer> {
    const said = await this.complete(messagesFor(request), ANSWER_FORMAT, ms, signal);
    if ('declined' in said) return said;
    const plan = readAnswer(said.text);
    return plan ? { plan, tokens: said.tokens } : { declined: 'bad_answer', tokens: said.tokens };
  }

  /** One completion of a fixed form. Never rejects. */
  async complete(
    messages: { role: 'system' | 'user'; content: string }[],
    format: ResponseFormatJSONSchema,
    ms: number,
    signal: AbortSignal,
  ): Promise<Said> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ms);
    try {
      const completion = await this.#client.chat.completions.create(
        {
          model: this.#model,
          messages,
          response_format: format,
          max_completion_tokens: MAX_ANSWER_TOKENS,
        },
        { signal: AbortSignal.any([signal, late.signal]), timeout: ms },
      );
      return { ...read(completion), tokens: completion.usage?.total_tokens ?? null };
    } catch (error) {
      return { declined: late.signal.aborted ? 'slow' : failureOf(error), tokens: null };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** An endpoint may answer with anything: its shape is looked at, not trusted. */
function read(completion: Partial<OpenAI.ChatCompletion> | null): { text: string } | { declined: PlanFailure } {
  const choice = completion?.choices?.[0];
  if (choice?.finish_reason === 'length') return { declined: 'cut_off' };
  if (choice?.finish_reason === 'content_filter' || choice?.message?.refusal) return { declined: 'refused' };
  const text = choice?.message?.content;
  return typeof text === 'string' ? { text } : { declined: 'bad_answer' };
}

function failureOf(error: unknown): PlanFailure {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof TooLarge) return 'too_large';
  if (error instanceof APIUserAbortError) return 'slow';
  if (error instanceof APIConnectionError) return 'unreachable';
  if (error instanceof APIError) return error.status === 429 ? 'rate_limited' : 'failed';
  // What is left is what could not be read as JSON.
  return 'bad_answer';
}
