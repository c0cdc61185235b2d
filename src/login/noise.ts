const NOISE = /analytics|telemetry|metrics|collect|beacon|tracking|sentry|csp-report|\/log(s)?($|\?)/i;

/** Whether an address takes what a site counts about its visitors, and so never a login. */
export function isNoise(url: string): boolean {
  return NOISE.test(url);
}
