import { MESSAGE_STORIES } from './message-stories.ts'
import { PLACE_STORIES } from './place-stories.ts'
import type { Story } from './story.ts'

/** Every kind of change on both sides. */
export const STORIES: readonly Story[] = [...MESSAGE_STORIES, ...PLACE_STORIES]

/** What happens to folders: before everything is in sync, by the user, and on the server. */
export const FOLDERS = {
  early: ['Archive', 'Projects', 'Rename', 'Old', 'Reports', 'Doomed'],
  user: [
    { kind: 'createFolder', path: 'New' },
    { kind: 'createFolder', path: 'New/Sub' },
    { kind: 'createFolder', path: 'Empty' },
    { kind: 'createFolder', path: 'Both' },
    { kind: 'renameFolder', path: 'Rename', newPath: 'Renamed' },
    { kind: 'deleteFolder', path: 'Old' },
  ],
  server: { created: ['Gärten', 'Both'], renamed: ['Reports', 'Reports 2026'], deleted: 'Doomed' },
  end: [
    ...['Archive', 'Both', 'Doomed', 'Drafts', 'Empty', 'Gärten', 'INBOX', 'New', 'New/Sub', 'Projects', 'Renamed'],
    ...['Reports 2026', 'Sent', 'Trash'],
  ],
} as const
