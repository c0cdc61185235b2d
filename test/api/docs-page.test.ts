import { chromium } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';

interface Operation {
  summary: string;
  tags: string[];
}

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

test('the documentation page shows every route, asks nobody else, and complains of nothing', {
  timeout: 60_000,
}, async () => {
  const browser = await chromium.launch({ executablePath: inject('chromium') });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${service.url}/docs`);
    await page
      .getByRole('heading', { name: /Keyturn/ })
      .first()
      .waitFor();
    const { body: document } = await service.call('GET', '/openapi.json');
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.values(path as Record<string, Operation>),
    );
    await page
      .getByText(/Group - /)
      .first()
      .waitFor();
    for (const tag of new Set(operations.flatMap(({ tags }) => tags))) {
      const closed = page.getByText(`Open Group - ${tag}`, { exact: true });
      if ((await closed.count()) > 0) await closed.first().dispatchEvent('click');
    }
    for (const { summary } of operations) {
      await page.getByText(summary).first().waitFor({ timeout: 5_000 });
    }
    expect(asked.filter((url) => !url.startsWith(service.url) && !/^(data|blob):/.test(url))).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
