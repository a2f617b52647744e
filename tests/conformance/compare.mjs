// Are two answers the same? What a clock made is not compared; all else is, numbers to the digit.

const RECENT_MS = 24 * 3600 * 1000;

/** Times of this run become a word: each side has read its own clock. */
function withoutNow(text) {
    return text.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00(:00)?|Z)?/g, (time) => {
        const at = Date.parse(time.replace(' ', 'T').replace(/(\+00(:00)?|Z)?$/, 'Z'));
        return Math.abs(Date.now() - at) < RECENT_MS ? '<now>' : time;
    });
}

const isJson = (text) => { try { JSON.parse(text); return true; } catch { return false; } };

/** Blanks between the tokens of JSON mean nothing; the order of keys and the digits of numbers stay. */
const tight = (text) => (isJson(text) ? text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part[0] === '"' ? part : '')) : text);

function error(text) {
    const parsed = isJson(text) ? JSON.parse(text) : null;
    return parsed?.message !== undefined && parsed.code !== undefined ? parsed : null;
}

/** A list, as the details of PGRST201 are, compares by its text. */
const plain = (value) => (value !== null && typeof value === 'object' ? JSON.stringify(value) : value);

/** The parts in which two answers differ: status, a header, body, or a member of an error. */
export function differences(left, right) {
    const found = [];
    const compare = (part, a, b) => { if (a !== b) found.push({ part, left: a, right: b }); };
    if (left.status !== right.status) found.push({ part: 'status', left: `${left.status} ${left.body.slice(0, 300)}`, right: `${right.status} ${right.body.slice(0, 300)}` });
    for (const name of new Set([...Object.keys(left.headers), ...Object.keys(right.headers)])) compare(name, left.headers[name], right.headers[name]);
    const [a, b] = [left, right].map(({ body }) => tight(withoutNow(body)));
    const [x, y] = [error(a), error(b)];
    if (x && y) for (const name of ['code', 'message', 'details', 'hint']) compare(name, plain(x[name]), plain(y[name]));
    else compare('body', a, b);
    return found;
}

export const sameState = (left, right) => withoutNow(left) === withoutNow(right);
