import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { directoryExchange } from '../../../src/shared/exchange/directory.ts';
import { exchangeContract } from './contract.ts';

describe('an exchange in a folder', () => {
  exchangeContract(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'azl-exchange-'));
    return () => directoryExchange(dir);
  });
});
