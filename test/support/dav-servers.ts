import { makeServerCertificate } from './certificates.ts'
import { CYRUS_PASSWORD, cyrusDavMissing, startCyrus } from './cyrus.ts'
import { RADICALE_PASSWORD, radicaleMissing, startRadicale } from './radicale.ts'
import { startXandikos, xandikosMissing } from './xandikos.ts'

/** A DAV server that runs, with one user who has nothing but what the server makes by itself. */
export interface RunningDav extends AsyncDisposable {
  readonly url: URL
  readonly user: string
  readonly password: string
  /** Below it the user may make calendars. */
  readonly calendars: string
  /** Below it the user may make address books. */
  readonly addressBooks: string
  readonly caFile?: string
}

/** A kind of DAV server. */
export interface DavServer {
  readonly name: string
  readonly missing: () => string | undefined
  /** Takes any component in any calendar, whatever a calendar was made for. */
  readonly ignoresComponents?: boolean
  readonly start: (dir: string) => Promise<RunningDav>
}

const USER = 'ada'

/** Every kind that the tests know. */
export const DAV_SERVERS: readonly DavServer[] = [
  {
    name: 'Radicale',
    missing: radicaleMissing,
    async start() {
      const radicale = await startRadicale({ users: [USER] })
      return running(radicale.url, radicale, { password: RADICALE_PASSWORD, calendars: '/ada/', addressBooks: '/ada/' })
    },
  },
  {
    name: 'Radicale with TLS',
    missing: radicaleMissing,
    async start(dir) {
      const files = await makeServerCertificate(dir)
      const radicale = await startRadicale({ users: [USER], files })
      const places = { password: RADICALE_PASSWORD, calendars: '/ada/', addressBooks: '/ada/' }
      return { ...running(radicale.url, radicale, places), caFile: files.caFile }
    },
  },
  {
    name: 'Xandikos',
    missing: xandikosMissing,
    ignoresComponents: true,
    async start() {
      const xandikos = await startXandikos()
      const places = { password: 'any', calendars: '/user/calendars/', addressBooks: '/user/contacts/' }
      return running(xandikos.url, xandikos, places)
    },
  },
  {
    name: 'Cyrus',
    missing: cyrusDavMissing,
    async start() {
      const cyrus = await startCyrus({ users: [USER], hasDav: true })
      return running(new URL(`http://127.0.0.1:${cyrus.davPort}/`), cyrus, {
        password: CYRUS_PASSWORD,
        calendars: `/dav/calendars/user/${USER}/`,
        addressBooks: `/dav/addressbooks/user/${USER}/`,
      })
    },
  },
]

function running(
  url: URL,
  server: AsyncDisposable,
  places: Pick<RunningDav, 'password' | 'calendars' | 'addressBooks'>,
): RunningDav {
  return { url, user: USER, ...places, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
