import process from 'node:process'
import t from 'tap'
import { CYRUS_PASSWORD, cyrusMissing, startCyrus } from '../support/cyrus.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { Story, type StoryServer } from '../support/story/story.ts'

const IS_LONG = process.env.POSTERN_LONG === '1'
const STORIES = Number(process.env.POSTERN_STORIES ?? (IS_LONG ? 60 : 2))
const ROUNDS = Number(process.env.POSTERN_STORY_ROUNDS ?? (IS_LONG ? 60 : 30))
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 1)
const users = Array.from({ length: STORIES }, (_, index) => `user${SEED + index}`)
// In a Maildir that is renamed while somebody else puts mail into it Dovecot leaves a lock behind, and waits minutes for it.
const STORAGE = 'mail_location = sdbox:~/sdbox'

t.setTimeout(IS_LONG ? 7_200_000 : 280_000)

// After each story both sides hold the same messages, octet by octet, each as often as it was made.
async function tellAll(t: Tap, server: (user: string) => StoryServer): Promise<void> {
  let [cycles, losses] = [0, 0]
  for (const [index, user] of users.entries()) {
    await using story = await Story.open(server(user), SEED + index)
    await story.tell(ROUNDS)
    const problems = await story.settle()
    t.same(problems, [], `seed ${SEED + index}`)
    cycles += story.cycles
    losses += story.losses
  }
  t.comment(`${STORIES} stories from seed ${SEED}: ${cycles} runs, ${losses} of them lost their connection`)
  t.ok(losses > STORIES, 'connections were lost')
}

type Tap = Pick<typeof t, 'same' | 'ok' | 'comment'>

t.test('Dovecot, through a network that breaks anywhere', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: users.map(user => `${user}@example.test`), settings: STORAGE })
  await tellAll(t, user => ({ imapPort: dovecot.imapPort, user: `${user}@example.test`, password: DOVECOT_PASSWORD }))
})

t.test('Cyrus, through a network that breaks anywhere', { skip: cyrusMissing() ?? false }, async t => {
  await using cyrus = await startCyrus({ users })
  await tellAll(t, user => ({ imapPort: cyrus.imapPort, user, password: CYRUS_PASSWORD }))
})
