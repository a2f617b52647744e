// clang-tidy on all our files, two at a time. A file whose preprocessed text was clean before is
// not looked at again: the marks are in build/tidy.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const build = 'build/debug';
const marks = 'build/tidy';
const settings = readFileSync('.clang-tidy', 'utf8');
const OPTIONS = { maxBuffer: 1 << 28 };
/* A test runs under ASan anyway, and the analyzer takes most of the time; its numbers are small. */
const LIGHT = ['--checks=-clang-analyzer-*,-bugprone-implicit-widening-of-multiplication-result'];

/** What clang-tidy would see, comments (NOLINT) included. */
async function keyOf({ command, directory }) {
    const words = command.replaceAll('\\"', '"').split(/\s+/).filter((word) => !word.startsWith('-fsanitize') && !word.startsWith('-fno-sanitize'));
    const args = words.slice(1, words.indexOf('-o')).concat(words.at(-1), '-E', '-C', '-P');
    const { stdout } = await run('clang', args, { ...OPTIONS, cwd: directory });
    return createHash('sha256').update(settings).update(stdout).digest('hex');
}

async function tidy(entry) {
    const name = relative('.', entry.file);
    const mark = `${marks}/${await keyOf(entry)}`;
    if (existsSync(mark)) return true;
    try {
        await run('clang-tidy', ['-p', build, '--quiet', ...(name.startsWith('tests/') ? LIGHT : []), name], OPTIONS);
        writeFileSync(mark, name);
        return true;
    } catch (error) {
        console.log(`${name}:\n${error.stdout}`);
        return false;
    }
}

async function worker(queue, tally) {
    for (let entry; (entry = queue.pop()); ) tally[(await tidy(entry)) ? 'clean' : 'bad']++;
}

mkdirSync(marks, { recursive: true });
const queue = JSON.parse(readFileSync(`${build}/compile_commands.json`, 'utf8')).filter(({ file }) => /\/(server|routes|tests)\/.*\.c$/.test(file) && !file.includes('/build/'));
const tally = { clean: 0, bad: 0 };
await Promise.all([worker(queue, tally), worker(queue, tally)]);
console.log(`${tally.clean} files clean, ${tally.bad} not`);
process.exit(tally.bad ? 1 : 0);
