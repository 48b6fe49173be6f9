// The stories of one district, told in order on one installation for each database.

import { installation } from '../harness/journey.mjs';
import { theLoop } from '../stories/loop.mjs';

installation({ start: 'serve', district: true }, (journey) => {
  theLoop(journey);
});
