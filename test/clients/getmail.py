# getmail6, but for how it waits for its delivery processes: `python3 - GETMAIL [option …] < getmail.py`
#
# getmail is told of the end of such a process by a signal, which may come before it has begun to wait; then it stands still for a
# minute. On a busy machine that is one delivery in some hundreds. Waiting for the process itself cannot miss it.

import os
import runpy
import sys

from getmailcore.baseclasses import ForkingBase

ForkingBase._prepare_child = lambda self: None
ForkingBase._wait_for_child = lambda self, pid: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
