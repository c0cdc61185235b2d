/*
 * What pages do whose controls are none by their markup. Each function runs in the visitor's page and is sent as its own
 * text: it may use nothing of this module.
 */

/** The form comes out of its template when the page's own kind of button is clicked. */
export function openFromTemplate(): void {
  document.querySelector('#hearth')?.addEventListener('click', () => {
    const template = document.querySelector<HTMLTemplateElement>('#nook');
    template?.replaceWith(template.content);
  });
}

/** Fields without a form: the page's own kind of button sends them, and Enter does not. */
export function sendByHand({ action }: { action: string }): void {
  document.querySelector('#lantern')?.addEventListener('click', () => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = action;
    for (const field of document.querySelectorAll<HTMLInputElement>('.burrow input')) form.append(field);
    document.body.append(form);
    form.submit();
  });
}
