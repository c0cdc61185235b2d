/** What login pages and their neighbours say, by language. */
export interface PageWords {
  signIn: string;
  name: string;
  password: string;
  forgot: string;
  remember: string;
  next: string;
  codeHeading: string;
  codeLabel: string;
  verify: string;
  withGoogle: string;
  withApple: string;
  signUp: string;
  firstName: string;
  repeat: string;
  terms: string;
  changeHeading: string;
  current: string;
  fresh: string;
  change: string;
  stay: string;
  logOut: string;
  article: string;
  search: string;
  tenant: string;
}
