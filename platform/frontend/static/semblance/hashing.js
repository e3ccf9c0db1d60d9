// A worker: SHA-256 of a file of any size, read in pieces (the browser's own digest wants the whole in memory).
// FIPS 180-4; its constants are the first 32 bits of the fractions of roots of the first primes.
const PIECE = 4 << 20, MIB = 1 << 20;
const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const K = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));

class Sha256 {
  constructor() {
    this.state = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
    this.words = new Int32Array(64);
    this.rest = new Uint8Array(64); this.filled = 0; this.total = 0;
  }

  update(bytes) {
    this.total += bytes.length;
    let at = 0;
    if (this.filled) {
      at = Math.min(64 - this.filled, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < 64) return this;
      this.block(this.rest, 0); this.filled = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.block(bytes, at);
    this.rest.set(bytes.subarray(at)); this.filled = bytes.length - at;
    return this;
  }

  block(bytes, at) {
    const w = this.words, s = this.state;
    for (let t = 0; t < 16; t += 1, at += 4) w[t] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
    for (let t = 16; t < 64; t += 1) {
      const x = w[t - 15], y = w[t - 2];
      const low = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3, high = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      w[t] = w[t - 16] + low + w[t - 7] + high | 0;
    }
    let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (let t = 0; t < 64; t += 1) {
      const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[t] + w[t] | 0;
      const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
    }
    s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
  }

  hex() {
    const bits = this.total * 8, tail = new Uint8Array(this.filled < 56 ? 64 - this.filled : 128 - this.filled);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32)); view.setUint32(tail.length - 4, bits >>> 0);
    this.update(tail);
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

const read = async (blob) => new Uint8Array(await blob.arrayBuffer());

const jobs = {
  // What tells the same file after a reload, without its name leaving this machine in the clear.
  async fingerprint(file) {
    const facts = new TextEncoder().encode(`${file.name}\n${file.size}\n${file.lastModified}\n`);
    const ends = [await read(file.slice(0, MIB)), await read(file.slice(Math.max(0, file.size - MIB)))];
    return new Sha256().update(facts).update(ends[0]).update(ends[1]).hex();
  },
  async whole(file) {
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE) hash.update(await read(file.slice(at, at + PIECE)));
    return hash.hex();
  },
};

addEventListener("message", async ({ data }) => {
  try { postMessage({ hex: await jobs[data.job](data.file) }); } catch (error) { postMessage({ error: String(error) }); }
});
