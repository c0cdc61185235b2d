import { fold } from '../fold.ts';
import { isText, scoreCode, scoreIdentifier, scorePassword } from './fields/field-roles.ts';
import { buttonWords, formGroups, isLink, usable, wordsOf } from './fields/form-group.ts';
import { type FormPurpose, purposeOf } from './fields/form-purpose.ts';
import type { Candidate } from './fields/score.ts';
import { phrasePattern, says } from './fields/words.ts';
import { isOffer } from './judge.ts';
import { isLogOut } from './log-out.ts';
import type { LoginRun } from './login-run.ts';
import type { ButtonView, FieldView, FormView, Observation } from './observation.ts';
import type { Plan } from './plan.ts';
import { type AskedPlan, isNew } from './plan-request.ts';
import { leadsAway } from './success.ts';

/** What a planner's answer comes to: what may be done, or why it may not. */
export type Checked<T> = { ok: T } | { refused: string };

/** What is typed where, and what sends it. */
export interface CheckedFill {
  identifier: Candidate<FieldView> | null;
  password: Candidate<FieldView> | null;
  code: Candidate<FieldView> | null;
  submit: Candidate<ButtonView> | null;
}

/** Controls that change something beyond the login. Never pressed on a planner's word. */
const CHANGES = phrasePattern(`
  delete; remove; deactivate; close account; unsubscribe; |pay|; payment; |buy|; purchase; place order; order now; checkout; transfer; donate; withdraw;
  approve; loschen; entfernen; kundigen; deaktivieren; bezahlen; |kaufen|; bestellen; uberweis; supprimer; desactiver; resilier; payer;
  acheter; commander; eliminar; borrar; desactivar; pagar; comprar; excluir; apagar; desativar; elimina; cancella; disattiva; |paga|;
  acquista; verwijder; betalen; kopen; bestel; usun; dezaktywuj; zaplac; |kup|; удалить; удаление; отключить; оплатить; купить; |sil|;
  hesabi kapat; odeme; satin al; 削除; 退会; 支払; 購入; 注文; 删除; 刪除; 支付; 付款; 购买; 삭제; 탈퇴; 결제; 구매; حذف; دفع; شراء`);

/** Why a control is never pressed, whoever says so; null when it may be. */
function forbidden(button: ButtonView, forms: readonly FormView[]): string | null {
  const words = `${buttonWords(button)} | ${button.id}`;
  if (!button.visible || button.disabled || button.covered) return 'a control that cannot be clicked';
  if (isLogOut(button, forms) || says('logOut', words)) return 'a control that logs out';
  if (says('register', words)) return 'a control that registers';
  if (says('recovery', words)) return 'a control that recovers an account';
  if (says('otherMethod', words)) return 'a control of another method';
  if (CHANGES.test(fold(words)) || leadsAway(button.href)) return 'a control that may change something';
  return null;
}

function buttonAt(asked: AskedPlan, number: number): Checked<ButtonView> {
  const control = asked.controls[number];
  if (!control || !('button' in control)) return { refused: 'a control that is not on the list' };
  const why = forbidden(control.button, asked.forms);
  return why === null ? { ok: control.button } : { refused: why };
}

function fieldAt(asked: AskedPlan, number: number | null): FieldView | null | undefined {
  if (number === null) return null;
  const control = asked.controls[number];
  return control && 'field' in control && usable(control.field) && !control.field.covered ? control.field : undefined;
}

/** A control that may show the form. One that sends a form is none, and a link stays at the site. */
export function checkOpener(asked: AskedPlan, observation: Observation, number: number): Checked<ButtonView> {
  const found = buttonAt(asked, number);
  if ('refused' in found) return found;
  const button = found.ok;
  const frame = observation.frames[button.frame];
  const target = URL.parse(button.href, frame?.url);
  if (isLink(button) && target?.origin !== frame?.origin) return { refused: 'a link to another site' };
  const beside = observation.fields.some(
    (field) => usable(field) && field.form !== null && field.frame === button.frame && field.form === button.form,
  );
  if (beside && ['submit', 'image'].includes(button.type)) return { refused: 'a control that sends a form' };
  return found;
}

