"""Python's imaplib, driven from outside: one call a line, as JSON, and its answer.

    {"call": "uid", "args": ["STORE", "3", "+FLAGS", "(\\Seen)"]}   ->   {"status": "OK", "data": ["3 (UID 3 FLAGS (\\Seen))"]}

Octets are latin-1 in both directions. The port of the server is the only argument of the command; the end of the input ends it.
"""

import imaplib
import json
import sys


def text(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [text(part) for part in value]
    return value


def main():
    server = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        args = request["args"]
        if request["call"] == "append":
            args[3] = args[3].encode("latin-1")
        try:
            status, data = getattr(server, request["call"])(*args)
            answer = {"status": status, "data": text(data)}
        except imaplib.IMAP4.error as fault:
            answer = {"status": "ERROR", "data": [str(fault)]}
        print(json.dumps(answer), flush=True)


main()
