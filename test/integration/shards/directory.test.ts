import { describe } from 'vitest';
import { directoryExchange } from '../../../src/shared/shards/transport/directory-exchange.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { exchangeContract } from './contract.ts';

const temporary = temporaryFolders();

describe('an exchange in a folder', () => {
  exchangeContract(async () => {
    const dir = temporary();
    return () => directoryExchange(dir);
  });
});
