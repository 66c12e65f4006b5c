// What a test has Thunderbird do, in its own words: this file runs inside it.
// biome-ignore-all lint/correctness/noUnusedVariables: tests call these functions by name

const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs')
const { NetUtil } = ChromeUtils.importESModule('resource://gre/modules/NetUtil.sys.mjs')
const { setTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs')
const { Offline, Read, Marked, IMAPDeleted } = Ci.nsMsgMessageFlags
const account = () => MailServices.accounts.accounts[0].incomingServer
const HOST = 'imap://127.0.0.1'
const LOOK_MS = 25

async function signIn(user, password) {
  const login = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo)
  login.init(HOST, null, HOST, user, password, '', '')
  await Services.logins.addLoginAsync(login)
}

/** Asks the server for its folders; they come while it goes on. */
function askForFolders() {
  account().performExpand(null)
}

/** The names of the folders that it knows. */
function folders() {
  return account()
    .rootFolder.descendants.map(({ name }) => name)
    .sort()
}

/** Gets the news of a folder; the messages themselves are downloaded afterwards. */
async function update(name) {
  await untilUrlStops(listener => folderNamed(name).updateFolderWithListener(null, listener))
}

/** What a folder has: each subject, with what is set of it, sorted. */
function contents(name) {
  return messagesOf(name)
    .filter(({ flags }) => !(flags & IMAPDeleted))
    .map(({ mime2DecodedSubject, flags }) =>
      [mime2DecodedSubject, flags & Read ? 'read' : '', flags & Marked ? 'flagged' : '', flags & Offline ? 'here' : '']
        .filter(text => text !== '')
        .join(' '),
    )
    .sort()
}

/** The octets of a downloaded message, as it has kept them behind its own header lines. */
function source(name, subject) {
  const message = messageOf(name, subject)
  const stream = message.folder.getMsgInputStream(message)
  return NetUtil.readInputStreamToString(stream, stream.available()).replace(/^(X-Mozilla-Status2?: .*\r?\n)*/, '')
}

function markRead(name, subject) {
  folderNamed(name).markMessagesRead([messageOf(name, subject)], true)
}

function flag(name, subject) {
  folderNamed(name).markMessagesFlagged([messageOf(name, subject)], true)
}

async function move(name, subject, target) {
  await copyTo(name, subject, { target, isMove: true })
}

async function copy(name, subject, target) {
  await copyTo(name, subject, { target, isMove: false })
}

/** Deletes a message as the Delete key does: it goes to the trash. */
async function remove(name, subject) {
  await deleteMessage(name, subject, false)
}

/** Deletes a message for good. */
async function erase(name, subject) {
  await deleteMessage(name, subject, true)
  await untilFree(name)
  await untilUrlStops(listener => folderNamed(name).expunge(listener, null))
}

async function deleteMessage(name, subject, isForGood) {
  await untilFree(name)
  const [folder, message] = [folderNamed(name), messageOf(name, subject)]
  await untilCopied(listener => folder.deleteMessages([message], null, isForGood, false, listener, false))
}

/** A folder that downloads takes no other work. */
async function untilFree(name) {
  while (folderNamed(name).locked) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
}

function folderNamed(name) {
  const found = account().rootFolder.descendants.find(folder => folder.name === name)
  return found.QueryInterface(Ci.nsIMsgImapMailFolder)
}

function messagesOf(name) {
  return [...folderNamed(name).messages]
}

function messageOf(name, subject) {
  return messagesOf(name).find(message => message.mime2DecodedSubject === subject)
}

async function copyTo(name, subject, { target, isMove }) {
  await untilFree(name)
  const [from, message, to] = [folderNamed(name), messageOf(name, subject), folderNamed(target)]
  await untilCopied(listener => MailServices.copy.copyMessages(from, [message], to, isMove, listener, null, false))
}

function untilUrlStops(start) {
  return new Promise((resolve, reject) => {
    start({
      OnStartRunningUrl() {
        // Nothing is to be done then.
      },
      OnStopRunningUrl: (_url, status) => settle(status, resolve, reject),
    })
  })
}

function untilCopied(start) {
  return new Promise((resolve, reject) => {
    start({
      QueryInterface: ChromeUtils.generateQI(['nsIMsgCopyServiceListener']),
      onStopCopy: status => settle(status, resolve, reject),
    })
  })
}

function settle(status, resolve, reject) {
  if (status === 0) resolve()
  else reject(new Error(`it failed with 0x${status.toString(16)}`))
}

/** Adds an IMAP account with its own SMTP server, as the account hub does it. */
function addAccount({ name, email, fullName, user, imapPort, smtpPort }) {
  const server = MailServices.accounts.createIncomingServer(user, '127.0.0.1', 'imap')
  server.port = imapPort
  server.prettyName = name
  server.socketType = Ci.nsMsgSocketType.plain
  server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext
  const smtp = MailServices.outgoingServer.createServer('smtp').QueryInterface(Ci.nsISmtpServer)
  smtp.hostname = '127.0.0.1'
  smtp.port = smtpPort
  smtp.username = user
  smtp.socketType = Ci.nsMsgSocketType.plain
  smtp.authMethod = Ci.nsMsgAuthMethod.passwordCleartext
  const identity = MailServices.accounts.createIdentity()
  Object.assign(identity, { email, fullName, smtpServerKey: smtp.key })
  const added = MailServices.accounts.createAccount()
  added.addIdentity(identity)
  added.incomingServer = server
}

/** Has it write its preferences to disk; resolves to the folder of its profile when all accounts are there. */
async function savePreferences() {
  const { path } = Services.dirsvc.get('ProfD', Ci.nsIFile)
  const isWritten = async () => {
    const text = await IOUtils.readUTF8(PathUtils.join(path, 'prefs.js'))
    const list = /"mail.accountmanager.accounts", "(.*)"/.exec(text)?.[1].split(',') ?? []
    return MailServices.accounts.accounts.every(
      ({ key }) => list.includes(key) && text.includes(`"mail.account.${key}.server"`),
    )
  }
  Services.prefs.savePrefFile(null) // by another thread
  while (!(await isWritten())) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  return path
}
