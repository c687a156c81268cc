// Before any element is made: theme, language, addresses.
import { startLanguage } from './lib/i18n.js';
import { startRouter } from './lib/router.js';
import { startSettings } from './lib/settings.js';

startSettings();
startLanguage();
startRouter();
