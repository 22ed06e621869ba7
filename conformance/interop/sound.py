"""Tones: made, and found again in what was recorded."""
import math, struct, wave

RATE = 8000


def tone(path, hertz, seconds, level=0.5):
    samples = (int(level * 32767 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(seconds * RATE)))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


def read(path):
    with wave.open(str(path), "rb") as file:
        raw = file.readframes(file.getnframes())
        samples = struct.unpack(f"<{len(raw) // 2}h", raw)
        return samples[:: file.getnchannels()], file.getframerate()


def power(samples, rate, hertz):
    """The share of the power that is at this frequency (Goertzel), 0 to 1."""
    total = sum(sample * sample for sample in samples)
    if not total:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hertz / rate)
    one = two = 0.0
    for sample in samples:
        one, two = sample + turn * one - two, one
    found = one * one + two * two - turn * one * two
    return 2 * found / (total * len(samples))


def seconds_of(path, hertz, window=0.1):
    """For how long the recording is mostly this tone, and how long it is in all."""
    samples, rate = read(path)
    size = int(window * rate)
    pieces = [samples[n:n + size] for n in range(0, len(samples) - size + 1, size)]
    hits = sum(1 for piece in pieces if max(piece) > 500 and power(piece, rate, hertz) > 0.8)
    return hits * window, len(samples) / rate