/** A control that may send fields: it belongs to them and leads nowhere by itself. */
export function checkSender(
  asked: AskedPlan,
  number: number,
  fields: readonly FieldView[],
): Checked<Candidate<ButtonView>> {
  const found = buttonAt(asked, number);
  if ('refused' in found) return found;
  const button = found.ok;
  const last = fields.at(-1);
  const apart = last === undefined || button.frame !== last.frame || (last.form !== null && button.form !== last.form);
  if (apart || isLink(button)) return { refused: 'a control that does not belong to the fields' };
  const words = buttonWords(button);
  if (says('search', words) || says('newsletter', words)) return { refused: 'a control of another form' };
  return { ok: chosen(button) };
}

function chosen<T>(element: T): Candidate<T> {
  return { element, score: 0, reasons: ['chosen by the language model'] };
}

function purposeAround(observation: Observation, field: FieldView): FormPurpose | undefined {
  const group = formGroups(observation, true).find(({ fields }) => fields.includes(field));
  return group && purposeOf(group);
}

/** Why a field may not take what is meant for it; null when it may. */
function misfit(role: 'username' | 'password' | 'code', field: FieldView, password: FieldView | null): string | null {
  const words = wordsOf(field);
  const other = field.type === 'search' || says('search', words) || says('captcha', words) || says('payment', words);
  if (role === 'password') return scorePassword(field).score > 0 ? null : 'the password in a field of another kind';
  if (role === 'code') {
    const fits = (isText(field) || field.type === 'password') && !other && scoreCode(field).score >= 0;
    return fits ? null : 'the code in a field of another kind';
  }
  const fits = isText(field) && field.tag === 'input' && !other && scoreIdentifier(field, password).score > -4;
  return fits ? null : 'the username in a field of another kind';
}

/** Fields and what sends them: all of one form, each of its kind, in a form that could be a login. */
export function checkFill(
  run: LoginRun,
  asked: AskedPlan,
  observation: Observation,
  plan: Extract<Plan, { action: 'fill' }>,
): Checked<CheckedFill> {
  const [identifier, password, code] = [plan.username, plan.password, plan.code].map((at) => fieldAt(asked, at));
  if (identifier === undefined || password === undefined || code === undefined)
    return { refused: 'a field that is not on the list' };
  const fields = [identifier, password, code].filter((field) => field !== null);
  const [first] = fields;
  if (!first || new Set(fields).size < fields.length) return { refused: 'nothing to fill in' };
  if (fields.some(({ frame, form }) => frame !== first.frame || form !== first.form))
    return { refused: 'fields of several forms' };
  if ((identifier && run.begun.has('identifier')) || (password && run.begun.has('password')))
    return { refused: 'to type again what was submitted once' };
  if (code && run.begun.has('code')) return { refused: 'to type again what was submitted once' };
  if (code && !password && run.submissions.password === 0) return { refused: 'a code before the password' };
  if (identifier && !password && run.submissions.password > 0) return { refused: 'a name after the password' };
  const wrong =
    (identifier && misfit('username', identifier, password)) ??
    (password && misfit('password', password, password)) ??
    (code && misfit('code', code, password));
  if (wrong) return { refused: wrong };
  const form = purposeAround(observation, first);
  if (observation.captchas.length > 0) return { refused: 'a form with a captcha' };
  if (!form || ['sign_up', 'password_change', 'recovery'].includes(form.purpose))
    return { refused: 'a form that is no login' };
  if (form.purpose !== 'login' && form.passwords.length > 1)
    return { refused: 'a form that asks for several passwords' };
  const around = [form.group.words, form.group.heading, ...form.group.buttons.map(buttonWords)].join(' | ');
  if (!password && (says('newsletter', around) || says('search', form.group.words)))
    return { refused: 'a form that is no login' };
  const ordered = fields.toSorted((one, other) => one.order - other.order);
  const sender = plan.submit === null ? null : checkSender(asked, plan.submit, ordered);
  if (sender && 'refused' in sender) return sender;
  return {
    ok: {
      identifier: identifier && chosen(identifier),
      password: password && chosen(password),
      code: code && chosen(code),
      submit: sender?.ok ?? null,
    },
  };
}

/** The line a refusal is explained with: really on the page, new since the submission, and no offer. */
export function checkLine(
  run: LoginRun,
  asked: AskedPlan,
  { lines, messages }: Observation,
  number: number,
): Checked<string> {
  const line = asked.lines[number];
  const shown = line !== undefined && (lines.includes(line) || messages.some(({ text }) => text === line));
  if (!shown) return { refused: 'words that are not on the page' };
  if (!isNew(run, line)) return { refused: 'words that were there before the submission' };
  if (isOffer(line)) return { refused: 'an offer instead of an answer' };
  return { ok: line };
}
