"""Runs under the checkers' own interpreter: asks `metamorphic-log` about our notes and proofs. Input and answer are JSON.

It knows log-signed notes only, so it is never given a cosigned one.
"""

import json
import sys
from base64 import b64decode

import metamorphic_log


def main() -> None:
    asked = json.load(sys.stdin)
    keys = [asked["key"]]
    older, newer = asked["older"], asked["newer"]
    head = metamorphic_log.checkpoint_verify(newer, keys)
    for index, leaf, proof in asked["inclusions"]:
        metamorphic_log.checkpoint_verify_inclusion(newer, keys, index, b64decode(leaf), [b64decode(p) for p in proof])
    metamorphic_log.checkpoint_verify_consistency(older, newer, keys, [b64decode(p) for p in asked["consistency"]])
    json.dump({"origin": head.origin, "size": head.size, "root": head.root.hex()}, sys.stdout)


main()
