"""What Python's tarfile lists of archives: one JSON line for each name on stdin."""

import json
import sys
import tarfile

for line in sys.stdin:
    try:
        # In text, so that a name is what its bytes are.
        with tarfile.open(line.rstrip("\n"), "r:", encoding="utf-8", errors="surrogateescape") as archive:
            members = [[m.name, m.type.decode("latin-1"), m.size, m.linkname] for m in archive]
        print(json.dumps({"members": members}))
    except Exception as error:  # whatever it raises is an answer
        print(json.dumps({"error": repr(error)[:300]}))
    sys.stdout.flush()
