"""As much of curl as the manual uses: -s -i -I -H -X -d -o, and one address."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import httpx


def main() -> None:
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-I", action="store_true", dest="head")
    parser.add_argument("-H", action="append", default=[], dest="headers")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-d", dest="data")
    parser.add_argument("-o", type=Path, dest="file")
    parser.add_argument("url")
    asked = parser.parse_args()
    headers = [tuple(map(str.strip, header.split(":", 1))) for header in asked.headers]
    with httpx.Client(timeout=30.0) as client:
        for name in ("accept-encoding", "accept", "user-agent"):
            del client.headers[name]
        method = asked.method or ("HEAD" if asked.head else "POST" if asked.data is not None else "GET")
        answer = client.request(method, asked.url, headers=headers, content=asked.data)
    if asked.file:
        asked.file.write_bytes(answer.content)
        return
    if asked.i or asked.head:
        sys.stdout.write(f"{answer.http_version} {answer.status_code} {answer.reason_phrase}\n")
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in answer.headers.items())
        sys.stdout.write("\n")
    sys.stdout.write(answer.text)


if __name__ == "__main__":
    main()
