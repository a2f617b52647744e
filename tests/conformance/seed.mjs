// Chance from a seed: CONFORMANCE_SEED and CONFORMANCE_RANDOM (how many of each kind) change it.
export const seed = Number(process.env.CONFORMANCE_SEED ?? 20260101);
export const count = Number(process.env.CONFORMANCE_RANDOM ?? 800);

/** Mulberry32: the same numbers from the same seed. */
let state = seed;
export function random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
export const pick = (list) => list[Math.floor(random() * list.length)];
export const some = (most, make) => Array.from({ length: Math.floor(random() * (most + 1)) }, make);
export const chance = (part) => random() < part;
export const e = encodeURIComponent;

/** As it stands in a list or a tree. */
export function inTree(value) {
    return /[,()"\\ ]/.test(value) || value === '' ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
}
