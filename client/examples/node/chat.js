// A client of xmlchat with libxml2-wasm; § is a section of schema/PROTOCOL.md. ../README.md says what it does.
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { ParseOption, XmlDocument, XmlXPath, XsdValidator } from 'libxml2-wasm';

const LEFT = 0, USAGE = 2, UNREACHABLE = 69, PROTOCOL = 76, REFUSED = 77;
const NAMESPACE = 'urn:xmlchat:1';
const MAX_SERVER_DOCUMENT = 1_048_576; // octets, §2.3

// The conversation of §4.1, and what the server may say in each of its states.
const DATA = 'ok error broadcast direct users rooms page blocks sanctions resumed notice ping pong bye'.split(' ');
const MAY_COME = {
  opened: ['greeting', 'error', 'bye'],
  greeted: ['prompt', 'welcome', 'error', 'notice', 'ping', 'pong', 'bye'],
  active: DATA,
  leaving: ['prompt', 'welcome', ...DATA],
};

// What §3.2 refuses under 8: comments, instructions, xsi, too deep, too many attributes or elements.
const FORBIDDEN = XmlXPath.compile(`boolean(//comment() | //processing-instruction()
  | //@*[namespace-uri() = 'http://www.w3.org/2001/XMLSchema-instance']
  | //*[count(ancestor::*) > 15 or count(@*) > 32] | (//*)[25001])`);

/** The end of the program, with its status and what to tell its user. */
class End extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

let connection;
const options = readOptions();
// Not from the command line, which others can see; in normalisation form C (§11.2).
const password = (process.env.XMLCHAT_PASSWORD
  ?? stop(new End(USAGE, 'Put your password into the variable XMLCHAT_PASSWORD.'))).normalize('NFC');
if (!existsSync(options.schema)) stop(new End(USAGE, `The schema cannot be read: ${options.schema}`));
const validator = XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(options.schema)));

let state = 'opened', lastId = 0, loginId, exId;
let received = Buffer.alloc(0), typed = Buffer.alloc(0);
const lineEnd = options.null ? 0 : '\n'.charCodeAt();

connection = connect({ host: options.host, port: options.port, noDelay: true })
  .on('connect', () => {
    if (!/^(::ffff:)?127\.|^::1$/.test(connection.remoteAddress)) // §11.2
      console.error('chat: The connection is not encrypted: your password can be read on the way.');
  })
  .on('data', (octets) => {
    received = Buffer.concat([received, octets]);
    attempt(receive);
  })
  .on('timeout', () => stop(new End(UNREACHABLE, 'Nothing has come for too long.')))
  .on('end', () => stop(new End(UNREACHABLE, `The server has gone away${received.length ? ' in a frame' : ''}.`)))
  .on('error', (error) => stop(new End(UNREACHABLE, harmless(error.message))));

function readOptions() {
  const text = { type: 'string' }, flag = { type: 'boolean' };
  try {
    const { values } = parseArgs({
      options: {
        host: { ...text, default: '127.0.0.1' }, port: { ...text, default: '7700' }, user: text, register: flag,
        schema: { ...text, default: '../../../schema/chat.xsd' }, null: flag,
      },
    });
    if (values.user !== undefined && /^\d+$/.test(values.port) && values.port <= 65535) return values;
  } catch { /* An option that there is not: the same answer. */ }
  return stop(new End(USAGE, '[--host HOST] [--port PORT] --user NAME [--register] [--schema FILE] [--null]'));
}

/** Ends the program: at once while it starts, later when what is written is out. */
function stop(end) {
  if (!(end instanceof End)) throw end;
  if (process.exitCode !== undefined) return;
  process.exitCode = end.status;
  if (end.status !== LEFT) console.error(`chat: ${end.message}`);
  if (!connection) process.exit();
  connection.destroy();
  process.stdin.destroy();
}

function attempt(action) {
  try {
    action();
  } catch (error) {
    stop(error);
  }
}

/** For a terminal, §11.3. */
function harmless(text) {
  return text.trim().replace(/[^ -~]+/g, ' ');
}

/** Takes each whole frame, §2.2: one read may give several, or a part of one. The length includes its own 4 octets. */
function receive() {
  while (process.exitCode === undefined && received.length >= 4) {
    const length = received.readUInt32BE();
    if (length < 5 || length > MAX_SERVER_DOCUMENT + 4) throw new End(PROTOCOL, `No frame has a length of ${length}.`);
    if (received.length < length) return;
    const octets = received.subarray(4, length);
    received = received.subarray(length);
    let document;
    try {
      document = checked(octets);
    } catch (error) {
      throw new End(PROTOCOL, `The server sent what is not valid: ${harmless(error.message)}`);
    }
    const name = document.root.name;
    if (!MAY_COME[state].includes(name)) throw new End(PROTOCOL, `The server may not send '${name}' now.`);
    // One line, and ASCII: no text can do anything to a terminal, §11.3.
    const line = document.root.toString({ format: false });
    console.log(line.replace(/[^ -~]/gu, (character) => `&#${character.codePointAt(0)};`));
    take(name, document.root);
    document.dispose();
  }
}

