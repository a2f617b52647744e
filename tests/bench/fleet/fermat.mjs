// The search that the simulated nodes really make: generalized Fermat primes b^e+1, e a power of two.
// A prime is proved by the factors of b (Lucas), since N-1 = b^e is known in full.

const power = (base, exponent, modulus) => {
    let result = 1n;
    for (let rest = exponent, square = base % modulus; rest > 0n; rest >>= 1n, square = square * square % modulus)
        if (rest & 1n) result = result * square % modulus;
    return result;
};

const gcd = (a, b) => {
    while (b) [a, b] = [b, a % b];
    return a;
};

/** The primes that divide n, by trial. */
export function factors(n) {
    const found = [];
    for (let p = 2; p * p <= n; p++)
        if (n % p === 0) {
            found.push(p);
            while (n % p === 0) n /= p;
        }
    if (n > 1) found.push(n);
    return found;
}

const isSmallPrime = (n) => n > 1 && factors(n)[0] === n;

/** Only primes that are 1 modulo 2e can divide b^e+1 with an even b. */
const SIEVES = new Map();
function sieve(e) {
    if (!SIEVES.has(e)) SIEVES.set(e, Array.from({ length: 400 }, (_, i) => 2 * e * (i + 1) + 1).filter(isSmallPrime));
    return SIEVES.get(e);
}

function powerMod(base, e, p) {
    let value = base % p;
    for (let n = 1; n < e; n *= 2) value = Number(BigInt(value) * BigInt(value) % BigInt(p));
    return value;
}

/** Is b^e+1 prime, proved so? */
export function isFermatPrime(b, e) {
    if (b % 2 === 1) return b === 1;
    const n = BigInt(b) ** BigInt(e) + 1n;
    for (const p of sieve(e)) if (powerMod(b, e, p) === p - 1) return n === BigInt(p);
    if (power(3n, n - 1n, n) !== 1n && n > 3n) return false;
    const primes = factors(b).map(BigInt);
    for (let a = 2n; a < 60n; a++) {
        if (a % n === 0n) continue;
        if (power(a, n - 1n, n) !== 1n) return false;
        if (primes.every((q) => gcd(power(a, (n - 1n) / q, n) - 1n, n) === 1n)) return true;
    }
    return false;
}

export const expression = (b, e) => `${b}^${e}+1`;
export const digits = (b, e) => (BigInt(b) ** BigInt(e) + 1n).toString().length;
