import { Store } from '../../../src/store/store.ts'
import { applyLocalChange } from '../../../src/sync/local/local-change.ts'
import { type Mailbox, makeEngine, SILENT } from './cycles.ts'
import { SecondClient } from './second-client.ts'
import { FOLDERS, STORIES } from './stories.ts'
import { type DeletedItems, User } from './user.ts'

const clock = () => Date.now()

/**
 * Makes the state that every run begins with: both sides in sync, then changed on each side, untold to the other.
 * Resolves to what was deleted.
 */
export async function prepareTemplate(mailbox: Mailbox, scratchDir: string): Promise<DeletedItems> {
  await using other = await SecondClient.connect(mailbox.port, mailbox.user)
  for (const path of FOLDERS.early) await other.imap.mailboxCreate(path)
  for (const story of STORIES) for (const path of story.at ?? []) await other.append(path, story)
  using store = Store.open(mailbox.storeDir, { clock, log: SILENT })
  const cycle = makeEngine(mailbox, { store, clock })
  const user = new User(store, scratchDir, new Map())
  await cycle()
  for (const story of STORIES) if (story.early) await user.act(story, [story.early])
  await cycle()
  for (const change of FOLDERS.user) await applyLocalChange(store, change, clock)
  for (const story of STORIES) await user.act(story, story.user ?? [])
  const { created, renamed, deleted } = FOLDERS.server
  for (const path of created) await other.imap.mailboxCreate(path)
  await other.act(STORIES.flatMap(story => (story.server ? [{ story, action: story.server }] : [])))
  await other.imap.mailboxRename(renamed[0], renamed[1])
  await other.imap.mailboxDelete(deleted)
  return user.deleted
}
