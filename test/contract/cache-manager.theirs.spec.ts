import { describeCacheManagerApp } from './cache-manager-app/suite.js';

describeCacheManagerApp('@nestjs/cache-manager');
