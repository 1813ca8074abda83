"""Builds data for half a minute, as programs do: small objects, lists, a text, a large block of bytes."""
import json
import time

end = time.monotonic() + 30
kept = []
while time.monotonic() < end and len(kept) < 60:
    kept.append({i: ("value %d" % i, [i] * 3) for i in range(50_000)})
    kept.append([bytes(5_000) for _ in range(2_000)])
    kept.append(json.dumps(list(range(100_000))))
    kept.append(b"x" * 5_000_000)
    time.sleep(0.4)
time.sleep(60)
