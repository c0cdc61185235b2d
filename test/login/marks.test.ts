import { describe, expect, test } from 'vitest';
import { marksOf } from '../../src/login/success.ts';
import { plainPage } from './plain-page.ts';

const shows = (text: string, username: string): boolean =>
  marksOf(plainPage([{ text }]), username).some(({ signal }) => signal === 'username_shown');

describe('a name is shown', () => {
  test.each([
    ['ada', 'Signed in as ada'],
    ['ada', 'Ada’s account'],
    ['ada', '@ada'],
    ['ada', '(ADA) 3 messages'],
    ['ada', 'adaさん、こんにちは'],
    ['ada@lindgrove.test', 'ada@lindgrove.test'],
    ['ada@lindgrove.test', 'Your name: ada'],
    ['józef', 'Witaj, Jozef!'],
    ['мария', 'Здравствуйте, Мария!'],
    ['ada', 'armada of ada'],
  ])('%s in "%s"', (username, text) => {
    expect(shows(text, username)).toBe(true);
  });
});

describe('a name is not shown where its letters are a part of something', () => {
  test.each([
    ['ada', 'You said 4b2fada96e3371'],
    ['ada', 'Request 9e33ada'],
    ['ada', 'Trace ada07f'],
    ['ada', 'You said Qm9AdaWx_2'],
    ['ada', 'Token x-ada_9'],
    ['ada', 'Canada and its armada'],
    ['мария', 'Марияново'],
  ])('%s in "%s"', (username, text) => {
    expect(shows(text, username)).toBe(false);
  });
});
