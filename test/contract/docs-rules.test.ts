/** What the documents promise: links lead somewhere, commands exist, and nothing names one machine. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT, readText } from './source-tree.js';

const packageFile = z.object({ scripts: z.record(z.string(), z.string()) });

const committed = listCommittedFiles();
const documents = committed.filter((path) => path.endsWith('.md'));

describe('documents', () => {
  test('link only to files and headings that exist', () => {
    const broken = documents.flatMap((path) => findLinks(readText(path)).flatMap((link) => findFault(path, link)));

    expect(broken).toEqual([]);
  });

  test('name only commands that package.json has', () => {
    const { scripts } = packageFile.parse(JSON.parse(readText('package.json')));
    const missing = documents.flatMap((path) =>
      findCommands(readText(path))
        .filter((name) => !Object.hasOwn(scripts, name))
        .map((name) => `${path}: npm run ${name}`),
    );

    expect([...new Set(missing)]).toEqual([]);
  });

  test('are reached from the README, all of them', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const link of findLinks(readText(path))) {
        const [file = ''] = link.split('#');
        const target = posix.join(posix.dirname(path), file);
        if (documents.includes(target)) reached.add(target);
      }
    }

    expect(documents.filter((path) => !reached.has(path))).toEqual([]);
  });
});

describe('committed text', () => {
  test("names no machine's folders and no registry", () => {
    const found = committed.filter((path) => !isBinary(path)).flatMap((path) => findPrivateNames(path, readText(path)));

    expect(found).toEqual([]);
  });

  test.each([
    ['see /home/', 'ada/notes'],
    ['in /root/', 'secrets'],
    ['https://registry.', 'example.com/react'],
    ['"resolved": ', '"https://example.com/react.tgz"'],
  ])('%j is found', (start, end) => {
    expect(findPrivateNames('file', start + end)).not.toEqual([]);
  });

  test.each(['a path like /roots/x', 'the registry of credentials', 'docs/work/plan'])('%j is nothing', (text) => {
    expect(findPrivateNames('file', text)).toEqual([]);
  });
});

describe('reading documents', () => {
  test('finds links outside of code, and leaves other sites alone', () => {
    const text = '[a](a.md) `[b](b.md)` [c](https://example.com)\n```\n[d](d.md)\n```\n[e](#e) ![f](f.png "title")';

    expect(findLinks(text)).toEqual(['a.md', '#e', 'f.png']);
  });

  test('finds commands in code and in text', () => {
    expect(findCommands('run `npm run lint`, then\n    npm test && npm start')).toEqual(['lint', 'test', 'start']);
  });

  test('finds a link to nowhere', () => {
    expect(findFault('README.md', 'docs/nowhere.md')).toEqual(['README.md: docs/nowhere.md is missing']);
    expect(findFault('README.md', 'LICENSE#nowhere')).toEqual(['README.md: LICENSE has no heading #nowhere']);
  });
});

/** Files that git has or would take at the next commit. */
function listCommittedFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return [...new Set(listed)].filter((path) => path && existsSync(join(ROOT, path)));
}

function findLinks(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(\s*(?<target>[^)\s]+)[^)]*\)/g)].map(({ groups }) => groups?.['target'] ?? '');
  return links.filter((link) => !/^[a-z]+:/i.test(link));
}

function findFault(path: string, link: string): string[] {
  const [file = '', heading] = link.split('#');
  const target = file ? posix.join(posix.dirname(path), file) : path;
  if (!existsSync(join(ROOT, target))) return [`${path}: ${link} is missing`];
  if (!heading || listAnchors(readText(target)).includes(heading)) return [];
  return [`${path}: ${target} has no heading #${heading}`];
}

/** Anchors of headings as GitHub makes them. */
function listAnchors(text: string): string[] {
  const headings = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(?<title>.+)$/gm)];
  return headings.map(({ groups }) =>
    (groups?.['title'] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function findCommands(text: string): string[] {
  const commands = text.matchAll(/\bnpm (?:run (?<script>[\w:-]+)|(?<short>test|start)\b)/g);
  return [...commands].map(({ groups }) => groups?.['script'] ?? groups?.['short'] ?? '');
}

/** Folders of one person's machine, and hosts that packages came from, with where they stand. */
function findPrivateNames(path: string, text: string): string[] {
  const forms = [
    /(?<![\w.}])\/(?:work|root|home|Users)\/\w+/g,
    /https?:\/\/[\w.-]*\bregistry\.[\w.-]+/g,
    /"resolved":\s*"http/g,
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map(([found]) => `${path}: ${found}`));
}

function isBinary(path: string): boolean {
  return /\.(png|jpe?g|gif|ico|woff2?|pdf|gz)$/.test(path);
}
