// The page works without this: it then shows what was there when it was loaded, and
// its buttons are forms. This keeps it up to date and saves the loading.

import { startClock } from './clock.js';
import { startCopying } from './copy.js';
import { startFilter } from './filter.js';
import { startForms } from './forms.js';
import { startKeys } from './keys.js';
import { connect, startHolding } from './live.js';
import { startNotifying } from './notify.js';

document.documentElement.classList.add('js');
startCopying();
startFilter();
startForms();
startKeys();
startClock();
startHolding();
startNotifying();
connect();
