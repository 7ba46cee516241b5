/**
 * The script of a report page: wakes up what stands in the page without it. It asks for nothing
 * from outside.
 */
import { wakeCopyButtons, wakeThemeButtons } from './buttons.ts';
import { Explorer } from './explorer-page.ts';

document.documentElement.classList.add('js');
wakeCopyButtons(document);
wakeThemeButtons(document);
const story = document.getElementById('story')?.textContent;
const section = document.getElementById('how');
if (story && section) new Explorer(section, JSON.parse(story)).wake();
