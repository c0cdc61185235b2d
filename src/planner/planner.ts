import type { Config } from '../config.ts';
import type { PlanAnswerMessage, PlanRequestMessage } from '../execution/plan-message.ts';
import type { Logger } from '../log.ts';
import { MAX_ANSWER_TOKENS, ModelClient } from './model-client.ts';

/** What one run may ask of the model. */
export interface PlannerBudget {
  calls: number;
  /** In and out, as the endpoint counts. */
  tokens: number;
  /** All calls together. */
  seconds: number;
}

const BUDGET: PlannerBudget = { calls: 4, tokens: 40_000, seconds: 45 };
/** Of that, one call at most. */
const CALL_SECONDS = 25;
/** Characters of a token, at the least: for what is not counted by the endpoint. */
const CHARACTERS_PER_TOKEN = 2;

/** The language-model fallback of the service. */
export interface Planner {
  /** With a budget of its own. */
  forRun(runId: string): RunPlanner;
}

export interface RunPlanner {
  /** Asks the model, if the budget allows it; the question must hold no secret any more. Never rejects. */
  ask(request: PlanRequestMessage, signal: AbortSignal): Promise<PlanAnswerMessage>;
}

export function createPlanner(config: Config, log: Logger, budget: PlannerBudget = BUDGET): Planner {
  const client = new ModelClient({
    apiKey: config.openaiApiKey,
    baseUrl: config.openaiBaseUrl,
    model: config.llmModel,
  });
  return { forRun: (runId) => new BudgetedPlanner(client, log, runId, budget) };
}

class BudgetedPlanner implements RunPlanner {
  readonly #client: ModelClient;
  readonly #log: Logger;
  readonly #runId: string;
  #calls: number;
  #tokens: number;
  #ms: number;

  constructor(client: ModelClient, log: Logger, runId: string, budget: PlannerBudget) {
    this.#client = client;
    this.#log = log;
    this.#runId = runId;
    this.#calls = budget.calls;
    this.#tokens = budget.tokens;
    this.#ms = budget.seconds * 1000;
  }

  async ask(request: PlanRequestMessage, signal: AbortSignal): Promise<PlanAnswerMessage> {
    const ms = Math.min(this.#ms, CALL_SECONDS * 1000, request.within_ms);
    const most = Math.ceil(JSON.stringify(request).length / CHARACTERS_PER_TOKEN) + MAX_ANSWER_TOKENS;
    if (this.#calls <= 0 || ms < 1_000 || this.#tokens < most) return { declined: 'budget' };
    this.#calls -= 1;
    const started = performance.now();
    const { tokens, ...answer } = await this.#client.ask(request, ms, signal);
    const took = performance.now() - started;
    this.#ms -= took;
    this.#tokens -= tokens ?? most;
    const facts = { run_id: this.#runId, question: request.question, ms: Math.round(took), tokens };
    if ('declined' in answer) this.#log.warn({ ...facts, declined: answer.declined }, 'the language model was no help');
    else this.#log.info({ ...facts, action: answer.plan.action }, 'the language model was asked');
    return answer;
  }
}
