// Reads the messages that generate.py wrote with two parsers of the Node world, and compares what
// they found with the manifest: one line for each difference, and a line with the counts.
//
//     node compare.mjs <folder with the messages> <folder with node_modules>

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { domainToASCII, pathToFileURL } from 'node:url';

const [messages, modules] = process.argv.slice(2);
if (!messages || !modules) {
  console.error('Usage: node compare.mjs MESSAGES MODULES');
  process.exit(2);
}
const require = createRequire(pathToFileURL(join(resolve(modules), 'compare.cjs')));
const { simpleParser } = require('mailparser');
const PostalMime = require('postal-mime').default ?? require('postal-mime');

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
// What wrapping, stuffing (RFC 3676) and quoting may change is not compared.
const words = (text) => (text ?? '').replace(/[\s>]+/g, ' ').trim();
const ids = (value) => (Array.isArray(value) ? value : (value ?? '').split(/\s+/)).filter(Boolean);

// Readers show a domain in letters or in its wire form; the manifest has the wire form.
function person({ name, address }) {
  const at = address.lastIndexOf('@');
  return [name ?? '', `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`];
}

function people(list) {
  return (list ?? []).flatMap((one) => (one.group ? people(one.group) : [person(one)]));
}

function file(attachment, data) {
  return {
    filename: attachment.filename ?? '',
    type: attachment.type,
    cid: (attachment.contentId ?? '').replace(/^<|>$/g, ''),
    sha256: sha256(data),
  };
}

async function byMailparser(raw) {
  // Nothing made up: no text from HTML, no HTML from text, no links put in, no cid: replaced.
  const read = await simpleParser(raw, {
    skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, keepCidLinks: true,
  });
  return {
    from: people(read.from?.value),
    to: people(read.to?.value),
    cc: people(read.cc?.value),
    bcc: people(read.bcc?.value),
    replyTo: people(read.replyTo?.value),
    subject: read.subject ?? '',
    messageId: read.messageId ?? '',
    inReplyTo: read.inReplyTo ?? '',
    references: ids(read.references),
    date: read.date,
    text: read.text,
    html: read.html || '',
    attachments: read.attachments.map((a) => file({ ...a, type: a.contentType }, a.content)),
  };
}

async function byPostalMime(raw) {
  const read = await PostalMime.parse(raw);
  return {
    from: people(read.from ? [read.from] : []),
    to: people(read.to),
    cc: people(read.cc),
    bcc: people(read.bcc),
    replyTo: people(read.replyTo),
    subject: read.subject ?? '',
    messageId: read.messageId ?? '',
    inReplyTo: read.inReplyTo ?? '',
    references: ids(read.references),
    date: read.date,
    text: read.text,
    html: read.html ?? '',
    attachments: read.attachments.map((a) =>
      file({ ...a, type: a.mimeType }, Buffer.from(a.content))),
  };
}

// Both sides in the one form in which they are compared.
function normal(message) {
  const files = message.attachments.map((a) => [a.sha256, a.filename, a.type, a.cid]);
  return {
    ...message,
    references: [...new Set(message.references)],
    date: new Date(message.date).getTime(),
    text: words(message.text),
    html: words(message.html),
    attachments: files.map((one) => JSON.stringify(one)).sort(),
  };
}

const FIELDS = [
  'from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'messageId', 'inReplyTo', 'references', 'date',
  'text', 'html', 'attachments',
];
const READERS = { mailparser: byMailparser, 'postal-mime': byPostalMime };

function shown(found, wanted) {
  let start = 0;
  while (start < found.length && found[start] === wanted[start]) start += 1;
  const from = Math.max(0, start - 20);
  return `${found.slice(from, start + 80)} instead of ${wanted.slice(from, start + 80)}`;
}

async function differences(name, read, raw, wanted) {
  let found;
  try {
    found = normal(await read(raw));
  } catch (error) {
    return [`${wanted.file} ${name}: not read, ${error.message}`];
  }
  const right = normal(wanted);
  return FIELDS.map((field) => [field, JSON.stringify(found[field]), JSON.stringify(right[field])])
    .filter(([, one, other]) => one !== other)
    .map(([field, one, other]) => `${wanted.file} ${name} ${field}: ${shown(one, other)}`);
}

const manifest = JSON.parse(readFileSync(join(messages, 'manifest.json'), 'utf8'));
let count = 0;
for (const wanted of manifest) {
  const raw = readFileSync(join(messages, wanted.file));
  for (const [name, read] of Object.entries(READERS)) {
    for (const line of await differences(name, read, raw, wanted)) {
      console.log(line);
      count += 1;
    }
  }
}
console.log(`${manifest.length} messages, ${count} differences`);
// No message read is no proof.
process.exitCode = count || !manifest.length ? 1 : 0;