/** The document in these octets. Throws for all that §3.2 refuses. */
function checked(octets) {
  if (octets[0] > 0x7f || octets.includes(0)) throw new Error('a byte order mark, or not UTF-8');
  const option = ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NOCDATA;
  const document = XmlDocument.fromBuffer(octets, { option });
  if (document.dtd) throw new Error('a document type declaration'); // §11.4
  if (document.version !== '1.0' || (document.encoding ?? 'UTF-8').toUpperCase() !== 'UTF-8')
    throw new Error('not XML 1.0 in UTF-8');
  if (document.eval(FORBIDDEN)) throw new Error('a comment, an instruction, xsi, or too much');
  validator.validate(document);
  return document;
}

/** Does what a document from the server asks for. */
function take(name, root) {
  const attribute = (key) => root.attr(key)?.value;
  if (name === 'greeting') { // Only now may the client speak, §4.1; the login is that of §4.3.
    state = 'greeted';
    // A server that lives says something within so many seconds: it pings whoever says nothing, §4.6.
    const silence = root.get("*[local-name() = 'limit' and @name = 'ping']/@value")?.value ?? 30;
    connection.setTimeout(Math.min(silence, 86_400) * 1000);
    loginId = nextId();
    const login = { id: loginId, name: options.user, register: options.register ? 'true' : 'false', minor: '0' };
    try {
      send('login', login, 'password', password);
    } catch (error) {
      throw new End(USAGE, `This name or password cannot be sent: ${harmless(error.message)}`);
    }
  } else if (name === 'welcome' && state === 'greeted') {
    state = 'active';
    process.stdin.on('data', type).on('end', endTyping);
  } else if (name === 'ping') { // §4.6
    send('pong', { re: attribute('id') });
  } else if (name === 'error' && loginId && attribute('re') === loginId) {
    throw new End(REFUSED, `The login was refused: ${attribute('code')}.`);
  } else if (name === 'bye') { // §4.7
    if (exId && attribute('re') === exId) throw new End(LEFT, '');
    throw new End(UNREACHABLE, `The server has ended the connection: ${attribute('code')}.`);
  } // Whatever else was shown asks for nothing. Never answer an error, §4.2.
}

function type(octets) {
  typed = Buffer.concat([typed, octets]);
  for (let end; state === 'active' && (end = typed.indexOf(lineEnd)) >= 0; typed = typed.subarray(end + 1))
    obey(typed.subarray(0, end));
}

function endTyping() {
  if (state === 'active' && typed.length) obey(typed);
  if (state === 'active') leave();
}

/** Sends what a line means. A line that cannot be sent is told, and the next one is welcome. */
function obey(octets) {
  try {
    const line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
    const dm = /^\/dm ([^ ]*) (.*)$/s.exec(line);
    if (!line.trim()) return;
    if (line === '/ex') leave();
    else if (line === '/users') send('who', { id: nextId() });
    else if (dm) send('dm', { id: nextId(), to: dm[1] }, 'text', dm[2]);
    else if (!line.startsWith('/')) send('pm', { id: nextId() }, 'text', line);
    else if (line.startsWith('//')) send('pm', { id: nextId() }, 'text', line.slice(1));
    else throw new Error('the commands are /dm NAME TEXT, /users and /ex');
  } catch (error) {
    console.error(`! Not sent: ${harmless(error.message)}`);
  }
}

function leave() {
  state = 'leaving';
  exId = nextId();
  send('ex', { id: exId });
}

/** A counter is enough, §4.2. */
function nextId() {
  return String(++lastId);
}

/** Sends a document of one element with these attributes and at most one child, as a frame (§2.1). Throws for what is not
 *  valid, and sends nothing then. The writer makes a reference of a carriage return, as §3.4 asks, and U+FFFD of what XML
 *  cannot carry, so that has to be looked for before. */
function send(name, attributes, child, text = '') {
  if (/[^\t\n\r -\ufffd\u{10000}-\u{10ffff}]/u.test(text)) throw new Error('a character that XML cannot carry');
  const made = XmlDocument.create();
  const root = made.createRoot(name, NAMESPACE);
  for (const [key, value] of Object.entries(attributes)) root.setAttr(key, value);
  if (child) root.addElement(child).addText(text);
  const octets = Buffer.from(root.toString({ format: false }));
  made.dispose();
  checked(octets).dispose();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length + 4);
  connection.write(Buffer.concat([length, octets]));
}
