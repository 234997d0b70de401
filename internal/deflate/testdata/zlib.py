# Writes zlib.txt, what Python's zlib makes of messages of several kinds, with
# every window, level, strategy and memory level: a line "stream BITS", then for
# each message of that stream its length, the CRC-32 of its bytes, and the
# payload as permessage-deflate sends it, in base64.
#
#   python3 zlib.py >zlib.txt

import base64, random, zlib

random.seed(7692)
words = [bytes(random.choices(range(97, 123), k=random.randint(1, 9))) for _ in range(300)]
strategies = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]


def message(kind, n):
    if kind == 0:
        return b" ".join(random.choices(words, k=n // 5 + 1))[:n]
    if kind == 1:
        return bytes(random.getrandbits(8) for _ in range(n // 8))
    if kind == 2:
        return bytes([random.getrandbits(8)]) * (10 * n)
    return bytes(int(random.expovariate(0.2)) % 256 for _ in range(n))


for i in range(45):
    bits = 9 + i % 7
    c = zlib.compressobj(i % 10, zlib.DEFLATED, -bits, 1 + i % 9, strategies[i % 5])
    print("stream", bits)
    for k in range(6):
        p = message((i + k) % 4, random.choice([0, 1, 40, 200, 900]))
        out = b""
        for j in range(0, len(p), 350):
            out += c.compress(p[j : j + 350])
            if k % 3 == 1:
                out += c.flush(zlib.Z_FULL_FLUSH if k == 4 else zlib.Z_SYNC_FLUSH)
            if k % 3 == 2:
                out += c.flush(zlib.Z_PARTIAL_FLUSH)
        out += c.compress(b"") + c.flush(zlib.Z_SYNC_FLUSH)
        if out[-4:] == b"\0\0\xff\xff":
            out = out[:-4]
        elif out:
            raise SystemExit("zlib ended a message without the tail")
        print(len(p), zlib.crc32(p), base64.b64encode(out).decode() or "-")
