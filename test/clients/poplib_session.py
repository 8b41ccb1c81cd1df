# One session with Python's poplib that makes every call it has; prints what came back as JSON.
# usage: poplib_session.py PORT USER PASSWORD (plain | stls | pop3s) (pass | apop)

import base64
import json
import poplib
import ssl
import sys

poplib._MAXLINE = 1 << 20  # getmail and others raise it as well: the default refuses lines over 2,048 octets
port, user, password, security, login = int(sys.argv[1]), *sys.argv[2:6]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

if security == "pop3s":
    server = poplib.POP3_SSL("127.0.0.1", port, timeout=20, context=context)
else:
    server = poplib.POP3("127.0.0.1", port, timeout=20)
capabilities = sorted(server.capa())
if security == "stls":
    server.stls(context)
if login == "apop":
    server.apop(user, password)
else:
    server.user(user)
    server.pass_(password)

count, octets = server.stat()
listing = [line.decode() for line in server.list()[1]]
unique_ids = [line.decode().split(" ", 1)[1] for line in server.uidl()[1]]
server.noop()


def refusal(call, *arguments):
    try:
        call(*arguments)
    except poplib.error_proto as error:
        return error.args[0].decode("latin-1")
    return None


def text(lines):
    return base64.b64encode(b"".join(line + b"\r\n" for line in lines)).decode()


report = {
    "capabilities": capabilities,
    "stat": [count, octets],
    "list": listing,
    "list2": server.list(2).decode(),
    "uidl": unique_ids,
    "uidl2": server.uidl(2).decode(),
    "messages": [text(server.retr(number)[1]) for number in range(1, count + 1)],
    "top": text(server.top(1, 2)[1]),
    "dele": server.dele(1).decode(),
    "deletedIsGone": refusal(server.retr, 1),
    "rset": server.rset().decode(),
    "beyond": refusal(server.retr, count + 1),
}
server.dele(2)
report["quit"] = server.quit().decode()
json.dump(report, sys.stdout)
