// The stories of one district, told in order on one installation for each database.

import { installation } from '../harness/journey.mjs';
import { theAppeal } from '../stories/appeals.mjs';
import { theClosing } from '../stories/closing.mjs';
import { formsForgive } from '../stories/forms.mjs';
import { theImport } from '../stories/import.mjs';
import { theLoop } from '../stories/loop.mjs';
import { mergeAndUnmerge } from '../stories/merge.mjs';
import { everyPage } from '../stories/screens.mjs';
import { readersTrace } from '../stories/trace.mjs';
import { theQueue } from '../stories/queue.mjs';
import { theWorkbook } from '../stories/workbook.mjs';

// STORIES names those to tell, by comma, while one is being written.
const told = process.env.STORIES?.split(',');
const stories = { theLoop, theAppeal, mergeAndUnmerge, theImport, theWorkbook, theQueue, readersTrace, formsForgive, theClosing, everyPage };

installation({ start: 'serve', district: true }, (journey) => {
  for (const [name, story] of Object.entries(stories)) {
    if (!told || told.includes(name)) story(journey);
  }
});
