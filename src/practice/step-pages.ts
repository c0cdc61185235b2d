import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { enter } from './account-pages.ts';
import { approvalState } from './approvals.ts';
import { askCode } from './code-form.ts';
import { fieldsOf, queryOf } from './cookies-and-bodies.ts';
import { askMore } from './extra-forms.ts';
import { chosenWay, factorPages, showWays, wayOf } from './factor-pages.ts';
import { type Html, html } from './html.ts';
import { errorBox, sendPage } from './layout.ts';
import { recoveryLink, recoveryPage } from './recovery-page.ts';
import type { Session } from './sessions.ts';
import { giveCode, isOwnForm, passed, statusOf, wordsOf } from './sign-in.ts';
import type { Place, Step } from './variant.ts';

/** What differs with the kind of form the steps belong to. */
interface StepKind {
  enter?: typeof enter;
  bare?: boolean;
}

type Shown = [
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  step: Step,
  error?: string,
  status?: number,
];

/** A page that asks one thing after the password. */
export interface StepForm {
  title: string;
  /** Everything inside the form, its buttons too. */
  fields: Html;
  /** Stands above the form. */
  before?: Html;
  /** Stands below it. */
  below?: Html | null;
  /** What the fields mean: a refusal in words, or null when the step is done. Not used for codes. */
  judge?(session: Session, request: FastifyRequest): string | null;
}

/** A page with the step's form in a frame of its own. */
function showFrame(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  step: Step,
): FastifyReply {
  const { title } = formOf(place, request, session, step);
  const address = new URL(place.link(request, step), 'http://localhost');
  address.searchParams.set('inside', '1');
  const body = html`<section class="card"><iframe src="${address.pathname}${address.search}" title="${title}"></iframe></section>`;
  return sendPage(place, request, reply, { title: 'One more step', body });
}

function formOf(place: Place, request: FastifyRequest, session: Session, step: Step): StepForm {
  return step === 'code' ? askCode(place, request, session) : askMore(place, request, session, step);
}

/** The pages `/code`, `/question` … of a variant; only the one the session is at answers, the others lead back. */
export function stepPages(app: FastifyInstance, place: Place, kind: StepKind = {}): void {
  const show = (...[request, reply, session, step, error, status = 200]: Shown): FastifyReply => {
    const { title, fields, before, below } = formOf(place, request, session, step);
    const body = html`<section class="card"><h1>${title}</h1>${errorBox(error)}${before}
      <form method="post" action="${place.link(request, step)}"><input type="hidden" name="csrf" value="${session.csrf}">
      ${fields}</form>${below}${step === 'code' && !place.variant.choice && recoveryLink(place, request, session)}</section>`;
    return sendPage(place, request, reply, { title, body, status, bare: kind.bare ?? false });
  };
  const goOn = (request: FastifyRequest, reply: FastifyReply, session: Session) => {
    const next = session.pending?.[0];
    if (next) return reply.redirect(place.link(request, next), 303);
    return (kind.enter ?? enter)(place, request, reply, session);
  };
  recoveryPage(app, place, goOn);
  approvalState(app, place);
  factorPages(app, place);
  const steps: Step[] = ['code', 'new-password', ...(place.variant.after ?? [])];
  for (const step of new Set(steps)) {
    app.get(`/${step}`, (request, reply) => {
      const session = place.site.sessions.find(place.variant, request);
      if (session?.pending?.[0] !== step) return reply.redirect(place.link(request, place.entry), 303);
      if (step === 'code' && chosenWay(place, session) === null) return showWays(place, request, reply, session);
      const framed = step === 'code' && place.variant.code === 'in-frame' && !queryOf(request).inside;
      return framed ? showFrame(place, request, reply, session, step) : show(request, reply, session, step);
    });
    app.post(`/${step}`, async (request, reply) => {
      const session = place.site.sessions.find(place.variant, request);
      if (session?.pending?.[0] !== step) return reply.redirect(place.link(request, place.entry), 303);
      if (step !== 'stay') place.site.journal.note(request, session.username ?? '', step === 'code' ? 'code' : 'extra');
      const t = place.texts(request);
      if (!isOwnForm(session, request)) {
        return show(request, reply, session, step, wordsOf(t, { because: 'stale_form' }, request), 403);
      }
      if (step === 'code') {
        const { code = '', trust } = fieldsOf(request);
        // A device is trusted by a person, never by a tool: refused, so that a test sees it.
        const way = chosenWay(place, session);
        const own = way === wayOf(place.site.accounts.get(session.username ?? ''));
        const answer = giveCode(place, request, session, trust === undefined && own ? code : '');
        await place.takeTime(request);
        if (!('refused' in answer)) return goOn(request, reply, session);
        const words = wordsOf(t, answer.refused, request);
        return show(request, reply, session, step, words, statusOf(place, answer.refused, reply));
      }
      const refused = formOf(place, request, session, step).judge?.(session, request) ?? null;
      if (refused !== null) return show(request, reply, session, step, refused, place.variant.errorStatus ?? 401);
      passed(place, session, step);
      return goOn(request, reply, session);
    });
  }
}
