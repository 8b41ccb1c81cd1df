#!/usr/bin/python3
"""What systemd does for postigo.service, where it is not the first process: holds the ports of the socket units that it is given,
starts the service on them as the user and with the capability of its unit, and believes what the main process says (Type=notify,
NotifyAccess=main). Ends with the service, but for a restart that /run/postigo.again asks for: then the sockets stay.

    unit-stand-in.py [SOCKET-UNIT-FILE...]
"""
import fcntl, glob, os, re, socket, struct, sys

UNIT_FILES = ["/lib/systemd/system/postigo.service", *sorted(glob.glob("/etc/systemd/system/postigo.service.d/*.conf"))]

ACTIVE, AGAIN, MAIN_PID, NEWS, NOTIFY = (
    "/run/postigo." + name for name in ("active", "again", "main-pid", "news", "notify"))


def value(text, key):
    return ([""] + re.findall(rf"^{key}=(.*)$", text, re.M))[-1]


def bound(unit):
    text = open(unit).read()
    for address, port in re.findall(r"^ListenStream=\[(.+)\]:(\d+)$", text, re.M):
        ear = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(value(text, "BindIPv6Only") != "both"))
        ear.bind((address, int(port)))
        ear.listen(int(value(text, "Backlog")))
        yield ear


def become_service(text, ears):
    names = value(text, "AmbientCapabilities").lower().split()
    capabilities = ",".join("+" + name.removeprefix("cap_") for name in names)
    os.environ["NOTIFY_SOCKET"] = NOTIFY
    if ears:
        # Out of the way of the numbers that they are to have.
        fds = [fcntl.fcntl(ear.fileno(), fcntl.F_DUPFD, 64) for ear in ears]
        for number, fd in enumerate(fds, 3):
            os.dup2(fd, number)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(ears)))
    os.execvp("setpriv", [
        "setpriv", "--reuid=" + value(text, "User"), "--regid=" + value(text, "Group"), "--init-groups", "--no-new-privs",
        "--inh-caps=" + capabilities, "--ambient-caps=" + capabilities, "--bounding-set=-all," + capabilities,
        *value(text, "ExecStart").split()])


def hear(ear, main_pid):
    """One datagram, and whether the manager believes it. A descriptor that came along is closed, as BARRIER=1 waits for."""
    news, ancillary, _, _ = ear.recvmsg(65536, 1024)
    sender = 0
    for level, kind, data in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            sender = struct.unpack("3i", data[:12])[0]
        elif kind == socket.SCM_RIGHTS:
            for (fd,) in struct.iter_unpack("i", data):
                os.close(fd)
    believed = sender == main_pid
    with open(NEWS, "a") as file:
        for line in news.decode().splitlines():
            file.write(("main " if believed else "other ") + line + "\n")
    if believed and b"READY=1" in news.splitlines():
        open(ACTIVE, "w").close()


def run_once(unit, ears, ear):
    main_pid = os.fork()
    if main_pid == 0:
        become_service(unit, ears)
    with open(MAIN_PID, "w") as file:
        file.write(str(main_pid))
    while os.waitpid(main_pid, os.WNOHANG) == (0, 0):
        try:
            hear(ear, main_pid)
        except TimeoutError:
            pass
    if os.path.exists(ACTIVE):
        os.unlink(ACTIVE)


def main(sockets):
    unit = "".join(open(path).read() for path in UNIT_FILES)
    ears = [ear for path in sockets for ear in bound(path)]
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    ear.bind(NOTIFY)
    os.chmod(NOTIFY, 0o777)
    ear.settimeout(0.1)
    run_once(unit, ears, ear)
    while os.path.exists(AGAIN):
        os.unlink(AGAIN)
        run_once(unit, ears, ear)


if __name__ == "__main__":
    main(sys.argv[1:])
